import type { KubeClient } from '../kube/client.ts';
import { systemClock, type Clock } from '../kube/clock.ts';
import { startReflector, type Reflector, type ReflectorVerb } from '../kube/reflector.ts';
import type { Log } from '../telemetry/log.ts';
import { createClusterHandler } from './cluster-handler.ts';
import { logChange, noteOf, type Told } from './cluster-report.ts';
import { clusterResources, type ClusterResource } from './cluster-resources.ts';
import type { ObjectSink } from './object-sink.ts';

export interface ClusterStoreOptions {
  readonly client: KubeClient;
  readonly sink: ObjectSink;
  readonly log: Log;
  readonly clock?: Clock;
  /** Gives [0, 1). */
  readonly random?: () => number;
  /** Told of every list and watch that failed. */
  readonly onFailure?: (resource: string, verb: ReflectorVerb) => void;
  /** Ends it, as `stop` does. */
  readonly signal?: AbortSignal;
}

export interface ClusterStore {
  /**
   * Whether every resource was listed once, or is one that a cluster may lack and does lack. Stays true from then on: a
   * stale answer is better than none.
   */
  synced(): boolean;
  /** Age of the oldest of the last contacts with the API server, one a resource. Up to two minutes are normal. */
  staleSeconds(): number;
  /** What a reader of the answers should know, one line each: not served, not read yet, out of date. */
  notes(): string[];
  /** Ends the watches; resolves when they have ended. What the sink holds stays. */
  stop(): Promise<void>;
}

/** Keeps `sink` in step with the image streams, images and namespaces of a cluster until it is stopped. */
export function startClusterStore(options: ClusterStoreOptions): ClusterStore {
  const { clock = systemClock, log } = options;
  const stopping = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stopping.signal]) : stopping.signal;
  const mirrors = clusterResources.map((resource) =>
    startMirror(options, resource, clock, signal, noticeSynced),
  );
  let synced = false;

  function noticeSynced(): void {
    if (synced || !mirrors.every((mirror) => mirror.settled())) return;
    synced = true;
    const counts = mirrors.map(({ resource, listed }) => [resource.name, listed()] as const);
    log.info(Object.fromEntries(counts), 'synced with the cluster');
  }

  return {
    synced: () => synced,
    staleSeconds() {
      const oldestMs = Math.min(...mirrors.map(({ state }) => state().lastContactMs));
      return Math.max(0, (clock.now() - oldestMs) / 1000);
    },
    notes: () => mirrors.flatMap(({ resource, state }) => noteOf(resource, state(), clock.now()) ?? []),
    async stop() {
      stopping.abort();
      await Promise.all(mirrors.map(({ done }) => done));
    },
  };
}

interface Mirror extends Reflector {
  readonly resource: ClusterResource;
  /** How many objects its last full list had. */
  readonly listed: () => number;
  /** Whether it no longer keeps the store from being ready. */
  readonly settled: () => boolean;
}

function startMirror(
  options: ClusterStoreOptions,
  resource: ClusterResource,
  clock: Clock,
  signal: AbortSignal,
  onPhase: () => void,
): Mirror {
  const { client, sink, log, random = Math.random } = options;
  const { handler, listed } = createClusterHandler(sink, resource.kind);
  let before: Told = { phase: 'starting' };
  const reflector = startReflector({
    client,
    resource,
    handler,
    clock,
    random,
    signal,
    onFailure: (verb) => options.onFailure?.(resource.name, verb),
    onChange(after) {
      logChange(log, resource, before, after, listed());
      before = after;
      onPhase();
    },
  });
  const settled = (): boolean => {
    const { phase } = reflector.state();
    return phase === 'synced' || (phase === 'notServed' && resource.optional);
  };
  return { ...reflector, resource, listed, settled };
}
