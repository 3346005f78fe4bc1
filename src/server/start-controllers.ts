import type { ServerFlags } from '../cli/server-flags.ts';
import type { KubeClient } from '../kube/client.ts';
import type { DirectoryStore } from '../store/directory.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Cleanup } from './cleanup.ts';
import { controlCluster } from './cluster-controllers.ts';
import { TriggerState, triggerMetrics } from './cluster-triggers.ts';
import { importIntoFolder } from './folder-importer.ts';
import { importMetrics, ImporterState, type ImporterContext } from './importer.ts';
import type { RegistryContext } from './registries.ts';
import { watchFailures } from './watch-failures.ts';

/** Where the streams are. */
export type ImportTarget = { readonly client: KubeClient } | { readonly directory: DirectoryStore };

/** Which controllers are asked for, and which are not; undefined: as is usual. */
export type ControllerWish = Pick<ServerFlags, 'import' | 'triggers'>;

export interface StartedControllers {
  readonly importer: ImporterState;
  /** Rejects when one cannot go on; resolves when they have been stopped, or there is nothing for them to do. */
  readonly done: Promise<void>;
}

/**
 * Starts the importer and the triggers, on the cluster or on the folder of `--objects`, unless the flags say no: by default
 * where a cluster serves our custom resources, and imports never go into files without being asked.
 *
 * @throws when triggers are asked for on a folder
 */
export function startControllers(
  wish: ControllerWish,
  target: ImportTarget,
  registries: RegistryContext,
  metrics: Metrics,
  cleanup: Cleanup,
): StartedControllers {
  const onCluster = 'client' in target;
  if (!onCluster && wish.triggers === true) {
    throw new Error(
      '--triggers: the files of --objects are applied by somebody else, so there is nothing to roll out here; pinstream resolve writes the tags’ images into manifests',
    );
  }
  const importer = new ImporterState();
  const imports = wish.import ?? onCluster;
  const triggers = onCluster && (wish.triggers ?? imports);
  if (!imports) importer.phase = 'off';
  if (!imports && !triggers) return { importer, done: Promise.resolve() };
  const stopping = new AbortController();
  const { signal } = stopping;
  const counts = { ...importMetrics(metrics, importer), watchFailed: watchFailures(metrics) };
  const context: ImporterContext = { ...registries, ...counts, state: importer, signal };
  const done = onCluster
    ? controlCluster({
        ...context,
        ...target,
        wish,
        imports,
        triggers: triggers ? openTriggers(metrics) : undefined,
      })
    : importIntoFolder({ ...context, ...target });
  cleanup.push(async () => {
    stopping.abort();
    await done.catch(() => undefined);
  });
  return { importer, done };
}

function openTriggers(metrics: Metrics): TriggerState {
  const state = new TriggerState();
  state.count = triggerMetrics(metrics, state);
  return state;
}
