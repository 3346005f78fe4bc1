import type { ServerFlags } from '../cli/server-flags.ts';
import type { KubeClient } from '../kube/client.ts';
import type { DirectoryStore } from '../store/directory.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Cleanup } from './cleanup.ts';
import { importForCluster } from './cluster-importer.ts';
import { importIntoFolder } from './folder-importer.ts';
import { importMetrics, ImporterState, type ImporterContext } from './importer.ts';
import type { Settings } from './settings.ts';

/** Where the streams are. */
export type ImportTarget = { readonly client: KubeClient } | { readonly directory: DirectoryStore };

export interface StartedImporter {
  readonly state: ImporterState;
  /** Rejects when it cannot go on; resolves when it has been stopped, or there is nothing for it to do. */
  readonly done: Promise<void>;
}

/**
 * Starts importing, on the cluster or into the folder of `--objects`, unless the flags say no: by default where a cluster
 * serves our custom resources, never into files without being asked.
 *
 */
export function startImporter(
  flags: ServerFlags,
  target: ImportTarget,
  settings: Settings,
  metrics: Metrics,
  log: Log,
  cleanup: Cleanup,
): StartedImporter {
  const state = new ImporterState();
  const wanted = flags.import ?? 'client' in target;
  if (!wanted) {
    state.phase = 'off';
    return { state, done: Promise.resolve() };
  }
  const stopping = new AbortController();
  const context: ImporterContext = {
    settings,
    registryConfig: flags.registryConfig,
    registryCerts: flags.registryCerts,
    metrics: importMetrics(metrics, state),
    state,
    log,
    signal: stopping.signal,
  };
  const done =
    'client' in target
      ? importForCluster({ ...context, ...target, asked: flags.import === true })
      : importIntoFolder({ ...context, ...target });
  cleanup.push(async () => {
    stopping.abort();
    await done.catch(() => undefined);
  });
  return { state, done };
}
