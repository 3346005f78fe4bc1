import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, BenchOptions, BenchResult } from './bench.ts';
import type { LoopResult } from './import/baseline.ts';
import { programs } from './import/scene.ts';
import { rotated } from './statistics.ts';
import { runPlainLoop } from './trigger/baseline.ts';
import { measureMove, type MoveSample } from './trigger/measure.ts';
import { report, type Sizes } from './trigger/report.ts';

export const trigger: Bench = {
  name: 'trigger',
  about:
    'one move of a tag that 1,000 Deployments follow, against a plain loop of the patches; then 10 of 10,000',
  async run({ quick, progress, ...options }: BenchOptions): Promise<BenchResult> {
    const sizes: Sizes = {
      all: quick ? { deployments: 100, followers: 100 } : { deployments: 1000, followers: 1000 },
      few: { deployments: quick ? 1000 : 10_000, followers: 10 },
    };
    const rounds = options.rounds ?? (quick ? 1 : 3);
    const folder = await mkdtemp(join(tmpdir(), 'pinstream-bench-'));
    try {
      progress('building');
      const builds = await programs(folder, options.against);
      const loops: LoopResult[] = [];
      const all = new Map<string, MoveSample[]>(builds.map(([name]) => [name, []]));
      const contenders = [
        async () => void loops.push(await runPlainLoop(folder, sizes.all)),
        ...builds.map(([name, program]) => async (): Promise<void> => {
          all.get(name)?.push(await measureMove(folder, program, sizes.all));
        }),
      ];
      for (let round = 0; round < rounds; round += 1) {
        progress(`move ${round + 1} of ${rounds}`);
        for (const contender of rotated(contenders, round)) await contender();
      }
      const measured = [];
      for (const [name, program] of builds) {
        progress(`${name}: ${sizes.few.followers} of ${sizes.few.deployments}`);
        const few = await measureMove(folder, program, sizes.few);
        measured.push({ name, all: all.get(name) ?? [], few });
      }
      return report(sizes, loops, measured);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
