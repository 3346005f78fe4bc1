/** The wiring of the server: which adapter stands behind which port. Nothing is decided here. */
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExpiringSource } from './certs/served-pair.ts';
import { fixedSource } from './certs/served-pair.ts';
import { startFileSource } from './certs/file-source.ts';
import { selfSigned } from './certs/issue.ts';
import { startSelfManaged } from './certs/self-managed.ts';
import type { ServerFlags } from './cli/server-flags.ts';
import { readConfiguration, watchConfiguration } from './config/file.ts';
import { parseConfiguration } from './config/parse.ts';
import { admissionSettings } from './config/settings.ts';
import type { KubeClient } from './kube/client.ts';
import { systemClock } from './kube/clock.ts';
import { connectToCluster } from './kube/connect.ts';
import { startClusterStore } from './store/cluster.ts';
import { openDirectory } from './store/directory.ts';
import { ObjectIndex } from './store/object-index.ts';
import type { Log } from './telemetry/log.ts';
import { createMetrics, type Metrics } from './telemetry/metrics.ts';
import { version } from './version.ts';
import { clusterAccess, openAccess } from './webhook/cluster-access.ts';
import type { DryRunAccess } from './webhook/dry-run.ts';
import { metricsServer } from './webhook/metrics-server.ts';
import { webhookApp, webhookServer } from './webhook/server.ts';

export interface RunningServer {
  readonly url: string;
  /** Where metrics are; undefined when they are off. */
  readonly metricsUrl: string | undefined;
  /** Takes no new requests, ends those under way, and lets go of everything. */
  stop(): Promise<void>;
}

const defaultPort = 8443;
const defaultMetricsPort = 9090;

/** The names that the manifests give to what belongs to us. */
const names = { service: 'pinstream-webhook', secret: 'pinstream-webhook-tls', configuration: 'pinstream' };

/**
 * Starts the webhook.
 *
 * @throws with a message for people when a flag, a file, the cluster or a port does not serve
 */
export async function serve(flags: ServerFlags, log: Log): Promise<RunningServer> {
  const host = flags.host ?? (flags.objects === undefined ? '0.0.0.0' : '127.0.0.1');
  const cleanup: (() => Promise<void> | void)[] = [];
  try {
    const metrics = createMetrics();
    const configuration = await openConfiguration(flags.config, log, cleanup);
    const index = new ObjectIndex();
    const objects = await openObjects(flags, index, log, cleanup);
    const certificates = await openCertificates(flags, host, objects.client, log, cleanup);
    watchGauges(metrics, index, objects, certificates);

    let draining = false;
    const undecided = () => (objects.synced() ? undefined : 'the image streams have not been read yet');
    const unready = () => (draining ? 'shutting down' : undecided());
    const app = webhookApp({
      context: () => ({ settings: configuration.settings(), images: index, namespaces: index }),
      undecided,
      unready,
      clientsVerified: flags.clientCaFile !== undefined,
      access: objects.access,
      notes: objects.notes,
      log,
      metrics,
    });
    const clientCa =
      flags.clientCaFile === undefined ? undefined : await readFile(flags.clientCaFile, 'utf8');
    const server = webhookServer(app, {
      ...certificates.current(),
      ...(clientCa === undefined ? {} : { clientCa }),
    });
    certificates.onChange(({ cert, key }) => {
      server.setSecureContext({ cert, key, ...(clientCa === undefined ? {} : { ca: clientCa }) });
      log.info({ notAfter: certificates.notAfter().toISOString() }, 'serving with a new certificate');
    });
    const url = await listen(server, 'https', host, flags.port ?? defaultPort, '--port');
    cleanup.push(() => close(server));
    const metricsUrl = await openMetrics(flags, host, metrics, unready, cleanup);
    log.info({ url, ...(metricsUrl === undefined ? {} : { metricsUrl }), version }, 'listening');
    return {
      url,
      metricsUrl,
      stop: async () => {
        draining = true;
        // The Service goes on sending for a moment after the pod is marked: it must still be answered.
        if (flags.objects === undefined) await delay(endpointsLagMs);
        await runAll(cleanup);
      },
    };
  } catch (error) {
    await runAll(cleanup);
    throw error;
  }
}

const endpointsLagMs = 5_000;

type Cleanup = (() => Promise<void> | void)[];

async function runAll(cleanup: Cleanup): Promise<void> {
  for (const step of cleanup.toReversed()) await step();
}

async function openConfiguration(file: string | undefined, log: Log, cleanup: Cleanup) {
  if (file === undefined) {
    const settings = admissionSettings(parseConfiguration('', '(built-in)'));
    return { settings: () => settings };
  }
  const { text, configuration } = await readConfiguration(file);
  let settings = admissionSettings(configuration);
  cleanup.push(
    watchConfiguration(file, text, log, (next) => {
      settings = admissionSettings(next);
    }),
  );
  return { settings: () => settings };
}

interface Objects {
  readonly synced: () => boolean;
  readonly staleSeconds: () => number;
  readonly notes: () => readonly string[];
  readonly access: DryRunAccess;
  /** Absent without a cluster. */
  readonly client?: KubeClient;
}

async function openObjects(
  flags: ServerFlags,
  index: ObjectIndex,
  log: Log,
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
    return { synced: () => true, staleSeconds: () => 0, notes, access: openAccess };
  }
  const connection = await connectToCluster({
    version,
    ...(flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig }),
  });
  const { client, server } = connection;
  cleanup.push(() => connection.close());
  log.info({ server }, 'reading the image streams of the cluster');
  const store = startClusterStore({ client, sink: index, log });
  cleanup.push(() => store.stop());
  return {
    synced: () => store.synced(),
    staleSeconds: () => store.staleSeconds(),
    notes: () => store.notes(),
    access: clusterAccess(client),
    client,
  };
}

/** Files, if given; in a cluster a pair that the replicas share; else one made for this run. */
async function openCertificates(
  flags: ServerFlags,
  host: string,
  client: KubeClient | undefined,
  log: Log,
  cleanup: Cleanup,
): Promise<ExpiringSource> {
  const source = await certificateSource(flags, host, client, log);
  cleanup.push(() => {
    source.stop();
  });
  return source;
}

async function certificateSource(
  { tlsCertFile: certFile, tlsPrivateKeyFile: keyFile }: ServerFlags,
  host: string,
  client: KubeClient | undefined,
  log: Log,
): Promise<ExpiringSource> {
  if (certFile !== undefined && keyFile !== undefined) {
    return startFileSource({ certFile, keyFile, clock: systemClock, log });
  }
  if (certFile !== undefined || keyFile !== undefined) {
    throw new Error('--tls-cert-file and --tls-private-key-file go together: give both, or neither');
  }
  const namespace = client === undefined ? undefined : await ownNamespace();
  if (client === undefined || namespace === undefined) {
    return fixedSource(await selfSigned({ host, now: new Date() }));
  }
  return startSelfManaged({
    client,
    namespace,
    secretName: names.secret,
    serviceName: names.service,
    webhookConfigurations: [
      { kind: 'MutatingWebhookConfiguration', name: names.configuration },
      { kind: 'ValidatingWebhookConfiguration', name: names.configuration },
    ],
    clock: systemClock,
    log,
    signal: new AbortController().signal,
  });
}

/** The namespace of the pod that this is; undefined outside a cluster. */
async function ownNamespace(): Promise<string | undefined> {
  const file = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';
  return readFile(file, 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
}

function watchGauges(
  metrics: Metrics,
  index: ObjectIndex,
  objects: Objects,
  certificates: ExpiringSource,
): void {
  metrics.gauge('pinstream_store_objects', 'Objects held in memory, by kind.', () => index.counts());
  metrics.gauge(
    'pinstream_store_stale_seconds',
    'Age of the last contact with the API server.',
    objects.staleSeconds,
  );
  metrics.gauge(
    'pinstream_certificate_expiry_timestamp_seconds',
    'When the serving certificate expires.',
    () => certificates.notAfter().getTime() / 1000,
  );
}

async function openMetrics(
  flags: ServerFlags,
  host: string,
  metrics: Metrics,
  unready: () => string | undefined,
  cleanup: Cleanup,
): Promise<string | undefined> {
  const port = flags.metricsPort ?? defaultMetricsPort;
  if (port === 0) return undefined;
  const server = metricsServer(metrics, unready);
  const url = await listen(server, 'http', host, port, '--metrics-port');
  cleanup.push(() => close(server));
  return url;
}

async function listen(
  server: Server,
  scheme: string,
  host: string,
  port: number,
  flag: string,
): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'the port is in use' : error.message;
      reject(
        new Error(`cannot listen on ${host}:${port}: ${why}; choose another with ${flag}`, { cause: error }),
      );
    });
    server.listen(port, host, resolve);
  });
  const { port: actual } = server.address() as AddressInfo;
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${actual}`;
}

/** How long requests under way may take to end. */
const drainMs = 10_000;

async function close(
  server: Server & { closeIdleConnections?(): void; closeAllConnections?(): void },
): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  server.closeIdleConnections?.();
  const timer = setTimeout(() => server.closeAllConnections?.(), drainMs);
  await closed;
  clearTimeout(timer);
}
