import { isDeepStrictEqual } from 'node:util';
import type { ClusterConfig } from '../policy/cluster-config.ts';
import { startClusterConfig } from '../store/cluster-config.ts';
import { clusterConfigOf } from '../store/cluster-config-objects.ts';
import type { DirectoryStore } from '../store/directory.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Cleanup } from './cleanup.ts';
import type { Settings } from './settings.ts';
import type { ImportTarget } from './start-controllers.ts';
import { watchFailures } from './watch-failures.ts';

/** How long decisions wait for the cluster's own rules. A server that may not read them must decide in the end. */
const rulesWaitMs = 30_000;

export interface ClusterSettings {
  /** Why decisions have to wait for rules; undefined when they need not. */
  readonly undecided: () => string | undefined;
  readonly notes: () => readonly string[];
}

/** Puts what `config.openshift.io` says of registries before the configuration file, and follows it. */
export function followClusterSettings(
  source: ImportTarget,
  settings: Settings,
  log: Log,
  metrics: Metrics,
  cleanup: Cleanup,
): ClusterSettings {
  if ('directory' in source) return followFolder(source.directory, settings, cleanup);
  const startedMs = performance.now();
  const watch = startClusterConfig({
    client: source.client,
    log,
    onFailure: watchFailures(metrics),
    onChange: (config) => settings.setCluster(config),
  });
  cleanup.push(() => watch.stop());
  const isWaiting = () => !watch.synced() && performance.now() - startedMs < rulesWaitMs;
  return {
    undecided: () =>
      isWaiting() ? 'the rules of registries have not been read yet; try again in a moment' : undefined,
    notes: () => watch.notes(),
  };
}

function followFolder(directory: DirectoryStore, settings: Settings, cleanup: Cleanup): ClusterSettings {
  let before: ClusterConfig | undefined;
  const look = (): void => {
    const config = clusterConfigOf([...directory.objects()].map(({ raw }) => raw));
    if (isDeepStrictEqual(config, before)) return;
    before = config;
    settings.setCluster(config);
  };
  look();
  cleanup.push(directory.onChange(look));
  return { undecided: () => undefined, notes: () => [] };
}
