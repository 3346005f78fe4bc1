import { randomBytes } from 'node:crypto';
import { link, mkdir, rmdir, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { qualifiedResource } from '../commands/kinds.ts';
import type { ObjectClient, ObjectKey, ObjectKind } from '../commands/object-client.ts';
import { asObject, asText, type JsonObject } from '../json/untyped.ts';
import { StatusError } from '../kube/status-error.ts';
import { placeText, readDocuments, readPlacedDocuments, type ObjectPlace } from '../manifest/documents.ts';
import { watchFolder } from '../files/watch-folder.ts';
import { listFiles, readText } from './directory-files.ts';

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

interface FoundObject {
  readonly file: string;
  readonly at: ObjectPlace;
  readonly object: JsonObject;
}

const conflictsMax = 10;
const lockPauseMs = 10;
/** Far longer than any write takes. */
const forgottenMs = 5_000;

/** Whoever only reads need not load what writes. */
const writing = async () => ({
  ...(await import('./directory-write.ts')),
  ...(await import('../manifest/change-object.ts')),
  ...(await import('../manifest/edit-documents.ts')),
});
/** How file systems without hard links (FAT, some that are shared with virtual machines) refuse one. */
const noLinks: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

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
          if (await whileAlone(folder, () => writeObject(folder, kind, key, found, next))) return next;
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
          const at = found;
          await whileAlone(folder, () => removeFrom(folder, kind, key, at));
        }
      }),
    follow: async (kind, namespace, onChange, signal) => {
      let known = new Map<string, JsonObject>();
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
        for (const [key, object] of known) if (!next.has(key)) onChange(object, true);
        known = next;
      };
      await look();
      await whenever(folder, look, signal);
    },
  };
}

/** Looks after each change in the folder, one look at a time, until `signal` aborts. */
async function whenever(folder: string, look: () => Promise<void>, signal: AbortSignal): Promise<void> {
  const ended = Promise.withResolvers<undefined>();
  let last = Promise.resolve();
  const onEvent = () => {
    // A file that is being written may not parse for a moment: the next look tells.
    last = last.then(look).catch(() => undefined);
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

/** Every object of a kind, in the order of the files. A file that does not name the kind anywhere is not parsed. */
async function objectsOf(folder: string, kind: ObjectKind): Promise<readonly FoundObject[]> {
  const files = await listFiles(folder).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `the folder ${folder} cannot be read (${reason}); --objects takes a folder of YAML or JSON files`;
    throw new Error(message, { cause: error });
  });
  const found: FoundObject[] = [];
  for (const file of files.keys()) {
    const text = await readText(join(folder, file));
    if (text?.includes(kind.kind) === true) found.push(...objectsIn(folder, file, text, kind));
  }
  return found;
}

function objectsIn(folder: string, file: string, text: string, kind: ObjectKind): readonly FoundObject[] {
  const documents = readPlacedDocuments(text);
  if (!documents.ok) {
    // A folder in Git holds JSON and YAML of all sorts.
    if (documents.reason === 'shape') return [];
    throw new Error(`${join(folder, file)}: ${placeText(documents.place)}: ${documents.message}`);
  }
  return documents.objects.flatMap(({ object: raw, at }) => {
    const object = asObject(raw);
    return isOfKind(kind, object) ? [{ file, at, object: withNamespace(kind, object) }] : [];
  });
}

function isOfKind({ group, version, kind }: ObjectKind, object: JsonObject): boolean {
  if (object.kind !== kind) return false;
  // Old files of OpenShift 3 write image streams as plain `v1`.
  if (object.apiVersion === 'v1') return group === '' || kind === 'ImageStream';
  return object.apiVersion === `${group}/${version}`;
}

function withNamespace(kind: ObjectKind, object: JsonObject): JsonObject {
  const metadata = asObject(object.metadata);
  if (!kind.namespaced || asText(metadata.namespace) !== '') return object;
  return { ...object, metadata: { ...metadata, namespace: 'default' } };
}

function placeOf(kind: ObjectKind, object: JsonObject): ObjectKey {
  const { namespace, name } = asObject(object.metadata);
  return { namespace: kind.namespaced ? asText(namespace) : '', name: asText(name) };
}

function isNamed(kind: ObjectKind, key: ObjectKey, object: JsonObject): boolean {
  const { namespace, name } = placeOf(kind, object);
  if (kind.namespaced && namespace !== key.namespace) return false;
  return (
    name === key.name || (kind.kind === 'Image' && name.replace('-', ':') === key.name.replace('-', ':'))
  );
}

/**
 * Does the short work between a last look at a file and its replacement while no other `pinstream` does the same here. A lock
 * that was left behind counts for some seconds; where none can be made, the write itself tells why.
 */
async function whileAlone<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const lock = join(folder, '.pinstream-lock');
  const isHeld = await takeLock(lock);
  try {
    return await work();
  } finally {
    if (isHeld) await rmdir(lock).catch(() => undefined);
  }
}

async function takeLock(lock: string): Promise<boolean> {
  for (;;) {
    try {
      await mkdir(lock);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
    }
    const { mtimeMs = 0 } = (await stat(lock).catch(() => undefined)) ?? {};
    if (mtimeMs > 0 && Date.now() - mtimeMs > forgottenMs) await rmdir(lock).catch(() => undefined);
    else await delay(lockPauseMs);
  }
}

/** False when the file has changed since it was read. */
async function writeObject(
  folder: string,
  kind: ObjectKind,
  key: ObjectKey,
  found: FoundObject,
  next: JsonObject,
): Promise<boolean> {
  const { readForWriting, replaceText, changeObject } = await writing();
  const path = join(folder, found.file);
  const file = await readForWriting(path);
  const now =
    file &&
    objectsIn(folder, found.file, file.text, kind).findLast(({ object }) => isNamed(kind, key, object));
  if (!file || !now || JSON.stringify(now.object) !== JSON.stringify(found.object)) return false;
  const edit = changeObject(file.text, now.at, withWrittenNamespace(file.text, now.at, next));
  if (!edit.ok)
    throw new Error(`${path}: ${kind.kind} ${key.name} cannot be changed in place: ${edit.message}`);
  return edit.text === file.text || replaceText(file, edit.text);
}

/** A namespace that the file leaves out stays out. */
function withWrittenNamespace(text: string, at: ObjectPlace, next: JsonObject): JsonObject {
  const documents = readPlacedDocuments(text);
  const same = (place: ObjectPlace) => JSON.stringify(place) === JSON.stringify(at);
  const written = documents.ok ? documents.objects.find((object) => same(object.at)) : undefined;
  if (asText(asObject(asObject(written?.object).metadata).namespace) !== '') return next;
  const { namespace: _default, ...metadata } = asObject(next.metadata);
  return { ...next, metadata };
}

async function removeFrom(
  folder: string,
  kind: ObjectKind,
  key: ObjectKey,
  found: FoundObject,
): Promise<void> {
  const { deleteFile, readForWriting, replaceText, removeObject } = await writing();
  const path = join(folder, found.file);
  const file = await readForWriting(path);
  const now =
    file &&
    objectsIn(folder, found.file, file.text, kind).findLast(({ object }) => isNamed(kind, key, object));
  if (!file || !now) return;
  const edit = removeObject(file.text, now.at);
  if (!edit.ok)
    throw new Error(`${path}: ${kind.kind} ${key.name} cannot be removed in place: ${edit.message}`);
  const rest = readDocuments(edit.text);
  const isEmpty = rest.ok && rest.objects.length === 0;
  const written = isEmpty ? await deleteFile(file) : await replaceText(file, edit.text);
  if (!written) throw new Error(`${path} has changed meanwhile; try again`);
}

/** Images go into a folder of their own, as the importer puts them there; everything else stands where people look first. */
function fileNames({ kind }: ObjectKind, { namespace, name }: ObjectKey): readonly string[] {
  if (kind === 'Image') return [`images/${name.replace(':', '-')}.yaml`];
  return [`${name}.yaml`, `${namespace}-${name}.yaml`, `${namespace}-${name}-${kind.toLowerCase()}.yaml`];
}

/** Makes a file in one step; false where there is one of that name, whoever made it and however lately. */
async function createFile(folder: string, file: string, object: JsonObject): Promise<boolean> {
  const { createText, appendDocument } = await writing();
  const edit = appendDocument('', object);
  if (!edit.ok) throw new Error(`${file} cannot be written as YAML: ${edit.message}`);
  const path = join(folder, file);
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  await createText(draft, edit.text);
  try {
    // Unlike a rename, a link never takes the place of what somebody else has just made.
    await link(draft, path);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!noLinks.has(code)) throw error;
    if ((await readText(path)) !== undefined) return false;
    await createText(path, edit.text);
    return true;
  } finally {
    await unlink(draft);
  }
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
