import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { configurationOf, startController, type Controller } from './importer/controller.ts';
import { expectNothingRefused } from './importer/rights.ts';
import { describeModes } from './importer/modes.ts';
import { describeReload } from './importer/reload.ts';
import { describeRequests } from './importer/requests.ts';
import { describeSeedStory } from './importer/seed-story.ts';
import { worldOn } from './importer/world.ts';
import { startPinstream, type Pinstream } from './pinstream.ts';
import { startRegistry, type Registry } from './registry.ts';
import { describeOnCluster } from './suite.ts';

const imports = { scheduledInterval: '1s', maxRepositoryTags: 2 };

describeOnCluster(
  'image streams, imported from a real registry beside the webhook',
  (cluster) => {
    let registry: Registry;
    let pinstream: Pinstream | undefined;
    let controller: Controller;
    const world = worldOn(cluster);

    beforeAll(async () => {
      registry = await startRegistry();
      pinstream = await startPinstream(cluster());
      controller = await startController(cluster(), { configuration: configurationOf(imports) });
      await controller.untilLeads();
    });
    afterAll(async () => {
      await controller.end();
      await pinstream?.stop();
      await registry.remove();
    });

    describe('the story, with YAML only', () => describeSeedStory(world, () => registry));
    describe('what a tag stands for', () =>
      describeModes(
        world,
        () => registry,
        () => controller,
      ));
    describe('requests', () => describeRequests(world, () => registry));
    describe('rules that change', () =>
      describeReload(
        world,
        () => registry,
        () => controller,
        imports,
      ));

    test('nothing was refused for want of rights', async () => {
      await expectNothingRefused(cluster());
    });
  },
  { furtherTools: ['registry'] },
);
