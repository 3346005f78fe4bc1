import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Load, Sample, Shot } from './sample.ts';

const script = fileURLToPath(new URL('generator.ts', import.meta.url));
const run = promisify(execFile);

/** For machines without wrk: node:https in a process of its own. */
export const javascriptLoad: Load = {
  name: 'javascript',
  note:
    'The load came from a generator in JavaScript, which is slower than the servers that it measures: requests/s are its own ' +
    'limit and ratios are flattened towards 1. For numbers to quote install wrk: apt-get install wrk',
  async run({ url, bodyFile, seconds, connections, freshPrefix = '' }: Shot): Promise<Sample> {
    const args = [script, url, bodyFile, `${seconds}`, `${connections}`, freshPrefix];
    const { stdout } = await run(process.execPath, args);
    return JSON.parse(stdout) as Sample;
  },
};
