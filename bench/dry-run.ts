import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { selfSigned } from '../src/certs/issue.ts';
import type { Bench, BenchOptions, BenchResult } from './bench.ts';
import { programs } from './import/scene.ts';
import type { Load, Sample } from './load/sample.ts';
import { namespace, writeObjects } from './scene/objects.ts';
import { review } from './scene/reviews.ts';
import { startServer, type ServerProcess } from './server-process.ts';
import { median, ratio, rotated } from './statistics.ts';
import type { Table } from './table.ts';

const streams = 200;
const imagesPerPod = 3;
const connections = 4;
const seconds = { quick: 1, full: 2 };
const columns = ['server', 'requests/s', 'objects/s', 'p50 ms', 'p99 ms', 'CPU s/1000', 'ratio'];

export const dryRun: Bench = {
  name: 'dry-run',
  about: '/dry-run of one object and of a hundred, against express that parses the same bytes',
  async run(options: BenchOptions): Promise<BenchResult> {
    const load = await options.load();
    const folder = await mkdtemp(join(tmpdir(), 'pinstream-bench-'));
    const servers = new Map<string, ServerProcess>();
    try {
      options.progress('building, starting the servers');
      const bodies = await writeBodies(folder);
      for (const [name, args] of await commands(folder, options)) servers.set(name, await startServer(args));
      return await measure(servers, bodies, load, options);
    } finally {
      for (const server of servers.values()) await server.stop();
      await rm(folder, { recursive: true });
    }
  },
};

interface Body {
  readonly title: string;
  readonly objects: number;
  readonly bodyFile: string;
}

interface Cell {
  readonly samples: Sample[];
  /** CPU seconds of 1,000 requests. */
  readonly cpu: number[];
}

async function writeBodies(folder: string): Promise<readonly Body[]> {
  const bodies: Body[] = [];
  for (const objects of [1, 100]) {
    const pods = Array.from({ length: objects }, (_, index) => podOf(index));
    const texts = {
      JSON: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: pods }),
      YAML: pods.map((pod) => stringify(pod)).join('---\n'),
    };
    for (const [format, text] of Object.entries(texts)) {
      const bodyFile = join(folder, `${objects}.${format}`);
      await writeFile(bodyFile, text);
      const title = `${objects} ${objects === 1 ? 'Pod' : 'Pods'}, ${format} (${text.length} bytes)`;
      bodies.push({ title, objects, bodyFile });
    }
  }
  return bodies;
}

/** As a person writes it: what an API server adds is not there. */
function podOf(index: number): object {
  const { request: asked } = review('Pod', 'hit', imagesPerPod) as {
    readonly request: {
      readonly object: { readonly apiVersion: string; readonly kind: string; readonly spec: object };
    };
  };
  const { apiVersion, kind, spec } = asked.object;
  return { apiVersion, kind, metadata: { name: `shop-${index}`, namespace }, spec };
}

async function commands(
  folder: string,
  { against }: BenchOptions,
): Promise<readonly (readonly [name: string, args: readonly string[]])[]> {
  await writeObjects(join(folder, 'objects'), streams);
  const { cert, key } = await selfSigned({ host: '127.0.0.1', now: new Date() });
  const [certFile, keyFile] = [join(folder, 'server.pem'), join(folder, 'server.key')];
  await writeFile(certFile, cert);
  await writeFile(keyFile, key, { mode: 0o600 });
  const express = fileURLToPath(new URL('servers/express-parse.ts', import.meta.url));
  const builds = await programs(folder, against);
  return [
    ['express', [express, certFile, keyFile]],
    ...builds.map(([name, program]) => {
      const places = ['--objects', join(folder, 'objects'), '--port', '0', '--metrics-port', '0'];
      const pair = ['--tls-cert-file', certFile, '--tls-private-key-file', keyFile];
      return [name, [program, 'webhook', ...places, ...pair]] as const;
    }),
  ];
}

async function measure(
  servers: ReadonlyMap<string, ServerProcess>,
  bodies: readonly Body[],
  load: Load,
  { quick, progress, ...options }: BenchOptions,
): Promise<BenchResult> {
  const rounds = options.rounds ?? (quick ? 1 : 3);
  const cells = new Map<string, Cell>();
  const fire = async (server: ServerProcess, { bodyFile }: Body) => {
    const before = server.cpuSeconds() ?? NaN;
    const url = `${server.url}/dry-run`;
    const sample = await load.run({
      url,
      bodyFile,
      seconds: quick ? seconds.quick : seconds.full,
      connections,
    });
    if (sample.errors > 0) throw new Error(`${url}: ${sample.errors} of the requests failed`);
    return { sample, cpu: (((server.cpuSeconds() ?? NaN) - before) / sample.requests) * 1000 };
  };
  for (const [name, server] of servers) {
    progress(`warming up: ${name}`);
    for (const body of bodies) await fire(server, body);
  }
  for (let round = 0; round < rounds; round += 1) {
    progress(`round ${round + 1} of ${rounds}`);
    for (const body of bodies) {
      for (const [name, server] of rotated([...servers], round)) {
        const cell = cells.get(`${name} ${body.title}`) ?? { samples: [], cpu: [] };
        cells.set(`${name} ${body.title}`, cell);
        const { sample, cpu } = await fire(server, body);
        cell.samples.push(sample);
        cell.cpu.push(cpu);
      }
    }
  }
  const notes = [
    `load generator: ${load.name}, ${connections} connections; ${streams} image streams, ${imagesPerPod} images a Pod; medians of ${rounds} rounds`,
    '"ratio" is requests/s over those of express, round by round; express parses and answers a number, Pinstream an answer a Pod',
    '"CPU s/1000" is what the server itself spent on 1,000 requests, user and system',
    ...(load.note === undefined ? [] : [load.note]),
  ];
  return { tables: bodies.map((body) => tableOf(body, [...servers.keys()], cells)), notes };
}

function tableOf(
  { title, objects }: Body,
  names: readonly string[],
  cells: ReadonlyMap<string, Cell>,
): Table {
  const cellOf = (name: string): Cell => cells.get(`${name} ${title}`) ?? { samples: [], cpu: [] };
  const rates = (name: string) => cellOf(name).samples.map(({ requestsPerSecond }) => requestsPerSecond);
  const rows = names.map((name) => {
    const { samples, cpu } = cellOf(name);
    return {
      server: name,
      'requests/s': median(rates(name)),
      'objects/s': median(rates(name)) * objects,
      'p50 ms': median(samples.map(({ p50Ms }) => p50Ms)),
      'p99 ms': median(samples.map(({ p99Ms }) => p99Ms)),
      'CPU s/1000': median(cpu),
      ratio: name === 'express' ? undefined : ratio(rates(name), rates('express')),
    };
  });
  return { title, columns, rows };
}
