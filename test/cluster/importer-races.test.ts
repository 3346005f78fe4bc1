import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { installWithoutWebhooks, startController, type Controller } from './importer/controller.ts';
import { expectNothingRefused } from './importer/rights.ts';
import { describeCrashes } from './importer/crashes.ts';
import { describeLeaders } from './importer/leaders.ts';
import { worldOn } from './importer/world.ts';
import { describeWriters } from './importer/writers.ts';
import { startRegistry, type Registry } from './registry.ts';
import { describeOnCluster } from './suite.ts';

describeOnCluster(
  'an importer that is raced, killed and followed',
  (cluster) => {
    let registry: Registry;
    let controller: Controller;
    const world = worldOn(cluster);

    beforeAll(async () => {
      registry = await startRegistry();
      await installWithoutWebhooks(cluster());
      controller = await startController(cluster());
      await controller.untilLeads();
    });
    afterAll(async () => {
      await controller.end();
      await registry.remove();
    });

    describe('writers', () => describeWriters(world, () => registry));
    describe('crashes', () =>
      describeCrashes(
        world,
        () => registry,
        () => controller,
      ));
    describe('leaders', () =>
      describeLeaders(
        world,
        () => registry,
        () => controller,
      ));
    test('nothing was refused for want of rights', () => expectNothingRefused(cluster()));
  },
  { furtherTools: ['registry'] },
);
