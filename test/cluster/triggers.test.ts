import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { openTerminal, type Terminal } from './cli/terminal.ts';
import { configurationOf, startController, type Controller } from './importer/controller.ts';
import { expectNothingRefused } from './importer/rights.ts';
import { worldOn } from './importer/world.ts';
import { startPinstream, type Pinstream } from './pinstream.ts';
import { startRegistry, type Registry } from './registry.ts';
import { describeOnCluster } from './suite.ts';
import { describeByHand } from './triggers/by-hand.ts';
import { describeGitOps } from './triggers/gitops.ts';
import { describeKinds } from './triggers/kinds.ts';
import { describeMistakes } from './triggers/mistakes.ts';
import { sceneOn } from './triggers/scene.ts';
import { describeSeedStory } from './triggers/seed-story.ts';
import { describeSeveral } from './triggers/several.ts';
import { describeSources } from './triggers/sources.ts';

describeOnCluster(
  'image change triggers: webhook, controller and the controllers of Kubernetes',
  (cluster) => {
    let registry: Registry;
    let pinstream: Pinstream;
    let controller: Controller;
    let terminal: Terminal;
    const world = worldOn(cluster);
    // Its hook comes after this one: registry first, then what is pushed to it.
    beforeAll(async () => {
      registry = await startRegistry();
      pinstream = await startPinstream(cluster());
      // Long enough that two tags which are moved together are imported within it on a slow machine, too.
      const configuration = configurationOf({}, { triggers: { gatherWindow: '3s' } });
      controller = await startController(cluster(), { configuration });
      await controller.untilLeads();
      terminal = await openTerminal(cluster());
    });
    afterAll(async () => {
      await controller.end();
      await pinstream.stop();
      await registry.remove();
    });
    const scene = sceneOn(
      world,
      () => registry,
      () => pinstream,
      () => controller,
    );

    describe('lesson 4, step by step', () => describeSeedStory(scene, () => terminal));
    describe('kinds', () => describeKinds(scene));
    describe('several at once', () => describeSeveral(scene));
    describe('images that people set by hand', () => describeByHand(scene));
    describe('annotations that cannot be followed', () => describeMistakes(scene));
    describe('streams', () => describeSources(scene));
    describe('applied from Git', () => describeGitOps(scene));

    test('nothing was refused for want of rights', async () => {
      await expectNothingRefused(cluster());
    });
  },
  { furtherTools: ['registry'] },
);
