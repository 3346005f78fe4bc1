import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Load, Sample, Shot } from './sample.ts';

const script = fileURLToPath(new URL('post.lua', import.meta.url));
const freshScript = fileURLToPath(new URL('post-fresh.lua', import.meta.url));
const run = promisify(execFile);

/** Whether wrk is on PATH. */
export async function findWrk(): Promise<boolean> {
  return new Promise((resolve) => {
    // It prints its version and exits with 1; only a missing program has a text for a code.
    execFile('wrk', ['-v'], (error) => resolve(typeof error?.code !== 'string'));
  });
}

/** https://github.com/wg/wrk: C on one thread, so that the server has a core of its own. */
export const wrkLoad: Load = {
  name: 'wrk',
  note: undefined,
  async run({ url, bodyFile, seconds, connections, freshPrefix }: Shot): Promise<Sample> {
    const options = [
      '-t1',
      `-c${connections}`,
      `-d${Math.ceil(seconds)}s`,
      '-s',
      freshPrefix === undefined ? script : freshScript,
      url,
      '--',
      bodyFile,
      ...(freshPrefix === undefined ? [] : [freshPrefix]),
    ];
    const { stdout } = await run('wrk', options);
    const line = stdout.split('\n').findLast((text) => text.startsWith('{'));
    if (line === undefined) throw new Error(`wrk gave no result: ${stdout}`);
    return JSON.parse(line) as Sample;
  },
};
