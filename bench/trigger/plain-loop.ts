/**
 * The floor of `trigger`: the patches that no controller can do without, as many at once as Pinstream has under way; nothing
 * is watched, decided, told or recorded. Arguments: URL of the API server, how many at once, the image, a file with the paths
 * as JSON. Prints one line of JSON.
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import type { LoopResult } from '../import/baseline.ts';

const [, , api = '', atOnce = '', image = '', listFile = ''] = process.argv;
const paths = JSON.parse(readFileSync(listFile, 'utf8')) as readonly string[];
const dispatcher = new Agent({ connections: Number(atOnce), pipelining: 1 });
const headers = { 'content-type': 'application/strategic-merge-patch+json', 'user-agent': 'plain-loop' };
const body = JSON.stringify({ spec: { template: { spec: { containers: [{ name: 'web', image }] } } } });

const started = performance.now();
const waiting = paths.values();
await Promise.all(Array.from({ length: Number(atOnce) }, worker));
const seconds = (performance.now() - started) / 1000;
await dispatcher.close();
const { user, system } = process.cpuUsage();
const peakMiB = process.resourceUsage().maxRSS / 1024;
const result: LoopResult = { seconds, cpuSeconds: (user + system) / 1e6, peakMiB };
console.log(JSON.stringify(result));

async function worker(): Promise<void> {
  for (const path of waiting) {
    const answer = await request(`${api}${path}`, { method: 'PATCH', dispatcher, headers, body });
    await answer.body.json();
    if (answer.statusCode !== 200) throw new Error(`PATCH ${path}: ${answer.statusCode}`);
  }
}
