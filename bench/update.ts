import type { Bench, BenchOptions, BenchResult } from './bench.ts';
import { median, ratio, rotated } from './statistics.ts';
import { startFollower, type FollowerProcess } from './store/follower-process.ts';
import type { AskedTags, FollowerName } from './store/follower.ts';

const sizes = { quick: [100, 1000], full: [100, 1000, 10_000, 100_000] };
const changesPerRound = { quick: 300, full: 1000 };
const decideMs = 100;
const imagesPerPod = 3;
const columns = [
  'streams',
  'reader',
  'us/change',
  'CPU us/change',
  'ratio',
  'us/decision',
  'ns/image',
  'of 100',
  'ns/image, any tag',
];

/** With fewer streams all tags are asked for again and again. */
const anyStreamsMin = 1000;

export const update: Bench = {
  name: 'update',
  about:
    'one changed stream, from the watch to the index, against undici and JSON.parse; and decisions, by size',
  async run(options: BenchOptions): Promise<BenchResult> {
    const followers: Cell[] = [];
    try {
      for (const [name, streams] of subjects(options.quick)) {
        options.progress(`${name}: reading ${streams} streams`);
        const follower = await startFollower(name, streams);
        followers.push({
          name,
          streams,
          follower,
          changeUs: [],
          changeCpuUs: [],
          decisionUs: [],
          anyDecisionUs: [],
        });
        await follower.ask({ what: 'sync' });
      }
      await measure(followers, options);
      return report(followers);
    } finally {
      for (const { follower } of followers) await follower.stop();
    }
  },
};

/** What a change costs who keeps nothing does not depend on how many streams there are. */
function subjects(quick: boolean): readonly (readonly [FollowerName, number])[] {
  const streams = quick ? sizes.quick : sizes.full;
  return [['bare', 100], ...streams.map((size) => ['pinstream', size] as const)];
}

interface Cell {
  readonly name: FollowerName;
  readonly streams: number;
  readonly follower: FollowerProcess;
  readonly changeUs: number[];
  readonly changeCpuUs: number[];
  readonly decisionUs: number[];
  readonly anyDecisionUs: number[];
}

/** All are alive all the time, and take turns. */
async function measure(cells: readonly Cell[], { quick, progress, ...options }: BenchOptions): Promise<void> {
  const rounds = options.rounds ?? (quick ? 3 : 11);
  const count = quick ? changesPerRound.quick : changesPerRound.full;
  progress('warming up');
  for (const { follower, name } of cells) {
    for (let warmUp = 0; warmUp < 3; warmUp += 1) await follower.ask({ what: 'changes', count });
    if (name !== 'pinstream') continue;
    for (const tags of ['any', 'recent'] as const)
      await follower.ask({ what: 'decide', ms: 5 * decideMs, tags });
  }
  for (let round = 0; round < rounds; round += 1) {
    progress(`round ${round + 1} of ${rounds}`);
    for (const cell of rotated(cells, round)) {
      const changed = await cell.follower.ask({ what: 'changes', count });
      cell.changeUs.push((changed.ms * 1000) / count);
      cell.changeCpuUs.push((changed.cpuMs * 1000) / count);
      if (cell.name !== 'pinstream') continue;
      if (cell.streams >= anyStreamsMin) cell.anyDecisionUs.push(await decisionUs(cell, 'any'));
      // Those that the others have put out are asked for again first.
      await decisionUs(cell, 'recent');
      cell.decisionUs.push(await decisionUs(cell, 'recent'));
    }
  }
}

async function decisionUs({ follower }: Cell, tags: AskedTags): Promise<number> {
  const { ms, decisions } = await follower.ask({ what: 'decide', ms: decideMs, tags });
  return (ms * 1000) / decisions;
}

function report(cells: readonly Cell[]): BenchResult {
  const bare = cells.find(({ name }) => name === 'bare')?.changeCpuUs ?? [];
  const smallest = cells.find(({ name }) => name === 'pinstream')?.decisionUs ?? [];
  const rows = cells.map(({ name, streams, changeUs, changeCpuUs, decisionUs, anyDecisionUs }) => ({
    streams,
    reader: name,
    'us/change': median(changeUs),
    'CPU us/change': median(changeCpuUs),
    ...(name === 'pinstream' && {
      ratio: ratio(changeCpuUs, bare),
      'us/decision': median(decisionUs),
      'ns/image': (median(decisionUs) * 1000) / imagesPerPod,
      'of 100': ratio(decisionUs, smallest),
      ...(anyDecisionUs.length > 0 && { 'ns/image, any tag': (median(anyDecisionUs) * 1000) / imagesPerPod }),
    }),
  }));
  return {
    tables: [{ title: 'A changed stream, and a decision for a Pod of three images', columns, rows }],
    notes: [
      'changes come one after another as fast as they are read, in streams far apart; decisions are for 1,000 different Pods in turn',
      '"any tag": 6,000 different Pods in turn, whose tags are more than are remembered unpacked',
      '"ratio" is CPU a change over that of undici and JSON.parse, round by round: a stream is changed as a whole, so it is read as a whole',
      '"of 100" is the time of a decision over that among the fewest streams, round by round',
    ],
  };
}
