import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { describeOnCluster } from '../cluster/suite.ts';
import { expectInOrder, scenes } from './scenes.ts';
import { table, type Row } from './table.ts';
import { startWorld, type World } from './world.ts';

const patienceMs = 600_000;

describeOnCluster(
  'two webhooks behind a balancer, under load',
  (cluster) => {
    // A block of its own: what it has started ends before the control plane does.
    describe('while it happens:', () => {
      let world: World | undefined;
      const closing: (() => Promise<unknown>)[] = [];
      const rows: Row[] = [];
      beforeAll(async () => {
        world = await startWorld(cluster(), closing);
      }, patienceMs);
      afterAll(async () => {
        process.stdout.write(`\n${table(rows)}\n\n`);
        for (const close of closing) await close();
      }, patienceMs);

      test.each(scenes.map((scene) => [scene.title, scene] as const))(
        '%s',
        async (title, scene) => {
          if (world === undefined) throw new Error('the world did not come up');
          const { load } = world;
          load.begin();
          const allowance = (await scene.happen(world)) ?? undefined;
          const tally = load.tally();
          const row = { scene: title, ...tally };
          rows.push(row);
          process.stdout.write(`\n${table([row])}\n${tally.details.map((line) => `  ${line}\n`).join('')}`);
          expectInOrder(tally, scene, allowance);
          expect(world.fleet.webhooks()).toHaveLength(2);
        },
        patienceMs,
      );
    });
  },
  { controllerManager: false, furtherTools: ['registry'] },
);
