import { hostname } from 'node:os';
import { copyPermission } from '../controllers/copy-permission.ts';
import { clusterSecrets } from '../credentials/cluster-secrets.ts';
import { runImporter } from '../controllers/run-importer.ts';
import { readImageStream } from '../imagestream/read.ts';
import type { WholeStream } from '../imagestream/whole-stream.ts';
import type { StreamListener } from '../importer/stream-store.ts';
import type { KubeClient } from '../kube/client.ts';
import { steadyClock, systemClock } from '../kube/clock.ts';
import { createEventRecorder, type Regarding } from '../kube/events.ts';
import { electionIdentity, startLeaderElection } from '../kube/lease.ts';
import { startReflector } from '../kube/reflector.ts';
import { servedResources } from '../kube/served-resources.ts';
import { reasonOf } from '../kube/transport-error.ts';
import { clusterStreams, streamsPath } from '../store/cluster-streams.ts';
import type { Log } from '../telemetry/log.ts';
import { names } from './names.ts';
import { leaseNamespace } from './namespace.ts';
import {
  importPorts,
  openImportRegistries,
  type ImporterContext,
  type ImportRegistries,
} from './importer.ts';

const groupVersion = 'image.openshift.io/v1';
const lookAgainMs = 10_000;
const grantedBy = 'the ClusterRole pinstream-controller';

export interface ClusterImporterOptions extends ImporterContext {
  readonly client: KubeClient;
  /** `--import`: asked for; otherwise only where image streams are ours. */
  readonly asked: boolean;
}

/**
 * Imports for a cluster whose image streams are our custom resources, while this process holds the Lease. On OpenShift the
 * cluster's own importer does it. Resolves when `signal` has aborted and all is written and given back.
 *
 * @throws when imports were asked for on OpenShift
 */
export async function importForCluster(options: ClusterImporterOptions): Promise<void> {
  const { client, log, signal, asked, state } = options;
  const owner = await ownerOfStreams(client, log, signal);
  if (owner === undefined) return;
  if (owner === 'openshift') {
    if (asked) {
      // Two importers would write the same streams.
      throw new Error('--import: this is OpenShift, which imports image streams itself; leave the flag out');
    }
    state.phase = 'off: OpenShift imports image streams itself';
    log.info({}, 'not importing: OpenShift imports image streams itself');
    return;
  }
  const registries = await openImportRegistries(options, clusterSecrets(client));
  try {
    await lead({ ...options, registries });
  } finally {
    await registries.close();
  }
}

/** Whose image streams these are; waits until there are some. Undefined: `signal` came first. */
async function ownerOfStreams(
  client: KubeClient,
  log: Log,
  signal: AbortSignal,
): Promise<'openshift' | 'ours' | undefined> {
  const stopped = (): boolean => signal.aborted;
  let said = '';
  const say = (message: string, fields: object): void => {
    if (said !== message) log.info(fields, message);
    said = message;
  };
  while (!stopped()) {
    try {
      const served = await servedResources(client, groupVersion, signal);
      // Only an aggregated API server can serve names with a colon.
      if (served?.has('imagestreamtags')) return 'openshift';
      if (served?.has('imagestreams')) return 'ours';
      say('image streams are not served by this cluster yet; looking again every 10 s', {});
    } catch (error) {
      if (stopped()) return undefined;
      say('the cluster cannot be asked for image streams; trying on', { error: reasonOf(error) });
    }
    await systemClock.sleep(lookAgainMs, signal);
  }
  return undefined;
}

async function lead(
  options: ClusterImporterOptions & { readonly registries: ImportRegistries },
): Promise<void> {
  const { client, log, signal, state, registries } = options;
  const namespace = await leaseNamespace(client);
  const store = clusterStreams(client);
  const events = createEventRecorder({ client, component: names.controller, clock: systemClock, log });
  const election = startLeaderElection({
    client,
    namespace,
    name: names.lease,
    identity: electionIdentity(hostname(), Math.random),
    clock: steadyClock,
    random: Math.random,
    log,
    signal,
    grantedBy: 'the Role pinstream-controller',
    lead: (leading) =>
      runImporter({
        ...importPorts(options),
        store,
        registry: registries.source,
        forgetCredentials: registries.forgetCredentials,
        mayCopy: copyPermission(client),
        tell: ({ metadata }, note) => events.record({ regarding: regarding(metadata), ...note }),
        follow: (listener, following) => follow(client, listener, log, following),
        signal: leading,
      }),
  });
  state.phase = 'on';
  state.leads = () => election.leads();
  state.leader = () => election.holder();
  await election.done;
  await events.settled();
}

function regarding({ namespace, name, uid, resourceVersion }: WholeStream['metadata']): Regarding {
  return { apiVersion: groupVersion, kind: 'ImageStream', namespace, name, uid, resourceVersion };
}

function follow(client: KubeClient, listener: StreamListener, log: Log, signal: AbortSignal): Promise<void> {
  const remove = (raw: unknown): void => {
    const { namespace, name } = readImageStream(raw).metadata;
    listener.remove({ namespace, name });
  };
  const reflector = startReflector({
    client,
    resource: { name: 'imagestreams', path: streamsPath, grantedBy },
    handler: {
      startList: () => listener.startList(),
      put: (raw) => {
        listener.put(raw);
      },
      remove,
    },
    clock: systemClock,
    random: Math.random,
    signal,
    onChange: ({ phase, lastError }) => {
      if (lastError !== undefined)
        log.warn({ error: lastError }, 'the importer cannot follow image streams; trying on');
      else log.info({ phase }, 'the importer follows image streams');
    },
  });
  return reflector.done;
}
