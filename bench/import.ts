import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRegistry, type Registry } from '../test/cluster/registry.ts';
import type { Bench, BenchOptions, BenchResult } from './bench.ts';
import { runPlainLoop, type LoopResult } from './import/baseline.ts';
import { startController } from './import/controller.ts';
import { measureImport, measureRound, type ImportSample, type RoundSample } from './import/measure.ts';
import { report } from './import/report.ts';
import { programs, pushImages, type Size } from './import/scene.ts';
import { rotated } from './statistics.ts';

export const importBench: Bench = {
  name: 'import',
  about: '1,000 tags from a real registry, against a plain loop over their manifests; then a scheduled round',
  async run(options: BenchOptions): Promise<BenchResult> {
    const size: Size = { streams: options.quick ? 10 : 100, tagsPerStream: 10 };
    const folder = await mkdtemp(join(tmpdir(), 'pinstream-bench-'));
    let registry: Registry | undefined;
    try {
      options.progress('starting the registry, building');
      registry = await startRegistry();
      const builds = await programs(folder, options.against);
      options.progress(`pushing ${size.streams * size.tagsPerStream} images`);
      await pushImages(registry, size);
      return await measure({ folder, registry, size, builds }, options);
    } finally {
      await registry?.remove();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

interface Scene {
  readonly folder: string;
  readonly registry: Registry;
  readonly size: Size;
  readonly builds: readonly (readonly [name: string, program: string])[];
}

/** In every round everybody imports all once, from an API server that is new; who is first changes from round to round. */
async function measure(scene: Scene, { quick, progress, ...options }: BenchOptions): Promise<BenchResult> {
  const { folder, registry, size, builds } = scene;
  const rounds = options.rounds ?? (quick ? 1 : 3);
  const intervalSeconds = quick ? 10 : 30;
  const loops: LoopResult[] = [];
  const imports = new Map<string, ImportSample[]>(builds.map(([name]) => [name, []]));
  const scheduled = new Map<string, RoundSample>();
  const contenders = [
    async () => void loops.push(await runPlainLoop(folder, registry, size)),
    ...builds.map(([name, program]) => async (last: boolean): Promise<void> => {
      const controller = await startController(folder, program);
      try {
        imports.get(name)?.push(await measureImport(controller, registry, size));
        if (!last) return;
        progress(`${name}: a scheduled round`);
        scheduled.set(name, await measureRound(controller, registry, size, intervalSeconds));
      } finally {
        await controller.stop();
      }
    }),
  ];
  for (let round = 0; round < rounds; round += 1) {
    progress(`import ${round + 1} of ${rounds}`);
    for (const contender of rotated(contenders, round)) await contender(round === rounds - 1);
  }
  const measured = [...imports].flatMap(([name, samples]) => {
    const round = scheduled.get(name);
    return round === undefined ? [] : [{ name, imports: samples, round }];
  });
  return report(size, loops, measured);
}
