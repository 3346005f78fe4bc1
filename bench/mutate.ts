import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, BenchOptions, BenchResult } from './bench.ts';
import type { Load } from './load/sample.ts';
import { keyOf, report, type Cell, type Cells } from './mutate-report.ts';
import { cases, commands, connections, expectAnswer, writeScene, type Case } from './mutate-scene.ts';
import { startServer, type ServerProcess } from './server-process.ts';
import { rotated } from './statistics.ts';

const secondsPerCell = 1;
/** For the first body, and for each other: compilers go on for a hundred thousand requests, and the larger the server the longer. */
const warmUpSeconds = { quick: [4, 1], full: [12, 2] } as const;

export const mutate: Bench = {
  name: 'mutate',
  about: '/mutate over HTTPS, against a bare Node server and express, both with a constant answer',
  async run(options: BenchOptions): Promise<BenchResult> {
    const load = await options.load();
    const folder = await mkdtemp(join(tmpdir(), 'pinstream-bench-'));
    const servers = new Map<string, ServerProcess>();
    try {
      options.progress('building, starting the servers');
      const written = await writeScene(folder, options.quick ? cases.slice(0, 1) : cases);
      for (const [name, args] of await commands(folder, options.against)) {
        servers.set(name, await startServer(args));
      }
      const cells = await measure(servers, written, load, options);
      return report(written, [...servers.keys()], cells, load);
    } finally {
      for (const server of servers.values()) await server.stop();
      await rm(folder, { recursive: true });
    }
  },
};

/** In every round every server gets every body once; who is first changes from round to round. */
async function measure(
  servers: ReadonlyMap<string, ServerProcess>,
  written: readonly Case[],
  load: Load,
  { quick, progress, ...options }: BenchOptions,
): Promise<Cells> {
  const rounds = options.rounds ?? (quick ? 2 : 4);
  const cells = new Map<string, Cell>();
  for (const [name, server] of servers) {
    progress(`warming up: ${name}`);
    const [first, other] = quick ? warmUpSeconds.quick : warmUpSeconds.full;
    for (const [index, posted] of written.entries()) {
      await expectAnswer(server.url, posted.bodyFile);
      await fire(server, posted, load, index === 0 ? first : other);
    }
  }
  for (let round = 0; round < rounds; round += 1) {
    progress(`round ${round + 1} of ${rounds}`);
    for (const posted of written) {
      for (const [name, server] of rotated([...servers], round)) {
        const cell = cells.get(keyOf(name, posted)) ?? { samples: [], cpu: [] };
        cells.set(keyOf(name, posted), cell);
        const { sample, cpu } = await fire(server, posted, load, secondsPerCell);
        cell.samples.push(sample);
        if (cpu !== undefined) cell.cpu.push(cpu);
      }
    }
  }
  return cells;
}

let shots = 0;

async function fire(server: ServerProcess, { bodyFile, unlike }: Case, load: Load, seconds: number) {
  shots += 1;
  const before = server.cpuSeconds();
  const sample = await load.run({
    url: `${server.url}/mutate`,
    bodyFile,
    seconds,
    connections,
    ...(unlike && { freshPrefix: `part-${shots}` }),
  });
  const after = server.cpuSeconds();
  if (sample.errors > 0) throw new Error(`${server.url}: ${sample.errors} of the requests failed`);
  const cpu =
    before === undefined || after === undefined ? undefined : ((after - before) / sample.requests) * 1000;
  return { sample, cpu };
}
