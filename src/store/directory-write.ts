import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { access, constants, lstat, mkdir, open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileState, readText } from './directory-files.ts';

/** A file that may be written, as it was when it was read. */
export interface WritableFile {
  readonly path: string;
  readonly text: string;
  readonly stats: Stats;
  readonly stamp: string;
}

/**
 * Reads a file that is about to be written; undefined when it is gone.
 *
 * @throws when it must not be written or cannot be read; the message names it and the way out
 */
export async function readForWriting(path: string): Promise<WritableFile | undefined> {
  const stats = await lstat(path).catch(unlessGone);
  if (stats === undefined) return undefined;
  if (stats.isSymbolicLink()) {
    throw new Error(
      `${path} is a link (to a mounted ConfigMap, perhaps) and is not written; put a file of its own into the folder`,
    );
  }
  // Root may write everything, but somebody has said that this one is not to change.
  const isReadOnly = (stats.mode & 0o222) === 0 || !(await mayWrite(path));
  if (isReadOnly) throw new Error(`${path} is read-only and is not written; make it writable (chmod u+w)`);
  const state = await fileState(path);
  const text = await readText(path);
  return state === undefined || text === undefined ? undefined : { path, text, stats, stamp: state.stamp };
}

/**
 * Replaces a file's text in one step: whoever reads it sees the old text or the new one, after a crash too. It keeps its
 * mode, and its owner where that may be set.
 *
 * @returns false when it has changed since it was read: then nothing is done
 */
export function replaceText(file: WritableFile, text: string): Promise<boolean> {
  return writing(file.path, async () => {
    const temporary = await writeBeside(file.path, text, file.stats);
    try {
      if (!(await isAsRead(file))) return false;
      await rename(temporary, file.path);
    } finally {
      await unlink(temporary).catch(unlessGone);
    }
    await syncFolder(file.path);
    return true;
  });
}

/**
 * Makes a file with this text in one step, with the folders above it; one that is there already stays as it is.
 *
 * @param inner the folder above it is one of ours: it is not to be a link, which may lead anywhere
 */
export function createText(path: string, text: string, inner = false): Promise<void> {
  return writing(path, async () => {
    if (inner && (await lstat(dirname(path)).catch(unlessGone))?.isSymbolicLink() === true)
      throw new Error(`${dirname(path)} is a link`);
    if ((await lstat(path).catch(unlessGone)) !== undefined) return;
    await mkdir(dirname(path), { recursive: true });
    const temporary = await writeBeside(path, text);
    try {
      await rename(temporary, path);
    } finally {
      await unlink(temporary).catch(unlessGone);
    }
    await syncFolder(path);
  });
}

/** Deletes a file; false when it has changed since it was read: then nothing is done. */
export function deleteFile(file: WritableFile): Promise<boolean> {
  return writing(file.path, async () => {
    if (!(await isAsRead(file))) return false;
    await unlink(file.path).catch(unlessGone);
    await syncFolder(file.path);
    return true;
  });
}

async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `${path} cannot be written (${reason}); its folder must be writable and have room`;
    throw new Error(message, { cause: error });
  }
}

/** A dot in front, so that nobody takes it for a file of objects; in the same folder, so that it can be renamed in one step. */
async function writeBeside(path: string, text: string, like?: Stats): Promise<string> {
  const name = `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`;
  const temporary = join(dirname(path), name);
  const handle = await open(temporary, 'wx');
  try {
    await handle.writeFile(text);
    if (like !== undefined) await makeAlike(handle, like);
    await handle.sync();
  } catch (error) {
    await unlink(temporary).catch(unlessGone);
    throw error;
  } finally {
    await handle.close();
  }
  return temporary;
}

async function makeAlike(handle: FileHandle, { uid, gid, mode }: Stats): Promise<void> {
  const own = await handle.stat();
  // Only root may give files away; everybody else's stay his own.
  if (own.uid !== uid || own.gid !== gid) await handle.chown(uid, gid).catch(() => undefined);
  await handle.chmod(mode & 0o7777);
}

/** Without it a crash of the machine may bring the old file back. Not every system lets a folder be opened. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(dirname(path), 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/** By its text as well: a system's clock may stand still for some milliseconds, and two writes within them bear the same times. */
async function isAsRead({ path, stamp, text }: WritableFile): Promise<boolean> {
  return (await fileState(path))?.stamp === stamp && (await readText(path)) === text;
}

async function mayWrite(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function unlessGone(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
