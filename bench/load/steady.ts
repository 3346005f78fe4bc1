/**
 * So many requests a second, whether or not those before are answered. Arguments: url, file with the body, seconds, requests a
 * second, prefix of new names ('': the body as it is). Prints a SteadySample. How long an answer took is counted from when its
 * request was due, so that a server that stalls does not make the generator look away. The first second is not counted.
 */
import { Agent, request } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { bodiesOf } from './body.ts';
import type { SteadySample } from './steady-load.ts';

const [, , url = '', bodyFile = '', seconds = '1', perSecond = '1', prefix = ''] = process.argv;
const nextBody = bodiesOf(bodyFile, prefix);
const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
const uncountedMs = 1000;

const latencies: number[] = [];
let errors = 0;

async function post(dueMs: number, counted: boolean): Promise<void> {
  const body = nextBody();
  const headers = { 'content-type': 'application/json', 'content-length': body.length };
  await new Promise<void>((resolve) => {
    const fail = (): void => {
      errors += 1;
      resolve();
    };
    request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.on('end', () => (response.statusCode === 200 ? resolve() : fail()));
    })
      .on('error', fail)
      .end(body);
  });
  if (counted) latencies.push(performance.now() - dueMs);
}

const started = performance.now();
const everyMs = 1000 / Number(perSecond);
const total = Math.round((uncountedMs / 1000 + Number(seconds)) * Number(perSecond));
const posts: Promise<void>[] = [];
while (posts.length < total) {
  const dueMs = started + posts.length * everyMs;
  const waitMs = dueMs - performance.now();
  if (waitMs > 0) await delay(waitMs);
  else posts.push(post(dueMs, dueMs - started >= uncountedMs));
}
await Promise.all(posts);
agent.destroy();
latencies.sort((a, b) => a - b);
const percentile = (share: number) => latencies[Math.floor(latencies.length * share)] ?? NaN;
const sample: SteadySample = {
  requests: latencies.length,
  p50Ms: percentile(0.5),
  p99Ms: percentile(0.99),
  maxMs: latencies.at(-1) ?? NaN,
  errors,
};
console.log(JSON.stringify(sample));
