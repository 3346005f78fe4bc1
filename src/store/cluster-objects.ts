import type { DryRun, ObjectClient, ObjectKey, ObjectKind } from '../commands/object-client.ts';
import { asObject, stringAt, objectAt, type JsonObject } from '../json/untyped.ts';
import type { KubeClient } from '../kube/client.ts';
import { listPages } from '../kube/list.ts';
import { StatusError } from '../kube/status-error.ts';

/** Written beside each change, so that people see in `managedFields` who it was. */
const fieldManager = 'pinstream';
const conflictsMax = 10;

/** The objects of a cluster, with the rights of whoever asks. */
export function clusterObjects(client: KubeClient): ObjectClient {
  const readAgain = async (kind: ObjectKind, key: ObjectKey): Promise<JsonObject> =>
    asObject(await client.get(pathOf(kind, key)));
  return {
    read: async (kind, key) => {
      try {
        return await readAgain(kind, key);
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    list: async (kind, namespace) => {
      const objects: JsonObject[] = [];
      const put = (raw: unknown) => void objects.push(typed(kind, raw));
      await listPages(client, collectionOf(kind, namespace), { put, signal: never });
      return objects;
    },
    create: async (kind, object, { dryRun }) => {
      if (dryRun === 'client') return object;
      const { namespace } = objectAt(object, 'metadata');
      const path = collectionOf(kind, typeof namespace === 'string' ? namespace : undefined);
      return asObject(await client.create(path + queryOf(dryRun), object));
    },
    change: async (kind, key, change, { dryRun }) => {
      for (let attempt = 1; ; attempt += 1) {
        const old = await readAgain(kind, key);
        const next = change(old);
        if (next === undefined) return old;
        if (dryRun === 'client') return next;
        try {
          // With the resourceVersion of what was read: nobody else's change is overwritten.
          return asObject(await client.replace(pathOf(kind, key) + queryOf(dryRun), next));
        } catch (error) {
          if (!(error instanceof StatusError) || error.reason !== 'Conflict' || attempt === conflictsMax)
            throw error;
        }
      }
    },
    remove: async (kind, key, { dryRun }) => {
      if (dryRun === 'client') await readAgain(kind, key);
      else await client.delete(pathOf(kind, key) + (dryRun === 'server' ? '?dryRun=All' : ''));
    },
    follow: (kind, namespace, onChange, signal) => followList(client, kind, namespace, onChange, signal),
  };
}

const never = new AbortController().signal;

async function followList(
  client: KubeClient,
  kind: ObjectKind,
  namespace: string | undefined,
  onChange: (object: JsonObject, isDeleted: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  const path = collectionOf(kind, namespace);
  const isOver = (): boolean => signal.aborted;
  const put = (raw: unknown) => onChange(typed(kind, raw), false);
  let version = await listPages(client, path, { put, signal });
  while (!isOver()) {
    const query = new URLSearchParams({ watch: '1', resourceVersion: version, allowWatchBookmarks: 'true' });
    try {
      for await (const { type, object } of client.watch(`${path}?${query.toString()}`, signal)) {
        version = stringAt(objectAt(object, 'metadata'), 'resourceVersion') ?? version;
        if (type !== 'BOOKMARK') onChange(typed(kind, object), type === 'DELETED');
      }
    } catch (error) {
      if (isOver()) return;
      throw error;
    }
  }
}

/** A list's items leave out what they are. */
function typed({ group, version, kind }: ObjectKind, raw: unknown): JsonObject {
  return { apiVersion: group === '' ? version : `${group}/${version}`, kind, ...asObject(raw) };
}

function collectionOf(
  { group, version, resource, namespaced }: ObjectKind,
  namespace: string | undefined,
): string {
  const base = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const inside = namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${base}${inside}/${resource}`;
}

function pathOf(kind: ObjectKind, { namespace, name }: ObjectKey): string {
  return `${collectionOf(kind, namespace)}/${encodeURIComponent(name)}`;
}

function queryOf(dryRun: DryRun): string {
  const query = new URLSearchParams({ fieldManager, ...(dryRun === 'server' ? { dryRun: 'All' } : {}) });
  return `?${query.toString()}`;
}

function isNotFound(error: unknown): boolean {
  return error instanceof StatusError && error.code === 404;
}
