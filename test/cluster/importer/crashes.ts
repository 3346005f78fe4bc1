import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pushImage } from '../../support/oci-images.ts';
import type { Registry } from '../registry.ts';
import type { Controller } from './controller.ts';
import { startRegistryProxy, type RegistryProxy } from './registry-proxy.ts';
import { conditionTypes, fromRegistry, historyOf } from './streams.ts';
import type { World } from './world.ts';

const crashes = 10;
const stepMs = 4;
const lease = '/apis/coordination.k8s.io/v1/namespaces/pinstream-system/leases/pinstream-controller';

/** The controller is killed after the registry has given its last answer, sooner or later than it writes. */
export function describeCrashes(
  { kubectl, client, streams }: World,
  registry: () => Registry,
  controller: () => Controller,
): void {
  let proxy: RegistryProxy;
  let onConfiguration: (() => void) | undefined;
  beforeAll(async () => {
    await kubectl('create namespace crashes');
    proxy = await startRegistryProxy(registry(), {
      answered: ({ path }) => {
        if (path.includes('/blobs/')) onConfiguration?.();
      },
    });
  });
  afterAll(() => proxy.stop());

  const push = (build: number) =>
    pushImage(registry(), 'team/crashed', 'v1', {
      os: 'linux',
      architecture: 'amd64',
      labels: { build: String(build) },
    });
  /** Kills it some time after the next image's configuration was answered. */
  const killedAfter = (ms: number): Promise<void> =>
    new Promise((resolve, reject) => {
      onConfiguration = () => {
        onConfiguration = undefined;
        const kill = (): void => void controller().end().then(resolve, reject);
        if (ms === 0) kill();
        else setTimeout(kill, ms);
      };
    });
  /** It is known to be dead, so nobody need wait until its Lease is over. */
  const takeLeaseAway = () => client().patch(lease, { spec: { holderIdentity: '' } }, 'merge');

  test(`${crashes} crashes between answer and write: nothing is lost, and nothing is there twice`, async () => {
    const first = await push(0);
    await streams.create('crashes', 'crashed', [
      fromRegistry('v1', proxy, 'team/crashed:v1'),
      { name: 'alias', from: { kind: 'ImageStreamTag', name: 'v1' } },
    ]);
    await streams.untilHistory('crashes', 'crashed', 'v1', [first.digest]);
    const digests = [first.digest];
    let unwritten = 0;
    for (let crash = 1; crash <= crashes; crash += 1) {
      const { digest } = await push(crash);
      const dead = killedAfter((crash - 1) * stepMs);
      const token = await streams.request('import', 'crashes', 'crashed', 'v1');
      await dead;
      const left = await streams.tag('crashes', 'crashed', 'v1');
      // All of it or nothing: the item and the answer are one write.
      const isWritten = left?.observed?.requestedAt === token;
      expect(historyOf(left)).toEqual(isWritten ? [digest, ...digests] : digests);
      if (!isWritten) unwritten += 1;
      digests.unshift(digest);

      await takeLeaseAway();
      await controller().start();
      const healed = await streams.untilHistory('crashes', 'crashed', 'v1', digests);
      expect(healed.observed?.requestedAt).toBe(token);
      expect(conditionTypes(healed)).toEqual([]);
    }
    expect(unwritten).toBeGreaterThan(0);
    expect(historyOf(await streams.tag('crashes', 'crashed', 'alias'))).toEqual(digests);
    for (const digest of digests) expect(await streams.image(digest)).toBeDefined();
  });
}
