import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { selfSigned } from '../src/certs/issue.ts';
import { imageFlags } from './image-flags.ts';
import { freshName } from './load/body.ts';
import { writeObjects } from './scene/objects.ts';
import { review, type ImageSet, type ReviewKind } from './scene/reviews.ts';

/** How many connections the load comes on. */
export const connections = 16;

/** Image streams in the folder that Pinstream serves. */
export const streams = 200;

interface CaseFacts {
  readonly title: string;
  readonly kind: ReviewKind;
  readonly images: ImageSet;
  readonly containers: number;
  /** The containers of each request have names of their own, so that nothing is remembered of a patch. */
  readonly unlike?: boolean;
}

/** What is posted. The first alone in a quick run. */
export const cases: readonly CaseFacts[] = [
  { title: 'Pod, 3 containers, hit', kind: 'Pod', images: 'hit', containers: 3 },
  {
    title: 'Pod, 3 containers, hit, each unlike the one before',
    kind: 'Pod',
    images: 'hit',
    containers: 3,
    unlike: true,
  },
  { title: 'Pod, 1 container, hit', kind: 'Pod', images: 'hit', containers: 1 },
  { title: 'Pod, 20 containers, hit', kind: 'Pod', images: 'hit', containers: 20 },
  { title: 'Deployment, 3 containers, hit', kind: 'Deployment', images: 'hit', containers: 3 },
  { title: 'CronJob, 1 container, hit', kind: 'CronJob', images: 'hit', containers: 1 },
  { title: 'Pod, 3 containers, miss', kind: 'Pod', images: 'miss', containers: 3 },
  { title: 'Pod, 3 containers, digests already', kind: 'Pod', images: 'digest', containers: 3 },
];

/** One of them, written to a file. */
export interface Case {
  readonly title: string;
  readonly bodyFile: string;
  readonly bytes: number;
  readonly unlike: boolean;
}

/** Writes what the servers and the load generator read. */
export async function writeScene(folder: string, chosen: readonly CaseFacts[]): Promise<readonly Case[]> {
  await writeObjects(join(folder, 'objects'), streams);
  const { cert, key } = await selfSigned({ host: '127.0.0.1', now: new Date() });
  await writeFile(join(folder, 'server.pem'), cert);
  await writeFile(join(folder, 'server.key'), key, { mode: 0o600 });
  return Promise.all(
    chosen.map(async ({ title, kind, images, containers, unlike = false }, index) => {
      const body = JSON.stringify(review(kind, images, containers, unlike ? freshName : undefined));
      const bodyFile = join(folder, `body-${index}.json`);
      await writeFile(bodyFile, body);
      return { title, bodyFile, bytes: body.length, unlike };
    }),
  );
}

/** The servers' command lines. Pinstream's own build is made anew, so that what is measured is what the sources say. */
export async function commands(
  folder: string,
  against: string | undefined,
): Promise<readonly (readonly [string, readonly string[]])[]> {
  const root = fileURLToPath(new URL('..', import.meta.url));
  await promisify(execFile)(process.execPath, ['build.js'], { cwd: root });
  const pair = [join(folder, 'server.pem'), join(folder, 'server.key')] as const;
  const pinstream = (program: string) => [
    ...imageFlags(),
    ...[program, 'webhook', '--objects', join(folder, 'objects'), '--port', '0', '--metrics-port', '0'],
    ...['--tls-cert-file', pair[0], '--tls-private-key-file', pair[1]],
  ];
  return [
    ['bare', [join(root, 'bench/servers/bare.ts'), ...pair]],
    ['express', [join(root, 'bench/servers/express.ts'), ...pair]],
    ['express.json', [join(root, 'bench/servers/express-json.ts'), ...pair]],
    ['pinstream', pinstream(join(root, 'dist/pinstream.js'))],
    ...(against === undefined ? [] : [['against', pinstream(against)] as const]),
  ];
}

/** One request outside the measurement: a server that refuses is fast, too. */
export async function expectAnswer(url: string, bodyFile: string): Promise<void> {
  const body = await readFile(bodyFile);
  const text = await new Promise<string>((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    request(`${url}/mutate`, { method: 'POST', rejectUnauthorized: false, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(Buffer.concat(chunks).toString()));
    })
      .on('error', reject)
      .end(body);
  });
  const { response } = JSON.parse(text) as { response?: { allowed?: boolean } };
  if (response?.allowed !== true) throw new Error(`${url} does not admit what it should: ${text}`);
}
