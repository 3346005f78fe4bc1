import { hostname } from 'node:os';
import { copyPermission } from '../controllers/copy-permission.ts';
import { clusterSecrets } from '../credentials/cluster-secrets.ts';
import { runImporter } from '../controllers/run-importer.ts';
import { readImageStream } from '../imagestream/read.ts';
import type { WholeStream } from '../imagestream/whole-stream.ts';
import type { StreamListener } from '../importer/stream-store.ts';
import type { KubeClient } from '../kube/client.ts';
import { steadyClock, systemClock } from '../kube/clock.ts';
import { createEventRecorder, type EventRecorder, type Regarding } from '../kube/events.ts';
import { electionIdentity, startLeaderElection } from '../kube/lease.ts';
import { startReflector } from '../kube/reflector.ts';
import { servedResources } from '../kube/served-resources.ts';
import { reasonOf } from '../kube/transport-error.ts';
import { clusterStreams, streamsPath } from '../store/cluster-streams.ts';
import type { Log } from '../telemetry/log.ts';
import { openTriggers, runTriggers, type TriggerState } from './cluster-triggers.ts';
import { names } from './names.ts';
import { leaseNamespace } from './namespace.ts';
import {
  importPorts,
  openImportRegistries,
  type ImporterContext,
  type ImportRegistries,
} from './importer.ts';
import { runTogether, type Work } from './run-together.ts';

const groupVersion = 'image.openshift.io/v1';
const lookAgainMs = 10_000;
const grantedBy = 'the ClusterRole pinstream-controller';

export interface ClusterOptions extends ImporterContext {
  readonly client: KubeClient;
  /** What was asked for on the command line. */
  readonly wish: { readonly import?: boolean; readonly triggers?: boolean };
  readonly imports: boolean;
  /** Undefined: no triggers. */
  readonly triggers: TriggerState | undefined;
}

/**
 * Imports and triggers for a cluster whose image streams are our custom resources, while this process holds the Lease. On
 * OpenShift the cluster's own controllers do it. Resolves when `signal` has aborted and all is written and given back.
 *
 * @throws when either was asked for on OpenShift
 */
export async function controlCluster(options: ClusterOptions): Promise<void> {
  const { client, log, signal, wish, state, imports } = options;
  const owner = await ownerOfStreams(client, log, signal);
  if (owner === undefined) return;
  if (owner === 'openshift') {
    // Two importers would write the same streams, two trigger controllers the same workloads.
    if (wish.import === true) throw new Error(onOpenShift('--import', 'imports image streams'));
    if (wish.triggers === true) throw new Error(onOpenShift('--triggers', 'serves image triggers'));
    if (imports) state.phase = 'off: OpenShift imports image streams itself';
    log.info({}, 'not importing, no triggers: OpenShift does that itself');
    return;
  }
  const registries = imports ? await openImportRegistries(options, clusterSecrets(client)) : undefined;
  try {
    await lead(options, registries);
  } finally {
    await registries?.close();
  }
}

function onOpenShift(flag: string, what: string): string {
  return `${flag}: this is OpenShift, which ${what} itself; leave the flag out`;
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

async function lead(options: ClusterOptions, registries: ImportRegistries | undefined): Promise<void> {
  const { client, log, signal, state } = options;
  const namespace = await leaseNamespace(client);
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
    lead: (leading) => runTogether(worksOf(options, registries, events), leading),
  });
  state.works = () => election.leads();
  if (registries !== undefined) {
    state.phase = 'on';
    state.leads = () => election.leads();
    state.leader = () => election.holder();
  }
  await election.done;
  await events.settled();
}

/** What runs while this process leads. */
function worksOf(
  options: ClusterOptions,
  registries: ImportRegistries | undefined,
  events: EventRecorder,
): readonly Work[] {
  const { client, log, settings, watchFailed, triggers: triggerState } = options;
  const streams = clusterStreams(client);
  const works: Work[] = [];
  /** Those that hear of image streams beside the importer: one watch serves all. */
  const listeners: StreamListener[] = [];
  if (triggerState !== undefined) {
    const triggerOptions = { client, streams, settings, events, state: triggerState, watchFailed, log };
    const triggers = openTriggers(triggerOptions);
    listeners.push(triggers);
    works.push((signal) => runTriggers(triggers, triggerOptions, signal));
  }
  if (registries === undefined) {
    works.push((signal) => followStreams(options, listeners, signal));
    return works;
  }
  works.push((leading) =>
    runImporter({
      ...importPorts(options),
      store: streams,
      registry: registries.source,
      forgetCredentials: registries.forgetCredentials,
      mayCopy: copyPermission(client),
      tell: ({ metadata }, note) => events.record({ regarding: regarding(metadata), ...note }),
      follow: (importer, signal) => followStreams(options, [importer, ...listeners], signal),
      signal: leading,
    }),
  );
  return works;
}

function regarding({ namespace, name, uid, resourceVersion }: WholeStream['metadata']): Regarding {
  return { apiVersion: groupVersion, kind: 'ImageStream', namespace, name, uid, resourceVersion };
}

/** Tells all listeners of the image streams, by one watch. */
function followStreams(
  { client, watchFailed, log }: ClusterOptions,
  listeners: readonly StreamListener[],
  signal: AbortSignal,
): Promise<void> {
  const reflector = startReflector({
    client,
    resource: { name: 'imagestreams', path: streamsPath, grantedBy },
    handler: {
      startList: () => {
        const lists = listeners.map((listener) => listener.startList());
        return {
          put: (raw) => {
            for (const list of lists) list.put(raw);
          },
          commit: () => {
            for (const list of lists) list.commit();
          },
        };
      },
      put: (raw) => {
        for (const listener of listeners) listener.put(raw);
      },
      remove: (raw) => {
        const { namespace, name } = readImageStream(raw).metadata;
        for (const listener of listeners) listener.remove({ namespace, name });
      },
    },
    clock: systemClock,
    random: Math.random,
    signal,
    onFailure: (verb) => watchFailed('imagestreams', verb),
    onChange: ({ phase, lastError }) => {
      if (lastError !== undefined)
        log.warn({ error: lastError }, 'the controllers cannot follow image streams; trying on');
      else log.info({ phase }, 'the controllers follow image streams');
    },
  });
  return reflector.done;
}
