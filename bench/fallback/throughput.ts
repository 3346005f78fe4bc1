import type { BenchOptions } from '../bench.ts';
import type { Sample } from '../load/sample.ts';
import type { ServerProcess } from '../server-process.ts';
import { median, ratio, rotated } from '../statistics.ts';
import type { Table } from '../table.ts';
import { expectPinned } from './pinned.ts';
import { startBaseline, startRegistry, startWebhook, type Scene, type StubRegistry } from './scene.ts';

/** A server on one body. */
interface Contender {
  readonly name: string;
  readonly process: ServerProcess;
  readonly bodyFile: string;
  readonly fresh: boolean;
}

interface Cell {
  readonly samples: Sample[];
  /** Microseconds of CPU a request. */
  readonly cpuUs: number[];
  /** What a request cost the registry. */
  readonly asked: number[];
}

const connections = 16;
const secondsPerCell = 1;
/** For each server and body: compilers go on for tens of thousands of requests. */
const warmUpSeconds = { quick: 1, full: 5 };
/** Nothing expires, so that what is counted is the asking of the requests themselves. */
const kept = { cache: { ttl: '1h' } };
const forgotten = { cache: { ttl: '0s', negativeTtl: '0s' } };

/** Requests/s with the cache and without, beside a server that does nothing and one that asks each time. */
export async function measureThroughput(
  scene: Scene,
  options: BenchOptions,
): Promise<{ readonly tables: readonly Table[]; readonly notes: readonly string[] }> {
  const load = await options.load();
  const registry = await startRegistry(0);
  const started: ServerProcess[] = [registry.process];
  try {
    const groups = await startAll(scene, registry, started);
    const cells = new Map<Contender, Cell>();
    let shots = 0;
    const fire = async (contender: Contender, seconds: number): Promise<void> => {
      const { process: server, bodyFile, fresh, name } = contender;
      await registry.reset();
      const before = server.cpuSeconds() ?? NaN;
      const sample = await load.run({
        url: `${server.url}/mutate`,
        ...{ bodyFile, seconds, connections },
        ...(fresh && { freshPrefix: `n${(shots += 1)}` }),
      });
      const cpuUs = (((server.cpuSeconds() ?? NaN) - before) / sample.requests) * 1e6;
      if (sample.errors > 0) throw new Error(`${name}: ${sample.errors} of the requests failed`);
      const { head, get } = await registry.counts();
      const cell = cells.get(contender) ?? { samples: [], cpuUs: [], asked: [] };
      cells.set(contender, cell);
      cell.samples.push(sample);
      cell.cpuUs.push(cpuUs);
      cell.asked.push((head + get) / sample.requests);
    };
    for (const contender of groups.flatMap(({ contenders }) => contenders)) {
      options.progress(`warming up: ${contender.name}`);
      await expectPinned(contender.process.url, contender.bodyFile);
      await fire(contender, options.quick ? warmUpSeconds.quick : warmUpSeconds.full);
    }
    cells.clear();
    const rounds = options.rounds ?? (options.quick ? 2 : 5);
    for (let round = 0; round < rounds; round += 1) {
      options.progress(`requests/s: round ${round + 1} of ${rounds}`);
      for (const { contenders } of groups) {
        for (const contender of rotated(contenders, round)) await fire(contender, secondsPerCell);
      }
    }
    for (const { webhook, name } of groups.flatMap(({ webhooks }) => webhooks)) {
      const { failed, negative } = await webhook.lookups();
      if (failed + negative > 0) throw new Error(`${name}: ${failed + negative} images were not found`);
    }
    const notes = [
      `load generator: ${load.name}, ${connections} connections; medians of ${rounds} rounds`,
      '"of bare" and "of peer" are requests/s over those of the bare server and of the peer, round by round',
      '"streams" is the same server on names that streams answer: what is left of its cost without the fallback',
      '"asked" is manifests that the registry was asked for, a request (with those whose answer came after the end)',
      ...(load.note === undefined ? [] : [load.note]),
    ];
    return { tables: groups.map(({ title, contenders }) => tableOf(title, contenders, cells)), notes };
  } finally {
    for (const server of started) await server.stop();
  }
}

interface Group {
  readonly title: string;
  readonly contenders: readonly Contender[];
  readonly webhooks: readonly {
    readonly name: string;
    readonly webhook: Awaited<ReturnType<typeof startWebhook>>;
  }[];
}

async function startAll(
  scene: Scene,
  registry: StubRegistry,
  started: ServerProcess[],
): Promise<readonly Group[]> {
  const { bodies, builds } = scene;
  const note = <T extends ServerProcess>(server: T): T => {
    started.push(server);
    return server;
  };
  const bare = note(await startBaseline(scene, 'bare'));
  const peer = note(await startBaseline(scene, 'peer', `http://${registry.place}`));
  const webhooksWith = (suffix: string, fallback: object) =>
    Promise.all(
      builds.map(async ([name, program]) => {
        const webhook = await startWebhook(scene, program, registry, fallback);
        note(webhook.process);
        return { name: `${name}${suffix}`, webhook };
      }),
    );
  const same = await webhooksWith('', kept);
  const without = await webhooksWith(', ttl 0', forgotten);
  const fresh = await webhooksWith('', kept);
  const on = (bodyFile: string) => (name: string, process: ServerProcess) => ({
    ...{ name, process, bodyFile },
    fresh: bodyFile === bodies.fresh,
  });
  const [onSame, onFresh, onStreams] = [on(bodies.fallback), on(bodies.fresh), on(bodies.stream)];
  return [
    {
      title: 'Pod, the same 3 short names in every request',
      contenders: [
        onSame('bare', bare),
        onSame('peer', peer),
        ...same.map(({ name, webhook }) => onStreams(`${name}, streams`, webhook.process)),
        ...[...same, ...without].map(({ name, webhook }) => onSame(name, webhook.process)),
      ],
      webhooks: [...same, ...without],
    },
    {
      title: 'Pod, 3 short names that nobody has asked for before in every request',
      contenders: [
        onFresh('peer', peer),
        ...fresh.map(({ name, webhook }) => onFresh(name, webhook.process)),
      ],
      webhooks: fresh,
    },
  ];
}

function tableOf(
  title: string,
  contenders: readonly Contender[],
  cells: ReadonlyMap<Contender, Cell>,
): Table {
  const cellOf = (contender: Contender | undefined): Cell =>
    (contender && cells.get(contender)) ?? { samples: [], cpuUs: [], asked: [] };
  const ratesOf = (contender: Contender | undefined) =>
    cellOf(contender).samples.map(({ requestsPerSecond }) => requestsPerSecond);
  const named = (wanted: string) => contenders.find(({ name }) => name === wanted);
  const shareOf = (contender: Contender, baseline: string): number | undefined =>
    contender.name === 'bare' || contender.name === baseline || named(baseline) === undefined
      ? undefined
      : ratio(ratesOf(contender), ratesOf(named(baseline)));
  return {
    title,
    columns: ['server', 'requests/s', 'p50 ms', 'p99 ms', 'CPU us', 'asked', 'of bare', 'of peer'],
    rows: contenders.map((contender) => {
      const { samples, cpuUs, asked } = cellOf(contender);
      return {
        server: contender.name,
        'requests/s': median(ratesOf(contender)),
        'p50 ms': median(samples.map(({ p50Ms }) => p50Ms)),
        'p99 ms': median(samples.map(({ p99Ms }) => p99Ms)),
        'CPU us': median(cpuUs),
        asked: median(asked),
        'of bare': shareOf(contender, 'bare'),
        'of peer': shareOf(contender, 'peer'),
      };
    }),
  };
}
