import { isDeepStrictEqual } from 'node:util';
import { objectAt, stringAt } from '../json/untyped.ts';
import type { KubeClient } from '../kube/client.ts';
import { systemClock, type Clock } from '../kube/clock.ts';
import {
  startReflector,
  type Reflector,
  type ReflectorHandler,
  type ReflectorState,
  type ReflectorVerb,
} from '../kube/reflector.ts';
import type { Resource } from '../kube/resource.ts';
import type { ClusterConfig } from '../policy/cluster-config.ts';
import type { Log } from '../telemetry/log.ts';
import {
  combineConfig,
  readConfigObject,
  type ConfigKind,
  type ConfigObject,
} from './cluster-config-objects.ts';

export interface ClusterConfigOptions {
  readonly client: KubeClient;
  readonly log: Log;
  readonly clock?: Clock;
  /** Gives [0, 1). */
  readonly random?: () => number;
  /** Told of every list and watch that failed. */
  readonly onFailure?: (resource: string, verb: ReflectorVerb) => void;
  /** Ends it, as `stop` does. */
  readonly signal?: AbortSignal;
  /** Called after `current()` has become another one. */
  readonly onChange?: (config: ClusterConfig) => void;
}

/** What the cluster says of registries, followed by watches. */
export interface ClusterConfigWatch {
  current(): ClusterConfig;
  /** Whether every resource was listed once, or is not served here. Stays true: a stale answer is better than none. */
  synced(): boolean;
  /** What a reader should know, one line each: not read yet, out of date. That a resource is not served is no note. */
  notes(): string[];
  /** Ends the watches; resolves when they have ended. */
  stop(): Promise<void>;
}

/** Most clusters will never serve them. */
const notServedRetryMs = 5 * 60_000;

const resources: readonly (Resource & { readonly kind: ConfigKind })[] = (
  [
    ['Image', 'images'],
    ['ImageDigestMirrorSet', 'imagedigestmirrorsets'],
    ['ImageTagMirrorSet', 'imagetagmirrorsets'],
  ] as const
).map(([kind, plural]) => ({
  kind,
  name: `${plural}.config.openshift.io`,
  path: `/apis/config.openshift.io/v1/${plural}`,
  grantedBy: 'the ClusterRole of this program in manifests/base',
}));

/** The resources that are followed, as failures name them. */
export const clusterConfigResources: readonly string[] = resources.map(({ name }) => name);

/**
 * Follows what a cluster says of registries (`config.openshift.io`). Where it is not served, as on any cluster but
 * OpenShift, nothing is said, which is told once; it is looked for again every five minutes.
 */
export function startClusterConfig(options: ClusterConfigOptions): ClusterConfigWatch {
  const { client, log, clock = systemClock, random = Math.random, onChange } = options;
  const stopping = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stopping.signal]) : stopping.signal;
  const collections = resources.map((resource) => ({
    resource,
    ...createCollection(resource.kind, refresh),
  }));
  let config = combineConfig([]);
  let synced = false;
  const watches = collections.map(({ resource, handler }): Reflector & { readonly name: string } => {
    let before: ReflectorState | undefined;
    const reflector = startReflector({
      client,
      resource,
      handler,
      clock,
      random,
      signal,
      notServedRetryMs,
      onFailure: (verb) => options.onFailure?.(resource.name, verb),
      onChange(after) {
        logTrouble(log, resource.name, before, after);
        before = after;
        noticeSynced();
      },
    });
    return { ...reflector, name: resource.name };
  });

  function refresh(): void {
    const next = combineConfig(collections.flatMap(({ objects }) => [...objects().values()]));
    if (isDeepStrictEqual(next, config)) return;
    config = next;
    onChange?.(config);
  }

  function noticeSynced(): void {
    if (synced || watches.some(({ state }) => state().phase === 'starting')) return;
    synced = true;
    const served = watches.flatMap(({ name, state }) => (state().phase === 'synced' ? [name] : []));
    if (served.length > 0) log.info({ resources: served }, 'registry rules and mirrors of the cluster count');
    else {
      log.info(
        {},
        'config.openshift.io is not served here: registry rules and mirrors of the configuration count',
      );
    }
  }

  return {
    current: () => config,
    synced: () => synced,
    notes: () => watches.flatMap(({ name, state }) => noteOf(name, state(), clock.now()) ?? []),
    async stop() {
      stopping.abort();
      await Promise.all(watches.map(({ done }) => done));
    },
  };
}

/** The objects of one kind; `changed` is called after each change. */
function createCollection(
  kind: ConfigKind,
  changed: () => void,
): { readonly handler: ReflectorHandler; readonly objects: () => ReadonlyMap<string, ConfigObject> } {
  let objects = new Map<string, ConfigObject>();
  const handler: ReflectorHandler = {
    startList() {
      const listed = new Map<string, ConfigObject>();
      return {
        put(raw) {
          const object = readConfigObject(kind, raw);
          listed.set(object.name, object);
        },
        commit() {
          objects = listed;
          changed();
        },
      };
    },
    put(raw) {
      const object = readConfigObject(kind, raw);
      objects.set(object.name, object);
      changed();
    },
    remove(raw) {
      objects.delete(stringAt(objectAt(raw, 'metadata'), 'name') ?? '');
      changed();
    },
  };
  return { handler, objects: () => objects };
}

/** Trouble that comes, changes or goes; and a resource that is served no longer, or by now. */
function logTrouble(
  log: Log,
  resource: string,
  before: ReflectorState | undefined,
  after: ReflectorState,
): void {
  const { phase, lastError } = after;
  if (lastError !== undefined && lastError !== before?.lastError) {
    log.warn(
      { resource, error: lastError },
      'cannot follow registry rules or mirrors of the cluster; trying on',
    );
  } else if (lastError === undefined && before?.lastError !== undefined) {
    log.info({ resource }, 'following registry rules or mirrors of the cluster again');
  }
  if (before?.phase === 'synced' && phase === 'notServed') {
    log.info({ resource }, 'no longer served by this cluster; forgotten');
  } else if (before?.phase === 'notServed' && phase === 'synced') {
    log.info({ resource }, 'served by this cluster now');
  }
}

function noteOf(
  resource: string,
  { phase, lastError, lastContactMs }: ReflectorState,
  nowMs: number,
): string | undefined {
  if (phase === 'starting')
    return `${resource} is not read yet${lastError === undefined ? '' : `: ${lastError}`}`;
  if (lastError === undefined) return undefined;
  const seconds = Math.round((nowMs - lastContactMs) / 1000);
  return `${resource} may be out of date: last heard of ${seconds} s ago: ${lastError}`;
}
