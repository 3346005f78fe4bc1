import type { ServerFlags } from '../cli/server-flags.ts';
import { connectToCluster } from '../kube/connect.ts';
import { openDirectory } from '../store/directory.ts';
import { ObjectIndex } from '../store/object-index.ts';
import type { Log } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { version } from '../version.ts';
import { runAll, type Cleanup } from './cleanup.ts';
import { followClusterSettings } from './cluster-settings.ts';
import { debugState } from './debug-state.ts';
import { watchProcess, watchReloads } from './gauges.ts';
import { openMetricsPort } from './metrics-port.ts';
import { registryMetrics } from './registry-metrics.ts';
import type { RunningServer } from './serve.ts';
import { openSettings } from './settings.ts';
import { startControllers, type ImportTarget } from './start-controllers.ts';

/**
 * Runs the controllers alone: importer and triggers for the cluster, or the importer for the folder of `--objects`.
 *
 * @throws with a message for people when a flag, a file, the cluster or a port does not serve
 */
export async function control(flags: ServerFlags, log: Log): Promise<RunningServer> {
  if (flags.import === false && (flags.triggers !== true || flags.objects !== undefined)) {
    throw new Error(
      'controller --no-import: then there is nothing to run; leave --no-import out, or on a cluster add --triggers',
    );
  }
  const host = flags.host ?? (flags.objects === undefined ? '0.0.0.0' : '127.0.0.1');
  const cleanup: Cleanup = [];
  try {
    const metrics = createMetrics();
    const settings = await openSettings(flags.config, log, cleanup, watchReloads(metrics));
    const target = await openTarget(flags, log, cleanup);
    followClusterSettings(target, settings, log, metrics, cleanup);
    const registries = { flags, settings, log, counts: registryMetrics(metrics) };
    // On a folder this verb is the wish to import; on a cluster it still depends on whose image streams these are.
    const wish = 'directory' in target ? { ...flags, import: true } : flags;
    const controllers = startControllers(wish, target, registries, metrics, cleanup);
    let draining = false;
    // A replica that stands by is as ready as the one that works.
    const unready = () => (draining ? 'shutting down' : undefined);
    watchProcess(metrics, unready);
    const { importer } = controllers;
    const state = () => debugState({ settings, unready, importer });
    const metricsUrl = await openMetricsPort(flags, host, { metrics, unready, importer, state }, cleanup);
    log.info({ ...(metricsUrl === undefined ? {} : { metricsUrl }), version }, 'running the controllers');
    return {
      url: undefined,
      metricsUrl,
      failed: controllers.done,
      stop: async () => {
        draining = true;
        await runAll(cleanup);
      },
    };
  } catch (error) {
    await runAll(cleanup);
    throw error;
  }
}

async function openTarget(flags: ServerFlags, log: Log, cleanup: Cleanup): Promise<ImportTarget> {
  const { objects: folder, kubeconfig } = flags;
  if (folder !== undefined) {
    const directory = await openDirectory(folder, new ObjectIndex(), log);
    cleanup.push(() => directory.stop());
    log.info({ folder }, 'importing into a folder');
    return { directory };
  }
  const connection = await connectToCluster({ version, ...(kubeconfig === undefined ? {} : { kubeconfig }) });
  cleanup.push(() => connection.close());
  log.info({ server: connection.server }, 'importing for the cluster');
  return { client: connection.client };
}
