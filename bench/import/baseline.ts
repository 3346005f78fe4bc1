import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { concurrencyMax } from '../../src/registry/hosts.ts';
import type { Registry } from '../../test/cluster/registry.ts';
import { repositoryOf, tagOf, type Size } from './scene.ts';

/** What the plain loop prints. */
export interface LoopResult {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMiB: number;
}

const loopMsMax = 120_000;

/** Runs the plain loop once, in a process of its own. */
export async function runPlainLoop(folder: string, { url }: Registry, size: Size): Promise<LoopResult> {
  const paths = Array.from({ length: size.streams }, (_, stream) =>
    Array.from(
      { length: size.tagsPerStream },
      (_tag, tag) => `/v2/${repositoryOf(stream)}/manifests/${tagOf(tag)}`,
    ),
  ).flat();
  const list = join(folder, 'manifests.json');
  await writeFile(list, JSON.stringify(paths));
  const script = fileURLToPath(new URL('plain-loop.ts', import.meta.url));
  const args = [script, url, String(concurrencyMax), list];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: loopMsMax });
  return JSON.parse(stdout) as LoopResult;
}
