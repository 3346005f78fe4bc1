import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, BenchOptions, BenchResult } from './bench.ts';
import { measureOneFlight } from './fallback/one-flight.ts';
import { openScene } from './fallback/scene.ts';
import { measureSlowRegistry } from './fallback/slow-registry.ts';
import { measureThroughput } from './fallback/throughput.ts';

export const fallback: Bench = {
  name: 'fallback',
  about: 'names that no stream answers, against a bare Node server and a webhook without a cache',
  async run(options: BenchOptions): Promise<BenchResult> {
    const folder = await mkdtemp(join(tmpdir(), 'pinstream-bench-'));
    try {
      options.progress('building, starting the servers');
      const scene = await openScene(folder, options);
      const { tables, notes } = await measureThroughput(scene, options);
      const slow = await measureSlowRegistry(scene, options);
      const flights = await measureOneFlight(scene, options);
      return { tables: [...tables, slow, flights], notes };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
