import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import type { InputText } from '../cli/session.ts';

const urlBytesMax = 10 * 1024 * 1024;
const urlTimeMs = 30_000;

/**
 * What `-f` names: a file, '-' for standard input, an http(s) URL, or a folder's YAML and JSON files in the order of their names.
 *
 * @param recursive a folder's folders, too
 * @throws with the place and the way out
 */
export async function readInput(
  place: string,
  recursive: boolean,
  signal: AbortSignal,
): Promise<readonly InputText[]> {
  if (place === '-') return [{ name: 'standard input', text: await readAll(process.stdin) }];
  if (/^https?:\/\//.test(place)) return [{ name: place, text: await download(place, signal) }];
  const state = await stat(place).catch((error: unknown) => {
    throw new Error(
      (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? `the path "${place}" does not exist`
        : `the path "${place}" cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  });
  if (!state.isDirectory()) return [{ name: place, text: await readFile(place, 'utf8') }];
  const names = await readdir(place, { recursive });
  const files = names
    .filter((name) => /\.(?:ya?ml|json)$/i.test(name) && !/(?:^|\/)(?:\.|node_modules\/)/.test(name))
    .sort();
  if (files.length === 0) {
    const deeper = recursive ? '' : '; -R looks into the folders below it, too';
    throw new Error(`the folder "${place}" holds no YAML or JSON file${deeper}`);
  }
  return Promise.all(
    files.map(async (name) => ({ name: join(place, name), text: await readFile(join(place, name), 'utf8') })),
  );
}

async function download(url: string, signal: AbortSignal): Promise<string> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(urlTimeMs)]);
  try {
    const answer = await fetch(url, { signal: limit });
    if (!answer.ok || answer.body === null) throw new Error(`the server answered ${answer.status}`);
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > urlBytesMax) throw new Error(`it is over ${urlBytesMax / 1024 / 1024} MiB`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`unable to read URL "${url}": ${reason}`, { cause: error });
  }
}
