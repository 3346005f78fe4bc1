import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { installWithoutWebhooks, startController, type Controller } from './importer/controller.ts';
import { expectNothingRefused } from './importer/rights.ts';
import { worldOn } from './importer/world.ts';
import { describeOnCluster } from './suite.ts';
import { fanOutIn, followers } from './triggers/fan-out.ts';

const lease = '/apis/coordination.k8s.io/v1/namespaces/pinstream-system/leases/pinstream-controller';

describeOnCluster(
  `a tag that ${followers} Deployments follow, and what goes wrong while they do`,
  (cluster) => {
    let first: Controller;
    let second: Controller;
    beforeAll(async () => {
      await installWithoutWebhooks(cluster());
      first = await startController(cluster());
      second = await startController(cluster());
      await second.end();
      await first.untilLeads();
    });
    afterAll(async () => {
      await first.end();
      await second.end();
    });
    const world = worldOn(cluster);
    const { move, written, untilComplete } = fanOutIn('fan-out', world);
    /** Nothing is tested when it was over before. */
    const expectHalfWay = async (): Promise<void> => {
      expect(await written()).toBeGreaterThan(0);
      expect(await written()).toBeLessThan(followers);
    };
    /** It is known to be dead, so nobody need wait until its Lease is over. */
    const takeLeaseAway = () => world.client().patch(lease, { spec: { holderIdentity: '' } }, 'merge');

    test('a move writes each of them once', async () => {
      await move();
      await untilComplete();
    });

    test('a controller that starts anew writes nothing again', async () => {
      await first.end('SIGTERM');
      await first.start();
      await first.untilLeads();
      await move();
      await untilComplete();
    });

    // Later ones are: an API server that has just started knows nobody's rights yet.
    test('nothing was refused for want of rights', () => expectNothingRefused(cluster()));

    test('the API server is killed while writes are under way, and started again', async () => {
      const { begun } = await move();
      await begun;
      // What it has written and not answered yet is known to nobody.
      await cluster().stopApiServer();
      await cluster().startApiServer();
      await untilComplete();
    });

    test('the API server is away half-way, for as long as it takes to be noticed', async () => {
      const { begun } = await move();
      await begun;
      first.pause();
      await expectHalfWay();
      await cluster().stopApiServer();
      const before = (await first.log()).length;
      first.resume();
      await world.until('the controller notices', async () =>
        expect((await first.log()).length).toBeGreaterThan(before),
      );
      await cluster().startApiServer();
      await untilComplete();
    });

    test('the controller is killed half-way and started again', async () => {
      const { begun } = await move();
      await begun;
      await first.end('SIGKILL');
      await expectHalfWay();
      await takeLeaseAway();
      await first.start();
      await untilComplete();
    });

    test('two controllers that are started at once', async () => {
      await first.end('SIGKILL');
      const { begun } = await move();
      // Nobody works yet.
      expect(await written()).toBe(0);
      await takeLeaseAway();
      await Promise.all([first.start(), second.start()]);
      await begun;
      await untilComplete();
    });

    test('the one that leads stands still half-way, another one takes over, and the first wakes up', async () => {
      const led = await first.imports();
      const [leader, follower] = led.leads ? [first, second] : [second, first];
      const { begun } = await move();
      await begun;
      leader.pause();
      try {
        await expectHalfWay();
        await follower.untilLeads();
        await untilComplete();
      } finally {
        leader.resume();
      }
      // It learns that it does not lead any more, and has not written what it had in hand.
      await leader.untilKnows((await follower.imports()).leader);
      await untilComplete();
      await move();
      await untilComplete();
    });
  },
  { controllerManager: false },
);
