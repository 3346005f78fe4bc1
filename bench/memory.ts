import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, BenchOptions, BenchResult } from './bench.ts';
import { imageFlags } from './image-flags.ts';
import { programs } from './import/scene.ts';
import { median } from './statistics.ts';
import { streamBytes } from './scene/large-streams.ts';
import { startFollower } from './store/follower-process.ts';
import { measureProgram, type MemorySample } from './store/program-memory.ts';
import type { Table } from './table.ts';

const sizes = { quick: [1000], full: [100, 1000, 10_000, 100_000] };
/** Beyond, a store that keeps everything is larger than machines are. */
const keptStreamsMax = 10_000;
const mebi = 1024 * 1024;
const columns = [
  'streams',
  'store',
  'RSS MiB',
  'in use MiB',
  'peak MiB',
  'peak MiB, listed again',
  'bytes/stream',
  'of its JSON',
  'ratio',
];

export const memory: Bench = {
  name: 'memory',
  about: 'what so many streams take in memory, against keeping them as they come',
  async run({ quick, progress, ...options }: BenchOptions): Promise<BenchResult> {
    const folder = await mkdtemp(join(tmpdir(), 'pinstream-bench-'));
    const rounds = options.rounds ?? (quick ? 1 : 3);
    try {
      progress('building');
      const builds = await programs(folder, options.against);
      const rows: Table['rows'][number][] = [];
      const empty = new Map<string, Reading>();
      for (const streams of [0, ...(quick ? sizes.quick : sizes.full)]) {
        const readings: Reading[] = [];
        const kept: number[] = [];
        for (let round = 0; round < rounds; round += 1) {
          progress(`${streams} streams: round ${round + 1} of ${rounds}`);
          for (const [name, program] of builds) {
            readings.push({ name, ...(await measureProgram(folder, program, streams)) });
          }
          if (streams > 0 && streams <= keptStreamsMax) kept.push(await keptBytes(streams));
        }
        const keptEach = kept.length === 0 ? undefined : median(kept) / streams;
        for (const [name] of builds) {
          const reading = middleOf(name, readings);
          if (streams === 0) empty.set(name, reading);
          rows.push(rowOf(streams, reading, empty.get(name), keptEach));
        }
        if (keptEach !== undefined) {
          const each = { 'bytes/stream': keptEach, 'of its JSON': keptEach / streamBytes };
          rows.push({ streams, store: 'kept as they come', ...each });
        }
      }
      return { tables: [{ title: 'The webhook with all streams in memory', columns, rows }], notes };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

const notes = [
  `dist/pinstream.js webhook on an API server with so many streams: ten tags with five events each, ${streamBytes} bytes of JSON`,
  '"RSS" and "in use" (the heap and what is beside it) are after a collection of garbage; "peak" is the most RAM that the process had',
  '"listed again" is the peak when its watch has expired and it has read all streams once more beside those that it had',
  `"-" is a process that ran out of memory; flags of Node are those of the container image: ${imageFlags().join(' ')}`,
  '"bytes/stream" is what is in use beyond a process without streams; "ratio" is that over parsed streams that are kept as they come',
];

interface Reading extends MemorySample {
  readonly name: string;
}

function middleOf(name: string, readings: readonly Reading[]): Reading {
  const own = readings.filter((reading) => reading.name === name);
  const middle = (value: (reading: Reading) => number): number => median(own.map(value));
  return {
    name,
    rssBytes: middle(({ rssBytes }) => rssBytes),
    usedBytes: middle(({ usedBytes }) => usedBytes),
    peakMiB: middle(({ peakMiB }) => peakMiB),
    peakAgainMiB: middle(({ peakAgainMiB }) => peakAgainMiB),
  };
}

function rowOf(
  streams: number,
  { name, rssBytes, usedBytes, peakMiB, peakAgainMiB }: Reading,
  empty: Reading | undefined,
  keptEach: number | undefined,
): Table['rows'][number] {
  const each = streams === 0 ? undefined : (usedBytes - (empty?.usedBytes ?? NaN)) / streams;
  return {
    streams,
    store: name,
    'RSS MiB': rssBytes / mebi,
    'in use MiB': usedBytes / mebi,
    'peak MiB': peakMiB,
    'peak MiB, listed again': peakAgainMiB,
    'bytes/stream': each,
    'of its JSON': each === undefined ? undefined : each / streamBytes,
    ratio: each === undefined || keptEach === undefined ? undefined : each / keptEach,
  };
}

async function keptBytes(streams: number): Promise<number> {
  const follower = await startFollower('kept', streams);
  try {
    const { bytes: before } = await follower.ask({ what: 'heap' });
    await follower.ask({ what: 'sync' });
    const { bytes } = await follower.ask({ what: 'heap' });
    return bytes - before;
  } finally {
    await follower.stop();
  }
}
