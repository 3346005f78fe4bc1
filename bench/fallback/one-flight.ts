import { Pool } from 'undici';
import type { BenchOptions } from '../bench.ts';
import { freshName } from '../load/body.ts';
import { review } from '../scene/reviews.ts';
import type { Table } from '../table.ts';
import { startRegistry, startWebhook, type Scene } from './scene.ts';

const asksPerName = 100;
/** Long enough that those who ask for a name do so while it is asked for. */
const answerMs = 20;
/** Names that are asked for at the same time. */
const namesAtOnce = 2;

/** How often the registry is asked when many ask for the same image at the same time. */
export async function measureOneFlight(scene: Scene, { quick, progress }: BenchOptions): Promise<Table> {
  const names = quick ? 200 : 1000;
  progress(`${names} names, ${asksPerName} asks each`);
  const registry = await startRegistry(answerMs);
  const [, program = ''] = scene.builds[0] ?? [];
  const webhook = await startWebhook(scene, program, registry, {
    timeout: '10s',
    cache: { ttl: '1h' },
  }).catch(async (error: unknown) => {
    await registry.process.stop();
    throw error;
  });
  const pool = new Pool(webhook.process.url, {
    connections: asksPerName * namesAtOnce,
    connect: { rejectUnauthorized: false },
  });
  const headers = { 'content-type': 'application/json' };
  const text = JSON.stringify(review('Pod', 'fresh', 1));
  try {
    const startedMs = performance.now();
    let unpinned = 0;
    const ask = async (body: string): Promise<void> => {
      const answer = await pool.request({ method: 'POST', path: '/mutate', headers, body });
      const told = await answer.body.text();
      if (answer.statusCode !== 200 || !told.includes('"patch":')) unpinned += 1;
    };
    const numbers = Array.from({ length: names }, (_, index) => index).values();
    const askAll = async (): Promise<void> => {
      for (const number of numbers) {
        const body = text.replaceAll(freshName, `once-${number}`);
        await Promise.all(Array.from({ length: asksPerName }, () => ask(body)));
      }
    };
    await Promise.all(Array.from({ length: namesAtOnce }, askAll));
    const seconds = (performance.now() - startedMs) / 1000;
    const { head, get, distinct } = await registry.counts();
    const { hit, miss, failed, negative, stale } = await webhook.lookups();
    const lost = unpinned + failed + negative + stale;
    if (lost > 0) throw new Error(`${lost} of the asks were not answered with a digest`);
    return {
      title: `${names} names, each asked for ${asksPerName} times at the same time`,
      columns: ['asks', 'names', 'HEAD', 'GET', 'waited for the registry', 'from memory', 'seconds'],
      rows: [
        {
          ...{ asks: names * asksPerName, names: distinct, HEAD: head, GET: get },
          'waited for the registry': miss,
          'from memory': hit,
          seconds,
        },
      ],
    };
  } finally {
    await pool.close();
    await webhook.process.stop();
    await registry.process.stop();
  }
}
