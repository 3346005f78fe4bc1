import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Tells a changed file from an unchanged one without reading it. */
export type FileStamp = string;

/**
 * Every YAML and JSON file below a folder, by path relative to it, in the order of their names. What starts with a dot is
 * passed over, but links are followed: a mounted ConfigMap consists of them.
 *
 * @throws when the folder itself cannot be read
 */
export async function listFiles(folder: string): Promise<ReadonlyMap<string, FileStamp>> {
  const entries = await readdir(folder, { recursive: true });
  const names = entries.filter((name) => /\.(?:ya?ml|json)$/i.test(name) && !/(?:^|\/)\./.test(name)).sort();
  const stamped = await Promise.all(
    names.map(async (name) => [name, await stampOf(join(folder, name))] as const),
  );
  return new Map(stamped.filter((entry): entry is readonly [string, FileStamp] => entry[1] !== undefined));
}

/** Undefined for what is no file, or is gone by now. */
async function stampOf(path: string): Promise<FileStamp | undefined> {
  try {
    const { mtimeMs, size, ino, ctimeMs } = await stat(path);
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  } catch {
    return undefined;
  }
}

/** The text of a file; undefined when it is gone by now. */
export async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}
