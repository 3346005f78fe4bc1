import { beforeAll, expect, test } from '@jest/globals';
import { pushImage } from '../../support/oci-images.ts';
import type { Json } from '../manifests/objects.ts';
import type { Registry } from '../registry.ts';
import { jane } from './credentials.ts';
import { conditionTypes, fromRegistry, historyOf } from './streams.ts';
import type { World } from './world.ts';

/** Tags whose images come from other streams. */
export function describeSources({ kubectl, streams }: World, registry: () => Registry): void {
  let digest: string;
  const tagFrom = (name: string, namespace?: string): Json => ({
    name: 'v1',
    from: { kind: 'ImageStreamTag', name, ...(namespace !== undefined && { namespace }) },
  });
  const base = (): Json => fromRegistry('v1', registry(), 'public/base:v1');
  beforeAll(async () => {
    await kubectl('create namespace owner');
    await kubectl('create namespace user');
    const target = { url: registry().url, credential: jane };
    ({ digest } = await pushImage(target, 'public/base', 'v1', { os: 'linux', architecture: 'amd64' }));
    await streams.create('owner', 'base', [base()]);
    await streams.untilHistory('owner', 'base', 'v1', [digest]);
  });

  test('a tag of another namespace is refused to who may not pull from there, with the way out', async () => {
    await streams.create('user', 'copy', [tagFrom('base:v1', 'owner')]);
    const { reason, message } = await streams.untilFailure('user', 'copy', 'v1');
    expect(reason).toBe('Forbidden');
    expect(message).toContain(
      'bind the ClusterRole system:image-puller there to the group system:serviceaccounts:user',
    );
    expect(historyOf(await streams.tag('user', 'copy', 'v1'))).toEqual([]);
  });

  test('allowed, it is taken', async () => {
    const group = '--group=system:serviceaccounts:user';
    await kubectl(`create rolebinding user-pulls -n owner --clusterrole=system:image-puller ${group}`);
    const copied = await streams.imported('user', 'copy', 'v1');
    expect(conditionTypes(copied)).toEqual([]);
    expect(copied.items).toMatchObject([
      { image: digest, dockerImageReference: `${registry().host}/public/base@${digest}` },
    ]);
  });

  test('a source that is not there yet is waited for', async () => {
    await streams.create('user', 'early', [tagFrom('late:v1')]);
    expect((await streams.untilFailure('user', 'early', 'v1')).reason).toBe('NotFound');
    await streams.create('user', 'late', []);
    await streams.setTags('user', 'late', [base()]);
    // Sooner than any retry.
    const found = await streams.untilTag(
      'user',
      'early',
      'v1',
      ({ items }) => expect(items).toHaveLength(1),
      10_000,
    );
    expect(conditionTypes(found)).toEqual([]);
  });

  test('an image of another stream, by the beginning of its digest', async () => {
    const from = { kind: 'ImageStreamImage', name: `base@${digest.slice(0, 20)}`, namespace: 'owner' };
    await streams.create('user', 'pinned', [{ name: 'v1', from }]);
    await streams.untilHistory('user', 'pinned', 'v1', [digest]);
  });
}
