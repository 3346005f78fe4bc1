/**
 * The floor of `import`: for every tag one manifest and one configuration, which no importer can do without, as many at once
 * as Pinstream has under way with one registry; nothing is verified, kept or written. Arguments: registry URL, how many at
 * once, a file with the paths of the manifests as JSON. Prints one line of JSON.
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import type { LoopResult } from './baseline.ts';

const accept =
  'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json';

const [, , registry = '', atOnce = '', listFile = ''] = process.argv;
const paths = JSON.parse(readFileSync(listFile, 'utf8')) as readonly string[];
const dispatcher = new Agent({ connections: Number(atOnce), pipelining: 1 });
const headers = { accept, 'user-agent': 'plain-loop' };

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
    const { config } = (await get(path)) as { readonly config: { readonly digest: string } };
    await get(path.replace(/\/manifests\/.*$/, `/blobs/${config.digest}`));
  }
}

async function get(path: string): Promise<unknown> {
  const { statusCode, body } = await request(`${registry}${path}`, { dispatcher, headers });
  const answer = await body.json();
  if (statusCode !== 200) throw new Error(`GET ${registry}${path}: ${statusCode}`);
  return answer;
}
