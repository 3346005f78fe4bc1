/** The wiring of the server: which adapter stands behind which port. Nothing is decided here. */
import { podSecretsSwitchedOn } from '../credentials/pod-secrets-switch.ts';
import type { ServerFlags } from '../cli/server-flags.ts';
import { validateStream } from '../imagestream/validate.ts';
import { ObjectIndex } from '../store/object-index.ts';
import type { Log } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { version } from '../version.ts';
import { clusterSourceAccess, openSourceAccess } from '../webhook/cluster-access.ts';
import { webhookMetrics } from '../webhook/metrics.ts';
import { webhookApp, type ServerPorts } from '../webhook/server.ts';
import { openCertificates } from './certificates.ts';
import { runAll, type Cleanup } from './cleanup.ts';
import { debugState } from './debug-state.ts';
import { untilNobodyComes } from './drain.ts';
import { close, listen } from './listen.ts';
import { openObjects } from './objects.ts';
import { followClusterSettings } from './cluster-settings.ts';
import { openFallback } from './fallback.ts';
import { watchCertificates, watchProcess, watchReloads, watchStore } from './gauges.ts';
import { httpsServer, openClientAuthority } from './https.ts';
import { withFallbackDigests } from './images.ts';
import { openMetricsPort } from './metrics-port.ts';
import { names } from './names.ts';
import { openOverload } from './overload.ts';
import type { RegistryContext } from './registries.ts';
import { registryMetrics } from './registry-metrics.ts';
import { openSettings } from './settings.ts';
import { startControllers } from './start-controllers.ts';
import { refusesAnything, warnWithoutValidation } from './validation-check.ts';

export interface RunningServer {
  /** Where the webhook is; undefined where there is none. */
  readonly url: string | undefined;
  /** Where metrics are; undefined when they are off. */
  readonly metricsUrl: string | undefined;
  /** Rejects when a part of it cannot go on. */
  readonly failed: Promise<void>;
  /** Takes no new requests, ends those under way, and lets go of everything. */
  stop(): Promise<void>;
}

const defaultPort = 8443;

/**
 * Starts the webhook, and the controllers beside it where they are wanted.
 *
 * @throws with a message for people when a flag, a file, the cluster or a port does not serve
 */
export async function serve(flags: ServerFlags, log: Log): Promise<RunningServer> {
  const host = flags.host ?? (flags.objects === undefined ? '0.0.0.0' : '127.0.0.1');
  const cleanup: Cleanup = [];
  try {
    const metrics = createMetrics();
    const settings = await openSettings(flags.config, log, cleanup, watchReloads(metrics));
    const index = new ObjectIndex();
    const objects = await openObjects(flags, index, log, metrics, cleanup);
    const rules = followClusterSettings(objects.source, settings, log, metrics, cleanup);
    const client = 'client' in objects.source ? objects.source.client : undefined;
    const certificates = await openCertificates(flags, host, client, log, cleanup);
    if (client !== undefined && refusesAnything(settings.configuration())) {
      await warnWithoutValidation(client, names.configuration, log);
    }
    watchStore(metrics, index, objects);
    watchCertificates(metrics, certificates);
    const registries: RegistryContext = { flags, settings, log, counts: registryMetrics(metrics) };
    const controllers = startControllers(flags, objects.source, registries, metrics, cleanup);
    const podSecretsFrom = podSecretsSwitchedOn(process.env) ? client : undefined;
    const fallback = await openFallback(registries, podSecretsFrom, metrics, cleanup);
    const images = withFallbackDigests(index, fallback);

    let draining = false;
    const undecided = () =>
      objects.synced()
        ? rules.undecided()
        : 'the image streams have not been read yet; try again in a moment';
    const unready = () => (draining ? 'shutting down' : undecided());
    watchProcess(metrics, unready);
    const { overload, connections } = openOverload(metrics, log, cleanup);
    const authority = await openClientAuthority(flags, log, cleanup);
    const ports: Omit<ServerPorts, 'closes'> = {
      context: () => ({ settings: settings.admission(), images, namespaces: index, fallback }),
      fallback,
      undecided,
      streams: {
        judge: (object, old) =>
          validateStream(object, old, {
            internalRegistryHostname: settings.admission().internalRegistryHostname,
            localRegistry: settings.admission().localRegistry,
            findStream: ({ namespace, name }) => index.stream(namespace, name),
            mayImport: settings.mayImport,
          }),
        sourceAccess: client === undefined ? openSourceAccess : clusterSourceAccess(client),
      },
      unready,
      clientsVerified: authority !== undefined,
      overload,
      connections,
      access: objects.access,
      notes: () => [...objects.notes(), ...rules.notes()],
      log,
      metrics: webhookMetrics(metrics),
    };
    const server = httpsServer(
      certificates,
      authority,
      (isCurrent) => webhookApp({ ...ports, closes: (socket) => draining || !isCurrent(socket) }),
      log,
    );
    connections.guard(server);
    const url = await listen(server, 'https', host, flags.port ?? defaultPort, '--port');
    cleanup.push(() => close(server));
    const { importer } = controllers;
    const state = () => debugState({ settings, unready, importer, store: { index, objects, certificates } });
    const metricsUrl = await openMetricsPort(flags, host, { metrics, unready, importer, state }, cleanup);
    log.info({ url, ...(metricsUrl === undefined ? {} : { metricsUrl }), version }, 'listening');
    return {
      url,
      metricsUrl,
      failed: controllers.done,
      stop: async () => {
        draining = true;
        // The Service goes on sending for a moment after the pod is marked: it must still be answered.
        if (flags.objects === undefined) await untilNobodyComes(server);
        await runAll(cleanup);
      },
    };
  } catch (error) {
    await runAll(cleanup);
    throw error;
  }
}
