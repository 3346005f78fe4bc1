import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startControlPlane, type ControlPlane } from '../test/cluster/control-plane.ts';
import { openScene, type Contender } from './apiserver/scene.ts';
import type { Bench, BenchOptions, BenchResult } from './bench.ts';
import type { Sample } from './load/sample.ts';
import { median, ratio, rotated } from './statistics.ts';
import type { Table } from './table.ts';

const connectionCounts = [1, 8];
const seconds = { quick: 1, full: 2 };
const warmUpSeconds = { quick: 2, full: 5 };
const columns = ['asked', 'creates/s', 'p50 ms', 'p99 ms', 'added p50 ms', 'webhook CPU s/1000', 'ratio'];
const script = fileURLToPath(new URL('load/creates.ts', import.meta.url));

export const apiserver: Bench = {
  name: 'apiserver',
  about:
    'Deployments created through a real kube-apiserver, without a webhook, with a constant one, with Pinstream',
  async run(options: BenchOptions): Promise<BenchResult> {
    options.progress('starting etcd and kube-apiserver, installing');
    const cluster = await startControlPlane({ controllerManager: false });
    try {
      const scene = await openScene(cluster);
      try {
        return await measure(cluster, scene.contenders, options);
      } finally {
        await scene.stop();
      }
    } finally {
      await cluster.stop();
    }
  },
};

interface Cell {
  readonly contender: Contender;
  readonly connections: number;
  readonly samples: Sample[];
  /** CPU seconds of the webhook, 1,000 creates. */
  readonly cpu: number[];
}

async function measure(
  cluster: ControlPlane,
  contenders: readonly Contender[],
  { quick, progress, ...options }: BenchOptions,
): Promise<BenchResult> {
  const rounds = options.rounds ?? (quick ? 1 : 5);
  const cells = connectionCounts.flatMap((connections) =>
    contenders.map((contender): Cell => ({ contender, connections, samples: [], cpu: [] })),
  );
  progress('warming up');
  for (const contender of contenders) {
    await create(
      cluster,
      contender,
      Math.max(...connectionCounts),
      quick ? warmUpSeconds.quick : warmUpSeconds.full,
    );
  }
  for (let round = 0; round < rounds; round += 1) {
    progress(`round ${round + 1} of ${rounds}`);
    for (const cell of rotated(cells, round)) {
      const { contender, connections } = cell;
      const before = contender.webhook?.cpuSeconds();
      const sample = await create(cluster, contender, connections, quick ? seconds.quick : seconds.full);
      cell.samples.push(sample);
      cell.cpu.push((((contender.webhook?.cpuSeconds() ?? NaN) - (before ?? NaN)) / sample.requests) * 1000);
    }
  }
  return {
    tables: connectionCounts.map((connections) =>
      tableOf(
        connections,
        cells.filter((cell) => cell.connections === connections),
      ),
    ),
    notes: [
      `a Deployment with three short names, created with dryRun=All: all of it but etcd; medians of ${rounds} rounds`,
      '"added" is the p50 beyond that without a webhook, round by round; "ratio" is that over what the constant webhook adds',
      '"constant" is express with an answer that is always the same, to the same API server',
      'etcd, kube-apiserver, the webhooks and the generator of load share the machine',
    ],
  };
}

async function create(
  { url, kubeconfigPath }: ControlPlane,
  { name, namespace, bodyFile }: Contender,
  connections: number,
  forSeconds: number,
): Promise<Sample> {
  const target = `${url}/apis/apps/v1/namespaces/${namespace}/deployments?dryRun=All`;
  const args = [script, target, bodyFile, `${forSeconds}`, `${connections}`, kubeconfigPath];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const sample = JSON.parse(stdout) as Sample;
  if (sample.errors > 0) throw new Error(`${name}: ${sample.errors} of the creates failed`);
  return sample;
}

function tableOf(connections: number, cells: readonly Cell[]): Table {
  const p50s = (wanted: string): readonly number[] =>
    (cells.find(({ contender }) => contender.name === wanted)?.samples ?? []).map(({ p50Ms }) => p50Ms);
  const without = p50s('no webhook');
  const added = (name: string): readonly number[] =>
    p50s(name).map((p50Ms, round) => p50Ms - (without[round] ?? NaN));
  const rows = cells.map(({ contender: { name, webhook }, samples, cpu }) => ({
    asked: name,
    'creates/s': median(samples.map(({ requestsPerSecond }) => requestsPerSecond)),
    'p50 ms': median(p50s(name)),
    'p99 ms': median(samples.map(({ p99Ms }) => p99Ms)),
    ...(webhook !== undefined && {
      'added p50 ms': median(added(name)),
      'webhook CPU s/1000': median(cpu),
      ratio: name === 'constant' ? undefined : ratio(added(name), added('constant')),
    }),
  }));
  const title = `Deployments with three short names, ${connections} ${connections === 1 ? 'connection' : 'connections'}`;
  return { title, columns, rows };
}
