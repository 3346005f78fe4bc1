import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LoopResult } from '../import/baseline.ts';
import { startApi } from './api.ts';
import { followerPaths, imageAfter, type Size } from './scene.ts';

/** As many as the trigger controller writes at once (src/controllers/trigger-controller.ts). */
const workloadsAtOnce = 8;
const loopMsMax = 120_000;

/** Runs the plain loop once, in a process of its own, against an API server of its own. */
export async function runPlainLoop(folder: string, size: Size): Promise<LoopResult> {
  const api = await startApi(size);
  try {
    const list = join(folder, 'deployments.json');
    await writeFile(list, JSON.stringify(followerPaths(size)));
    const script = fileURLToPath(new URL('plain-loop.ts', import.meta.url));
    const args = [script, api.url, String(workloadsAtOnce), imageAfter(2), list];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: loopMsMax });
    const { patches } = await api.progress();
    if (patches.objects !== size.followers) throw new Error(`the plain loop patched ${patches.objects}`);
    return JSON.parse(stdout) as LoopResult;
  } finally {
    await api.stop();
  }
}
