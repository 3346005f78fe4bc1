import type { ServerFlags } from '../cli/server-flags.ts';
import { connectToCluster } from '../kube/connect.ts';
import { startClusterStore } from '../store/cluster.ts';
import { openDirectory } from '../store/directory.ts';
import type { ObjectIndex } from '../store/object-index.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { version } from '../version.ts';
import { clusterAccess, openAccess } from '../webhook/cluster-access.ts';
import type { DryRunAccess } from '../webhook/dry-run.ts';
import type { Cleanup } from './cleanup.ts';
import type { ImportTarget } from './start-controllers.ts';
import { watchFailures } from './watch-failures.ts';

/** Where the objects come from, as the rest of the server sees it. */
export interface Objects {
  readonly synced: () => boolean;
  readonly staleSeconds: () => number;
  readonly notes: () => readonly string[];
  readonly access: DryRunAccess;
  /** The cluster, or the folder. */
  readonly source: ImportTarget;
}

/** Fills `index` from the folder of `--objects`, else from the cluster, and keeps it up to date. */
export async function openObjects(
  flags: ServerFlags,
  index: ObjectIndex,
  log: Log,
  metrics: Metrics,
  cleanup: Cleanup,
): Promise<Objects> {
  if (flags.objects !== undefined) {
    const directory = await openDirectory(flags.objects, index, log);
    cleanup.push(() => {
      directory.stop();
    });
    log.info({ folder: flags.objects, ...index.counts() }, 'objects loaded');
    const notes = () =>
      directory.problems().map((problem) => `${problem} (the last good version stays in force)`);
    return { synced: () => true, staleSeconds: () => 0, notes, access: openAccess, source: { directory } };
  }
  const connection = await connectToCluster({
    version,
    ...(flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig }),
  });
  const { client, server } = connection;
  cleanup.push(() => connection.close());
  log.info({ server }, 'reading the image streams of the cluster');
  const store = startClusterStore({ client, sink: index, log, onFailure: watchFailures(metrics) });
  cleanup.push(() => store.stop());
  return {
    synced: () => store.synced(),
    staleSeconds: () => store.staleSeconds(),
    notes: () => store.notes(),
    access: clusterAccess(client),
    source: { client },
  };
}
