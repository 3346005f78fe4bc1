/**
 * Load on a kube-apiserver: the same create over and over, each connection with one request under way. Arguments: URL, a file
 * with the body, seconds, connections, kubeconfig of who creates. Prints a Sample.
 */
import { readFileSync } from 'node:fs';
import { Pool } from 'undici';
import { sampleOf } from './sample.ts';

const [, , url = '', bodyFile = '', seconds = '1', connections = '1', kubeconfigFile = ''] = process.argv;
const { origin, pathname, search } = new URL(url);
const body = readFileSync(bodyFile);
const pool = new Pool(origin, {
  connections: Number(connections),
  pipelining: 1,
  connect: tlsOf(kubeconfigFile),
});
const latencies: number[] = [];
let errors = 0;

const started = performance.now();
const until = started + Number(seconds) * 1000;
await Promise.all(Array.from({ length: Number(connections) }, connection));
const tookMs = performance.now() - started;
await pool.close();
console.log(JSON.stringify(sampleOf(latencies, tookMs, errors)));

async function connection(): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  while (performance.now() < until) {
    const sent = performance.now();
    const answer = await pool.request({ method: 'POST', path: `${pathname}${search}`, headers, body });
    await answer.body.dump();
    if (answer.statusCode !== 201) errors += 1;
    latencies.push(performance.now() - sent);
  }
}

function tlsOf(file: string): { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer } {
  const { clusters, users } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
    readonly users: readonly { readonly user: Readonly<Record<string, string>> }[];
  };
  const decoded = (text = ''): Buffer => Buffer.from(text, 'base64');
  const { cluster } = clusters[0] ?? {};
  const { user } = users[0] ?? {};
  return {
    ca: decoded(cluster?.['certificate-authority-data']),
    cert: decoded(user?.['client-certificate-data']),
    key: decoded(user?.['client-key-data']),
  };
}
