import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface FileState {
  /** Tells a changed file from an unchanged one without reading it. */
  readonly stamp: string;
  /** When it was written, in ms since the epoch. */
  readonly writtenMs: number;
}

/**
 * Every YAML and JSON file below a folder, by path relative to it, in the order of their names. What starts with a dot and
 * what npm installed is passed over, but links are followed: a mounted ConfigMap consists of them.
 *
 * @throws when the folder itself cannot be read
 */
export async function listFiles(folder: string): Promise<ReadonlyMap<string, FileState>> {
  const entries = await readdir(folder, { recursive: true });
  const names = entries
    .filter((name) => /\.(?:ya?ml|json)$/i.test(name) && !/(?:^|\/)(?:\.|node_modules\/)/.test(name))
    .sort();
  const states = await Promise.all(
    names.map(async (name) => [name, await fileState(join(folder, name))] as const),
  );
  return new Map(states.filter((entry): entry is readonly [string, FileState] => entry[1] !== undefined));
}

/** Undefined for what is no file, or is gone by now. */
export async function fileState(path: string): Promise<FileState | undefined> {
  try {
    const found = await stat(path);
    if (!found.isFile()) return undefined;
    const { mtimeMs, size, ino, ctimeMs } = found;
    return { stamp: `${ino} ${size} ${mtimeMs} ${ctimeMs}`, writtenMs: mtimeMs };
  } catch {
    return undefined;
  }
}

/**
 * The text of a file; undefined when it is gone by now.
 *
 * @throws when it is there, but cannot be read
 */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
