/** The generator of load in JavaScript. Arguments: url, file with the body, seconds, connections, prefix of new names. Prints a Sample. */
import { Agent, request } from 'node:https';
import { bodiesOf } from './body.ts';
import { sampleOf } from './sample.ts';

const [, , url = '', bodyFile = '', seconds = '1', connections = '16', prefix] = process.argv;
const nextBody = bodiesOf(bodyFile, prefix);
const agent = new Agent({ keepAlive: true, maxSockets: Number(connections), rejectUnauthorized: false });

const latencies: number[] = [];
let errors = 0;
const started = performance.now();
const until = started + Number(seconds) * 1000;

async function post(): Promise<void> {
  const sent = performance.now();
  const body = nextBody();
  const headers = { 'content-type': 'application/json', 'content-length': body.length };
  await new Promise<void>((resolve) => {
    const outgoing = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.on('end', () => {
        if (response.statusCode !== 200) errors += 1;
        resolve();
      });
    });
    outgoing.on('error', () => {
      errors += 1;
      resolve();
    });
    outgoing.end(body);
  });
  latencies.push(performance.now() - sent);
}

async function connection(): Promise<void> {
  while (performance.now() < until) await post();
}

await Promise.all(Array.from({ length: Number(connections) }, connection));
const tookMs = performance.now() - started;
agent.destroy();
console.log(JSON.stringify(sampleOf(latencies, tookMs, errors)));
