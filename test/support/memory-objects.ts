import { qualifiedResource } from '../../src/commands/kinds.ts';
import type { ObjectClient, ObjectKey, ObjectKind } from '../../src/commands/object-client.ts';
import { keyOf } from '../../src/commands/stream-object.ts';
import { asText, type JsonObject } from '../../src/json/untyped.ts';
import { StatusError } from '../../src/kube/status-error.ts';

/** Objects in memory, in the order in which they came; refusals are a cluster's. */
export interface MemoryObjects extends ObjectClient {
  /** What is stored now. */
  readonly get: (kind: ObjectKind, key: ObjectKey) => JsonObject | undefined;
  /** Every write that was made, but dry runs: "change deployments shop/web". */
  readonly writes: readonly string[];
}

export interface MemoryOptions {
  /** Resources that may not be read or written, as `qualifiedResource` names them. */
  readonly forbidden?: readonly string[];
  /** Resources that may not be listed over all namespaces. */
  readonly forbiddenEverywhere?: readonly string[];
}

export function memoryObjects(
  initial: readonly object[] = [],
  { forbidden = [], forbiddenEverywhere = [] }: MemoryOptions = {},
): MemoryObjects {
  const stored = new Map<string, JsonObject>();
  const writes: string[] = [];
  const followers = new Set<(id: string, object: JsonObject, isDeleted: boolean) => void>();

  const check = (kind: ObjectKind) => {
    const resource = qualifiedResource(kind);
    if (forbidden.includes(resource)) throw refused(resource);
  };
  const put = (id: string, object: JsonObject) => {
    stored.set(id, object);
    for (const tell of followers) tell(id, object, false);
  };
  for (const raw of initial) {
    const object = raw as JsonObject;
    stored.set(idOf(object.apiVersion, object.kind, keyOf(object)), structuredClone(object));
  }
  const get: MemoryObjects['get'] = (kind, key) => stored.get(idOfKind(kind, key));

  return {
    get,
    writes,
    read: (kind, key) =>
      attempt(() => {
        check(kind);
        return get(kind, key);
      }),
    list: (kind, namespace) =>
      attempt(() => {
        check(kind);
        const resource = qualifiedResource(kind);
        if (namespace === undefined && forbiddenEverywhere.includes(resource)) throw refused(resource);
        return [...stored].filter(([id]) => isListed(id, kind, namespace)).map(([, object]) => object);
      }),
    create: (kind, object, { dryRun }) =>
      attempt(() => {
        check(kind);
        const key = keyOf(object);
        if (get(kind, key) !== undefined) throw problem(409, 'AlreadyExists', kind, key, 'already exists');
        if (dryRun !== 'none') return object;
        writes.push(`create ${placeOf(kind, key)}`);
        put(idOfKind(kind, key), object);
        return object;
      }),
    change: (kind, key, change, { dryRun }) =>
      attempt(() => {
        check(kind);
        const old = get(kind, key);
        if (old === undefined) throw problem(404, 'NotFound', kind, key, 'not found');
        const next = change(old);
        if (next === undefined) return old;
        if (dryRun !== 'none') return next;
        writes.push(`change ${placeOf(kind, key)}`);
        put(idOfKind(kind, key), next);
        return next;
      }),
    remove: (kind, key, { dryRun }) =>
      attempt(() => {
        check(kind);
        const old = get(kind, key);
        if (old === undefined) throw problem(404, 'NotFound', kind, key, 'not found');
        if (dryRun !== 'none') return;
        writes.push(`remove ${placeOf(kind, key)}`);
        stored.delete(idOfKind(kind, key));
        for (const tell of followers) tell(idOfKind(kind, key), old, true);
      }),
    follow: async (kind, namespace, onChange, signal) => {
      const tell = (id: string, object: JsonObject, isDeleted: boolean) => {
        if (isListed(id, kind, namespace)) onChange(object, isDeleted);
      };
      for (const [id, object] of stored) tell(id, object, false);
      followers.add(tell);
      const ended = Promise.withResolvers<undefined>();
      if (signal.aborted) ended.resolve(undefined);
      signal.addEventListener('abort', () => ended.resolve(undefined), { once: true });
      await ended.promise;
      followers.delete(tell);
    },
  };
}

/** What throws, rejects. */
function attempt<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}

function idOfKind({ group, version, kind }: ObjectKind, key: ObjectKey): string {
  return idOf(group === '' ? version : `${group}/${version}`, kind, key);
}

function idOf(apiVersion: unknown, kind: unknown, { namespace, name }: ObjectKey): string {
  return [asText(apiVersion), asText(kind), namespace, name].join('|');
}

function isListed(id: string, kind: ObjectKind, namespace: string | undefined): boolean {
  const any = namespace === undefined || !kind.namespaced;
  const start = idOfKind(kind, { namespace: any ? '' : namespace, name: '' });
  return id.startsWith(any ? start.slice(0, -1) : start);
}

function placeOf(kind: ObjectKind, { namespace, name }: ObjectKey): string {
  return `${kind.resource} ${namespace === '' ? '' : `${namespace}/`}${name}`;
}

function problem(
  code: number,
  reason: string,
  kind: ObjectKind,
  { name }: ObjectKey,
  said: string,
): StatusError {
  return new StatusError({ code, reason, message: `${qualifiedResource(kind)} "${name}" ${said}` });
}

function refused(resource: string): StatusError {
  return new StatusError({ code: 403, reason: 'Forbidden', message: `${resource} is forbidden` });
}
