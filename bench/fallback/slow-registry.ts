import type { BenchOptions } from '../bench.ts';
import { steadyLoad, type SteadySample } from '../load/steady-load.ts';
import type { ServerProcess } from '../server-process.ts';
import { median, ratio, rotated } from '../statistics.ts';
import type { Table } from '../table.ts';
import { expectPinned } from './pinned.ts';
import { startRegistry, startWebhook, type Scene, type Webhook } from './scene.ts';

const answerMs = 2000;
const budgetMs = 1000;
const streamsPerSecond = 200;
const fallbackPerSecond = 20;

/**
 * Pods that streams answer, with and without Pods on the side that wait for a registry which is slower than their budget. Each side
 * has a process of its own, so that what the one leaves under way does not burden the other.
 */
export async function measureSlowRegistry(scene: Scene, options: BenchOptions): Promise<Table> {
  const registry = await startRegistry(answerMs);
  const started: ServerProcess[] = [registry.process];
  const [, program = ''] = scene.builds[0] ?? [];
  const start = async (): Promise<Webhook> => {
    const webhook = await startWebhook(scene, program, registry, { timeout: `${budgetMs}ms` });
    started.push(webhook.process);
    return webhook;
  };
  try {
    const [alone, beside] = [await start(), await start()];
    const seconds = options.quick ? 4 : 8;
    const rounds = options.rounds ?? (options.quick ? 2 : 4);
    const samples = {
      alone: [] as SteadySample[],
      beside: [] as SteadySample[],
      waiting: [] as SteadySample[],
    };
    const streamShot = ({ process: { url } }: Webhook, forSeconds = seconds) => ({
      url: `${url}/mutate`,
      bodyFile: scene.bodies.stream,
      seconds: forSeconds,
      perSecond: streamsPerSecond,
    });
    for (const webhook of [alone, beside]) {
      await expectPinned(webhook.process.url, scene.bodies.stream);
      await steadyLoad({ ...streamShot(webhook, 2), perSecond: 1000 });
    }
    for (let round = 0; round < rounds; round += 1) {
      options.progress(`a slow registry: round ${round + 1} of ${rounds}`);
      const turns = [
        async () => void samples.alone.push(await steadyLoad(streamShot(alone))),
        async () => {
          const waiting = steadyLoad({
            ...streamShot(beside),
            bodyFile: scene.bodies.fresh,
            perSecond: fallbackPerSecond,
            freshPrefix: `slow${round}`,
          });
          samples.beside.push(await steadyLoad(streamShot(beside)));
          samples.waiting.push(await waiting);
        },
      ];
      for (const turn of rotated(turns, round)) await turn();
    }
    const errors = Object.values(samples)
      .flat()
      .reduce((sum, sample) => sum + sample.errors, 0);
    if (errors > 0) throw new Error(`${errors} requests beside a slow registry failed`);
    const { failed, miss } = await beside.lookups();
    if (failed + miss === 0) throw new Error('the registry was not waited for');
    return tableOf(samples);
  } finally {
    for (const server of started) await server.stop();
  }
}

function tableOf(samples: Readonly<Record<'alone' | 'beside' | 'waiting', readonly SteadySample[]>>): Table {
  const row = (load: string, measured: readonly SteadySample[]) => ({
    load,
    requests: measured.reduce((sum, { requests }) => sum + requests, 0),
    'p50 ms': median(measured.map(({ p50Ms }) => p50Ms)),
    'p99 ms': median(measured.map(({ p99Ms }) => p99Ms)),
    'max ms': Math.max(...measured.map(({ maxMs }) => maxMs)),
  });
  const p99s = (measured: readonly SteadySample[]) => measured.map(({ p99Ms }) => p99Ms);
  const streams = `Pods of streams, ${streamsPerSecond}/s`;
  return {
    title: `a registry that takes ${answerMs} ms to answer, a budget of ${budgetMs} ms`,
    columns: ['load', 'requests', 'p50 ms', 'p99 ms', 'max ms', 'p99 ratio'],
    rows: [
      row(`${streams}, alone`, samples.alone),
      {
        ...row(`${streams}, beside the next`, samples.beside),
        'p99 ratio': ratio(p99s(samples.beside), p99s(samples.alone)),
      },
      row(`Pods that wait for the registry, ${fallbackPerSecond}/s`, samples.waiting),
    ],
  };
}
