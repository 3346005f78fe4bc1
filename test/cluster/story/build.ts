import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const root = join(import.meta.dirname, '../../..');
/** The program as users run it. */
export const program = join(root, 'dist/pinstream.js');

/** Builds the program unless it is newer than every source. Throws with what the build said when it fails. */
export async function ensureBuilt(): Promise<void> {
  const built = await changedAt(program);
  const sources = await readdir(join(root, 'src'), { recursive: true });
  const times = await Promise.all(
    [...sources.map((name) => join('src', name)), 'build.js', 'package.json'].map((name) =>
      changedAt(join(root, name)),
    ),
  );
  if (Math.max(...times) > built) await promisify(execFile)(process.execPath, ['build.js'], { cwd: root });
}

/** A file that is not there is older than all others. */
function changedAt(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
