import { randomBytes } from 'node:crypto';
import { link, open, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ObjectKey, ObjectKind } from '../commands/object-client.ts';
import { asObject, asText, type JsonObject } from '../json/untyped.ts';
import { changeObject } from '../manifest/change-object.ts';
import { readDocuments, readPlacedDocuments, type ObjectPlace } from '../manifest/documents.ts';
import { appendDocument, removeObject } from '../manifest/edit-documents.ts';
import { readText } from './directory-files.ts';
import { isNamed, objectsIn, type FoundObject } from './directory-lookup.ts';
import { createText, deleteFile, readForWriting, replaceText } from './directory-write.ts';

const lockPauseMs = 10;
/** Far longer than any write takes. */
const forgottenMs = 5_000;
/** How file systems without hard links (FAT, some that are shared with virtual machines) refuse one. */
const noLinks: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** Replaces an object in its file; false when it has changed since it was read. */
export function writeObject(
  folder: string,
  kind: ObjectKind,
  key: ObjectKey,
  found: FoundObject,
  next: JsonObject,
): Promise<boolean> {
  return whileAlone(folder, () => writeInto(folder, kind, key, found, next));
}

/** Takes an object out of its file, and the file away that holds nothing else. */
export function removeFrom(
  folder: string,
  kind: ObjectKind,
  key: ObjectKey,
  found: FoundObject,
): Promise<void> {
  return whileAlone(folder, () => takeOut(folder, kind, key, found));
}

async function writeInto(
  folder: string,
  kind: ObjectKind,
  key: ObjectKey,
  found: FoundObject,
  next: JsonObject,
): Promise<boolean> {
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

async function takeOut(folder: string, kind: ObjectKind, key: ObjectKey, found: FoundObject): Promise<void> {
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

/** Makes a file in one step; false where there is one of that name, whoever made it and however lately. */
export async function createFile(folder: string, file: string, object: JsonObject): Promise<boolean> {
  const edit = appendDocument('', object);
  if (!edit.ok) throw new Error(`${file} cannot be written as YAML: ${edit.message}`);
  const path = join(folder, file);
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  await createText(draft, edit.text, dirname(path) !== folder);
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

/** A namespace that the file leaves out stays out. */
function withWrittenNamespace(text: string, at: ObjectPlace, next: JsonObject): JsonObject {
  const documents = readPlacedDocuments(text);
  const same = (place: ObjectPlace) => JSON.stringify(place) === JSON.stringify(at);
  const written = documents.ok ? documents.objects.find((object) => same(object.at)) : undefined;
  if (asText(asObject(asObject(written?.object).metadata).namespace) !== '') return next;
  const { namespace: _default, ...metadata } = asObject(next.metadata);
  return { ...next, metadata };
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
    if (isHeld) await unlink(lock).catch(() => undefined);
  }
}

/** @throws when a lock that nobody holds any more cannot be taken away */
async function takeLock(lock: string): Promise<boolean> {
  const deadline = Date.now() + 2 * forgottenMs;
  for (;;) {
    try {
      // A file: a folder that comes and goes would trip whoever lists the files at that moment.
      await (await open(lock, 'wx')).close();
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
    }
    if (Date.now() > deadline) {
      throw new Error(`${lock} says that another pinstream is writing here; remove it where none is`);
    }
    const { mtimeMs = 0 } = (await stat(lock).catch(() => undefined)) ?? {};
    if (mtimeMs > 0 && Date.now() - mtimeMs > forgottenMs) await unlink(lock).catch(() => undefined);
    else await delay(lockPauseMs);
  }
}
