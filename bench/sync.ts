import type { Bench, BenchOptions, BenchResult } from './bench.ts';
import { median, ratio, rotated } from './statistics.ts';
import { streamBytes } from './scene/large-streams.ts';
import type { FollowerName } from './store/follower.ts';
import { startFollower } from './store/follower-process.ts';
import type { Table } from './table.ts';

const sizes = { quick: [100, 1000], full: [100, 1000, 10_000, 100_000] };
const subjects: readonly FollowerName[] = ['pinstream', 'bare'];
const columns = ['streams', 'reader', 'MB', 'seconds', 'MB/s', 'CPU s', 'longest pause ms', 'ratio'];

export const sync: Bench = {
  name: 'sync',
  about: 'reading all streams of a cluster into an empty store, against undici and JSON.parse alone',
  async run(options: BenchOptions): Promise<BenchResult> {
    const tables = [];
    for (const streams of options.quick ? sizes.quick : sizes.full)
      tables.push(await measure(streams, options));
    return {
      tables: [
        { title: 'From an empty store to all streams', columns, rows: tables.flatMap(({ rows }) => rows) },
      ],
      notes: [
        `${streamBytes} bytes of JSON a stream, ten tags with five events each; pages of 50 for pinstream and of 500 for bare, from a server of its own; medians of the rounds`,
        'each reader is a process that begins cold, so the small sizes are what its compilers and connections take',
        '"ratio" is MB/s over those of undici and JSON.parse, round by round',
        '"longest pause" is how long a reader could do nothing else',
      ],
    };
  },
};

interface Sample {
  readonly seconds: number;
  readonly bytes: number;
  readonly cpuSeconds: number;
  readonly pauseMs: number;
}

async function measure(
  streams: number,
  { quick, progress, ...options }: BenchOptions,
): Promise<Pick<Table, 'rows'>> {
  const rounds = options.rounds ?? (quick ? 2 : streams < 100_000 ? 5 : 3);
  const samples = new Map<FollowerName, Sample[]>(subjects.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    progress(`${streams} streams: round ${round + 1} of ${rounds}`);
    for (const name of rotated(subjects, round)) samples.get(name)?.push(await syncOnce(name, streams));
  }
  const rates = (name: FollowerName): readonly number[] =>
    (samples.get(name) ?? []).map(({ bytes, seconds }) => bytes / 1e6 / seconds);
  const rows = subjects.map((name) => {
    const own = samples.get(name) ?? [];
    return {
      streams,
      reader: name,
      MB: (own[0]?.bytes ?? NaN) / 1e6,
      seconds: median(own.map(({ seconds }) => seconds)),
      'MB/s': median(rates(name)),
      'CPU s': median(own.map(({ cpuSeconds }) => cpuSeconds)),
      'longest pause ms': median(own.map(({ pauseMs }) => pauseMs)),
      ratio: name === 'bare' ? undefined : ratio(rates(name), rates('bare')),
    };
  });
  return { rows };
}

async function syncOnce(name: FollowerName, streams: number): Promise<Sample> {
  const follower = await startFollower(name, streams);
  try {
    const { ms, cpuMs, pauseMs } = await follower.ask({ what: 'sync' });
    const { bytes } = await follower.served();
    return { seconds: ms / 1000, bytes, cpuSeconds: cpuMs / 1000, pauseMs };
  } finally {
    await follower.stop();
  }
}
