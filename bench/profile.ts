import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { selfSigned } from '../src/certs/issue.ts';
import { freePorts } from '../test/cluster/loopback.ts';
import type { Bench, BenchOptions, BenchResult } from './bench.ts';
import type { Load } from './load/sample.ts';
import { callTreeOf, type CallTree, type CpuProfile } from './profile/call-tree.ts';
import { flameGraph } from './profile/flame-graph.ts';
import { sharesOf } from './profile/parts.ts';
import { writeObjects } from './scene/objects.ts';
import { review } from './scene/reviews.ts';
import { startServer } from './server-process.ts';

const streams = 200;
const connections = 16;
const warmUpSeconds = { quick: 2, full: 6 };
const profiledSeconds = { quick: 2, full: 6 };
const svgFile = fileURLToPath(new URL('results/mutate-flame-graph.svg', import.meta.url));

export const profile: Bench = {
  name: 'profile',
  about: 'where the time of /mutate goes, by what it is spent on, and as a flame graph (SVG)',
  async run(options: BenchOptions): Promise<BenchResult> {
    const load = await options.load();
    const folder = await mkdtemp(join(tmpdir(), 'pinstream-bench-'));
    try {
      const tree = callTreeOf(await takeProfile(folder, load, options));
      await mkdir(join(svgFile, '..'), { recursive: true });
      await writeFile(svgFile, flameGraph(tree, 'POST /mutate: a Pod with three short names'));
      const rows = [...sharesOf(tree)].map(([part, share]) => ({ part, 'share %': share * 100 }));
      return {
        tables: [
          { title: 'POST /mutate of a Pod with three short names', columns: ['part', 'share %'], rows },
          {
            title: 'Functions by what they do themselves',
            columns: ['function', 'share %'],
            rows: hottest(tree),
          },
        ],
        notes: [
          `load generator: ${load.name}, ${connections} connections; ${streams} image streams; time without work is left out`,
          'the program runs from src/, so that functions are told by the files that they are written in',
          'the flame graph is in bench/results/mutate-flame-graph.svg',
        ],
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function takeProfile(
  folder: string,
  load: Load,
  { quick, progress }: BenchOptions,
): Promise<CpuProfile> {
  await writeObjects(join(folder, 'objects'), streams);
  const { cert, key } = await selfSigned({ host: '127.0.0.1', now: new Date() });
  const [certFile, keyFile, bodyFile] = ['server.pem', 'server.key', 'body.json'].map((name) =>
    join(folder, name),
  );
  if (certFile === undefined || keyFile === undefined || bodyFile === undefined)
    throw new Error('three files');
  await writeFile(certFile, cert);
  await writeFile(keyFile, key, { mode: 0o600 });
  await writeFile(bodyFile, JSON.stringify(review('Pod', 'hit', 3)));
  const { metrics } = await freePorts(['metrics']);
  const program = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const server = await startServer([
    ...[program, 'webhook', '--objects', join(folder, 'objects'), '--port', '0'],
    ...['--metrics-port', String(metrics), '--debug-endpoints'],
    ...['--tls-cert-file', certFile, '--tls-private-key-file', keyFile],
  ]);
  try {
    const url = `${server.url}/mutate`;
    progress('warming up');
    await load.run({ url, bodyFile, seconds: quick ? warmUpSeconds.quick : warmUpSeconds.full, connections });
    const seconds = quick ? profiledSeconds.quick : profiledSeconds.full;
    progress(`taking a profile for ${seconds} s`);
    const [answer] = await Promise.all([
      request(`http://127.0.0.1:${metrics}/debug/cpu-profile?seconds=${seconds}`),
      load.run({ url, bodyFile, seconds: seconds + 1, connections }),
    ]);
    return (await answer.body.json()) as CpuProfile;
  } finally {
    await server.stop();
  }
}

/** The functions that take most themselves, wherever they are called from. */
function hottest(tree: CallTree): readonly { readonly function: string; readonly 'share %': number }[] {
  const selfUs = new Map<string, number>();
  const add = ({ name, url, selfUs: own, children }: CallTree): void => {
    const key = `${name} ${url.replace(/^.*\/(?=src\/|node_modules\/)/, '')}`.trim();
    selfUs.set(key, (selfUs.get(key) ?? 0) + own);
    for (const child of children.values()) add(child);
  };
  add(tree);
  return [...selfUs]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 15)
    .map(([name, us]) => ({ function: name, 'share %': (us / tree.totalUs) * 100 }));
}
