import { execFile } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { mkdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { eventually } from './eventually.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** What users run. */
export const programPath = join(root, 'dist/pinstream.js');
const lock = join(root, 'node_modules/.pinstream-build-lock');
const buildMsMax = 60_000;

/** Builds the program unless that was done since the last change of its source. Suites run side by side: one builds, others wait. */
export async function builtProgram(): Promise<string> {
  dropForgottenLock();
  if (!existsSync(lock) && isFresh()) return programPath;
  await eventually(() => mkdir(lock), { describe: 'the build by another suite', timeoutMs: buildMsMax });
  try {
    if (!isFresh()) await promisify(execFile)(process.execPath, ['build.js'], { cwd: root });
  } finally {
    await rmdir(lock);
  }
  return programPath;
}

function isFresh(): boolean {
  if (!existsSync(programPath)) return false;
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const changed = [...sources.map((name) => join('src', name)), 'build.js', 'package-lock.json'];
  const newest = Math.max(...changed.map((name) => statSync(join(root, name)).mtimeMs));
  return statSync(programPath).mtimeMs >= newest;
}

/** A run that was killed while it built leaves its lock. */
function dropForgottenLock(): void {
  const made = statSync(lock, { throwIfNoEntry: false });
  if (made !== undefined && Date.now() - made.mtimeMs > buildMsMax)
    rmSync(lock, { recursive: true, force: true });
}
