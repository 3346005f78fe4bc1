import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as requestHttps } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { selfSigned } from '../src/certs/issue.ts';
import type { Bench, BenchOptions, BenchResult } from './bench.ts';
import { imageFlags } from './image-flags.ts';
import { programs, writeKubeconfig } from './import/scene.ts';
import { review } from './scene/reviews.ts';
import { startServer } from './server-process.ts';
import { median, ratio, rotated } from './statistics.ts';

const streams = 1000;
const readyMsMax = 60_000;
const pollMs = 2;
/** A webhook of a cluster listens on for a while, as its Service goes on sending. */
const drainMsMax = 30_000;
const columns = ['program', 'listening ms', 'ready ms', 'CPU ms', 'ratio'];

export const startup: Bench = {
  name: 'startup',
  about: 'from the start of the process to ready, with 1,000 streams to read, against a bare Node server',
  async run(options: BenchOptions): Promise<BenchResult> {
    const folder = await mkdtemp(join(tmpdir(), 'pinstream-bench-'));
    const api = await startServer([serverFile('stream-api'), String(streams)]);
    try {
      options.progress('building');
      const contenders = await contendersOf(folder, api.url, options);
      return await measure(contenders, options);
    } finally {
      await api.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

interface Contender {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** A request that is answered by 200 when it is ready. */
  readonly path: string;
  readonly body?: string;
}

interface Sample {
  readonly listeningMs: number;
  readonly readyMs: number;
  readonly cpuMs: number;
}

async function contendersOf(
  folder: string,
  apiUrl: string,
  { against }: BenchOptions,
): Promise<readonly Contender[]> {
  const { cert, key } = await selfSigned({ host: '127.0.0.1', now: new Date() });
  const [certFile, keyFile] = [join(folder, 'server.pem'), join(folder, 'server.key')];
  await writeFile(certFile, cert);
  await writeFile(keyFile, key, { mode: 0o600 });
  const kubeconfig = join(folder, 'kubeconfig');
  await writeKubeconfig(kubeconfig, apiUrl);
  // What is bundled and plain JavaScript on one side is so on the other.
  const bare = join(folder, 'bare.mjs');
  const options = { bundle: true, platform: 'node', format: 'esm', logLevel: 'warning' } as const;
  await build({ entryPoints: [serverFile('bare')], outfile: bare, ...options });
  // A home without credentials of whoever runs this.
  const env = { PATH: process.env.PATH ?? '', HOME: folder };
  const body = JSON.stringify(review('Pod', 'hit', 1));
  const webhook = (program: string): readonly string[] => [
    ...imageFlags(),
    ...[program, 'webhook', '--host', '127.0.0.1', '--port', '0', '--metrics-port', '0'],
    ...['--kubeconfig', kubeconfig, '--tls-cert-file', certFile, '--tls-private-key-file', keyFile],
  ];
  const builds = await programs(folder, against);
  // Compiled code is kept by a process that ends in good order.
  for (const [, program] of builds) await (await startServer(webhook(program), env)).stop(drainMsMax);
  return [
    { name: 'bare', args: [bare, certFile, keyFile], env, path: '/mutate', body },
    ...builds.flatMap(([name, program]) => [
      { name, args: webhook(program), env, path: '/readyz' },
      {
        name: `${name}, nothing compiled`,
        args: webhook(program),
        env: { ...env, NODE_DISABLE_COMPILE_CACHE: '1' },
        path: '/readyz',
      },
    ]),
  ];
}

async function measure(
  contenders: readonly Contender[],
  { quick, progress, ...options }: BenchOptions,
): Promise<BenchResult> {
  const rounds = options.rounds ?? (quick ? 3 : 15);
  const samples = contenders.map((): Sample[] => []);
  for (let round = 0; round < rounds; round += 1) {
    progress(`round ${round + 1} of ${rounds}`);
    for (const [at, contender] of rotated([...contenders.entries()], round)) {
      samples[at]?.push(await start(contender));
    }
  }
  const readyOf = (at: number): readonly number[] => (samples[at] ?? []).map(({ readyMs }) => readyMs);
  const rows = contenders.map(({ name }, at) => {
    const own = samples[at] ?? [];
    return {
      program: name,
      'listening ms': median(own.map(({ listeningMs }) => listeningMs)),
      'ready ms': median(readyOf(at)),
      'CPU ms': median(own.map(({ cpuMs }) => cpuMs)),
      ratio: at === 0 ? undefined : ratio(readyOf(at), readyOf(0)),
    };
  });
  return {
    tables: [{ title: `From start to ready, ${streams} streams`, columns, rows }],
    notes: [
      `medians of ${rounds} rounds; "ready" is the first 200 of /readyz, for the bare server the first answer to a review`,
      'the streams come from an API server that makes them as fast as they are read; a real one takes longer',
      '"nothing compiled" is a container, which begins without the compiled code of earlier runs',
      '"ratio" is the time to ready over that of the bare server, round by round',
    ],
  };
}

/** Starts it, waits until it is ready, and ends it. */
async function start({ name, args, env, path, body }: Contender): Promise<Sample> {
  const started = performance.now();
  const server = await startServer(args, env);
  try {
    const listeningMs = performance.now() - started;
    while ((await codeOf(`${server.url}${path}`, body)) !== 200) {
      if (performance.now() - started > readyMsMax) throw new Error(`${name}: not ready`);
      await delay(pollMs);
    }
    const readyMs = performance.now() - started;
    return { listeningMs, readyMs, cpuMs: (server.cpuSeconds() ?? NaN) * 1000 };
  } finally {
    await server.stop(0);
  }
}

/** One question on a connection of its own; undefined: no answer. */
function codeOf(url: string, body: string | undefined): Promise<number | undefined> {
  return new Promise((resolve) => {
    const method = body === undefined ? 'GET' : 'POST';
    requestHttps(url, { method, agent: false, rejectUnauthorized: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .once('error', () => resolve(undefined))
      .end(body);
  });
}

function serverFile(name: string): string {
  return fileURLToPath(new URL(`servers/${name}.ts`, import.meta.url));
}
