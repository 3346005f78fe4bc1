import type { KubeClient } from '../kube/client.ts';
import type { DirectoryStore } from '../store/directory.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Cleanup } from './cleanup.ts';
import { importForCluster } from './cluster-importer.ts';
import { importIntoFolder } from './folder-importer.ts';
import { importMetrics, ImporterState, type ImporterContext } from './importer.ts';
import type { RegistryContext } from './registries.ts';

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
  wish: boolean | undefined,
  target: ImportTarget,
  registries: RegistryContext,
  metrics: Metrics,
  cleanup: Cleanup,
): StartedImporter {
  const state = new ImporterState();
  const wanted = wish ?? 'client' in target;
  if (!wanted) {
    state.phase = 'off';
    return { state, done: Promise.resolve() };
  }
  const stopping = new AbortController();
  const looked = importMetrics(metrics, state);
  const context: ImporterContext = { ...registries, looked, state, signal: stopping.signal };
  const done =
    'client' in target
      ? importForCluster({ ...context, ...target, asked: wish === true })
      : importIntoFolder({ ...context, ...target });
  cleanup.push(async () => {
    stopping.abort();
    await done.catch(() => undefined);
  });
  return { state, done };
}
