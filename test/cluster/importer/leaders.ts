import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pushImage } from '../../support/oci-images.ts';
import type { Registry } from '../registry.ts';
import { startController, type Controller } from './controller.ts';
import { startRegistryProxy } from './registry-proxy.ts';
import { fromRegistry, historyOf } from './streams.ts';
import type { World } from './world.ts';

/** How long a dead leader's lease is waited for. */
const leaseMs = 15_000;

/** Two controllers, of which one works. */
export function describeLeaders(
  { cluster, kubectl, streams }: World,
  registry: () => Registry,
  first: () => Controller,
): void {
  let second: Controller;
  let digest: string;
  let named = 0;
  beforeAll(async () => {
    await kubectl('create namespace leaders');
    ({ digest } = await pushImage(registry(), 'team/led', 'v1', { os: 'linux', architecture: 'amd64' }));
    second = await startController(cluster());
  });
  afterAll(() => second.end());

  const leading = async (): Promise<readonly boolean[]> => [
    (await first().imports()).leads,
    (await second.imports()).leads,
  ];
  const importsByNow = async (): Promise<void> => {
    named += 1;
    await streams.create('leaders', `led-${named}`, [fromRegistry('v1', registry(), 'team/led:v1')]);
    await streams.untilHistory('leaders', `led-${named}`, 'v1', [digest]);
  };

  test('one of them leads, and both know which', async () => {
    await first().untilLeads();
    const { leader } = await first().imports();
    await second.untilKnows(leader);
    expect(await leading()).toEqual([true, false]);
    await importsByNow();
  });

  test('one that is told to end hands over: nobody waits until its lease is over', async () => {
    const started = performance.now();
    const ended = first().end('SIGTERM');
    await second.untilLeads();
    expect(performance.now() - started).toBeLessThan(leaseMs);
    await ended;
    await importsByNow();
    await first().start();
    const { leader } = await second.imports();
    await first().untilKnows(leader);
    expect(await leading()).toEqual([false, true]);
  });

  test('one that is killed is followed when its lease is over', async () => {
    await second.end('SIGKILL');
    await first().untilLeads();
    await importsByNow();
  });

  test('one that stood still and wakes up does not put its old answer over a newer one', async () => {
    await second.start();
    let onConfiguration: (() => void) | undefined;
    const proxy = await startRegistryProxy(registry(), {
      answered: ({ path }) => {
        if (path.includes('/blobs/')) onConfiguration?.();
      },
    });
    const pushed = async (build: string): Promise<string> => {
      const image = { os: 'linux', architecture: 'amd64', labels: { build } };
      return (await pushImage(registry(), 'team/slept', 'v1', image)).digest;
    };
    try {
      const before = await pushed('before');
      await streams.create('leaders', 'slept', [fromRegistry('v1', proxy, 'team/slept:v1')]);
      await streams.untilHistory('leaders', 'slept', 'v1', [before]);

      await pushed('meanwhile');
      const asleep = new Promise<void>((resolve) => {
        onConfiguration = () => {
          onConfiguration = undefined;
          first().pause();
          resolve();
        };
      });
      await streams.request('import', 'leaders', 'slept', 'v1');
      await asleep;
      const after = await pushed('after');
      await second.untilLeads();
      await streams.untilHistory('leaders', 'slept', 'v1', [after, before]);

      first().resume();
      await first().untilKnows((await second.imports()).leader);
      expect(await leading()).toEqual([false, true]);
      await importsByNow();
      expect(historyOf(await streams.tag('leaders', 'slept', 'v1'))).toEqual([after, before]);
    } finally {
      first().resume();
      await proxy.stop();
    }
  });
}
