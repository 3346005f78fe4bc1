import { join } from 'node:path';
import { qualifiedResource } from '../commands/kinds.ts';
import type { ObjectClient, ObjectKey, ObjectKind } from '../commands/object-client.ts';
import { watchFolder } from '../files/watch-folder.ts';
import type { JsonObject } from '../json/untyped.ts';
import { StatusError } from '../kube/status-error.ts';
import { isNamed, objectsOf, placeOf, type FoundObject } from './directory-lookup.ts';

export interface DirectoryEditorOptions {
  readonly folder: string;
  /**
   * What becomes of an object that is written, beyond the change itself; a cluster has controllers for that.
   *
   * @param old the object before; undefined: it is new
   * @param read reads other objects of the folder
   */
  readonly evaluate: (
    kind: ObjectKind,
    object: JsonObject,
    old: JsonObject | undefined,
    read: ObjectClient['read'],
  ) => Promise<JsonObject>;
}

const conflictsMax = 10;
const settleMs = 100;

/** Whoever only reads need not load what writes. */
const writing = () => import('./directory-edits.ts');

/**
 * The objects in a folder of YAML and JSON, edited in place: comments and all that is not changed stay byte for byte. Each
 * write is one step. Of an object that stands twice the later one counts, as for the server.
 *
 * @throws when the folder or a file in it cannot be read, with its place
 */
export function createDirectoryEditor({ folder, evaluate }: DirectoryEditorOptions): ObjectClient {
  const find = async (kind: ObjectKind, key: ObjectKey): Promise<FoundObject | undefined> => {
    const all = await objectsOf(folder, kind);
    return all.findLast(({ object }) => isNamed(kind, key, object));
  };
  const read: ObjectClient['read'] = async (kind, key) => (await find(kind, key))?.object;
  let last: Promise<unknown> = Promise.resolve();
  /** Changes by this process do not run side by side; they would only have to be made again. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };

  return {
    read,
    list: async (kind, namespace) => {
      const byKey = new Map<string, JsonObject>();
      for (const { object } of await objectsOf(folder, kind)) {
        const key = placeOf(kind, object);
        if (namespace === undefined || !kind.namespaced || key.namespace === namespace)
          byKey.set(`${key.namespace}/${key.name}`, object);
      }
      return [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
    },
    create: async (kind, object, { dryRun }) => {
      const key = placeOf(kind, object);
      if ((await find(kind, key)) !== undefined) throw alreadyExists(kind, key.name);
      const written = await evaluate(kind, object, undefined, read);
      if (dryRun !== 'none') return written;
      const { createFile } = await writing();
      for (const file of fileNames(kind, key)) {
        if (await createFile(folder, file, written)) return written;
        // Somebody may have made it while it was being evaluated.
        if ((await find(kind, key)) !== undefined) throw alreadyExists(kind, key.name);
      }
      const [file = key.name] = fileNames(kind, key);
      throw new Error(`${join(folder, file)} exists already; write the ${kind.kind} into a file by hand`);
    },
    change: (kind, key, change, { dryRun }) =>
      inTurn(async () => {
        for (let attempt = 1; ; attempt += 1) {
          const found = await find(kind, key);
          if (found === undefined) throw notFound(kind, key.name);
          const changed = change(found.object);
          if (changed === undefined) return found.object;
          const next = await evaluate(kind, changed, found.object, read);
          if (dryRun !== 'none') return next;
          if (await (await writing()).writeObject(folder, kind, key, found, next)) return next;
          if (attempt === conflictsMax)
            throw new Error(`${join(folder, found.file)} keeps changing; try again`);
        }
      }),
    remove: (kind, key, { dryRun }) =>
      inTurn(async () => {
        let found = await find(kind, key);
        if (found === undefined) throw notFound(kind, key.name);
        // Of an object that stands twice the other one would come to light.
        for (; dryRun === 'none' && found !== undefined; found = await find(kind, key)) {
          await (await writing()).removeFrom(folder, kind, key, found);
        }
      }),
    follow: async (kind, namespace, onChange, signal) => {
      let known = new Map<string, JsonObject>();
      let missed = new Set<string>();
      const look = async () => {
        const now = await objectsOf(folder, kind);
        const next = new Map(
          now
            .filter(({ object }) => namespace === undefined || placeOf(kind, object).namespace === namespace)
            .map(({ object }) => [JSON.stringify(placeOf(kind, object)), object]),
        );
        for (const [key, object] of next) {
          if (JSON.stringify(known.get(key)) !== JSON.stringify(object)) onChange(object, false);
        }
        const gone = [...known].filter(([key]) => !next.has(key));
        for (const [key, object] of gone) {
          // A file that is being written is empty for a moment.
          if (missed.has(key)) onChange(object, true);
          else next.set(key, object);
        }
        const isFirst = gone.some(([key]) => !missed.has(key));
        missed = new Set(gone.map(([key]) => key));
        known = next;
        return isFirst;
      };
      await look();
      await whenever(folder, look, signal);
    },
  };
}

/**
 * Looks after each change in the folder, one look at a time, until `signal` aborts.
 *
 * @param look says whether to look once more, soon
 */
async function whenever(folder: string, look: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  const ended = Promise.withResolvers<undefined>();
  let last: Promise<unknown> = Promise.resolve();
  const onEvent = () => {
    // A file that is being written may not parse for a moment: the next look tells.
    last = last.then(look).then(
      (again) => again && setTimeout(onEvent, settleMs).unref(),
      () => undefined,
    );
  };
  const unwatch = watchFolder({ folder, recursive: true, onEvent, onTrouble: () => undefined });
  const timer = setInterval(onEvent, 2_000);
  const end = () => ended.resolve(undefined);
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  await ended.promise;
  clearInterval(timer);
  unwatch();
}

/**
 * Images go into a folder of their own, as the importer puts them there; everything else stands where people look first.
 *
 * @throws when a name is none that a file in this folder can have: it must not lead out of it
 */
function fileNames({ kind }: ObjectKind, { namespace, name }: ObjectKey): readonly string[] {
  for (const part of namespace === '' ? [name] : [name, namespace]) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._:-]{0,252}$/.test(part))
      throw new Error(
        `${kind} ${JSON.stringify(part)} cannot be the name of a file; letters, digits, ".", "_" and "-" can`,
      );
  }
  if (kind === 'Image') return [`images/${name.replace(':', '-')}.yaml`];
  return [`${name}.yaml`, `${namespace}-${name}.yaml`, `${namespace}-${name}-${kind.toLowerCase()}.yaml`];
}

function alreadyExists(kind: ObjectKind, name: string): StatusError {
  const message = `${qualifiedResource(kind)} "${name}" already exists`;
  return new StatusError({ code: 409, reason: 'AlreadyExists', message });
}

function notFound(kind: ObjectKind, name: string): StatusError {
  return new StatusError({
    code: 404,
    reason: 'NotFound',
    message: `${qualifiedResource(kind)} "${name}" not found`,
  });
}
