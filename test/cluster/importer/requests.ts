import { beforeAll, expect, test } from '@jest/globals';
import { deleteManifest, pushImage, type PushedImage } from '../../support/oci-images.ts';
import type { Registry } from '../registry.ts';
import { conditionTypes, fromRegistry, historyOf } from './streams.ts';
import type { World } from './world.ts';

const linux = { os: 'linux', architecture: 'amd64' };

/** What people ask of the importer by annotation, and whole repositories. */
export function describeRequests({ kubectl, streams, until }: World, registry: () => Registry): void {
  let images: readonly PushedImage[];
  const tags = () => ['a', 'b'].map((name) => fromRegistry(name, registry(), `team/asked:${name}`));
  beforeAll(async () => {
    await kubectl('create namespace requests');
    images = await Promise.all(
      ['a', 'b'].map((name) => pushImage(registry(), 'team/asked', name, { ...linux, labels: { name } })),
    );
    await streams.create('requests', 'asked', tags());
    for (const [at, name] of ['a', 'b'].entries()) {
      await streams.untilHistory('requests', 'asked', name, [images[at]?.digest ?? '']);
    }
  });
  const observed = async () => (await streams.get('requests', 'asked')).status?.observed;
  const statusTags = async (): Promise<readonly string[]> =>
    ((await streams.get('requests', 'asked')).status?.tags ?? []).map(({ tag }) => tag);

  test('a tag taken out of the spec keeps its history until its deletion is asked for', async () => {
    await streams.setTags('requests', 'asked', tags().slice(0, 1));
    // Answered after the change of the spec: so that was seen.
    await streams.imported('requests', 'asked', 'a');
    expect(await statusTags()).toEqual(['a', 'b']);

    const token = await streams.request('delete', 'requests', 'asked', 'b');
    await until('it is answered', async () => expect((await observed())?.deleteRequestedAt).toBe(token));
    expect(await statusTags()).toEqual(['a']);
    await streams.untilEvent('requests', 'asked', {
      reason: 'TagsDeleted',
      message: 'deleted with their history: asked:b',
    });
  });

  test('a tag that the spec has is not deleted', async () => {
    const token = await streams.request('delete', 'requests', 'asked', 'a');
    await until('it is answered', async () => expect((await observed())?.deleteRequestedAt).toBe(token));
    expect(historyOf(await streams.tag('requests', 'asked', 'a'))).toEqual([images[0]?.digest]);
  });

  test('a check finds an image that is gone, and one that is back', async () => {
    const check = async (): Promise<readonly string[]> => {
      const token = await streams.request('check', 'requests', 'asked');
      await until('it is answered', async () => expect((await observed())?.checkRequestedAt).toBe(token));
      return conditionTypes(await streams.tag('requests', 'asked', 'a'));
    };
    expect(await check()).toEqual([]);
    await deleteManifest(registry(), 'team/asked', images[0]?.digest ?? '');
    expect(await check()).toEqual(['ImagePresent']);
    await pushImage(registry(), 'team/asked', 'a', { ...linux, labels: { name: 'a' } });
    expect(await check()).toEqual([]);
  });

  test('a whole repository: the tags that people look for first, up to the limit', async () => {
    for (const name of ['latest', 'v1.0.0', 'v2.0.0', 'nightly'])
      await pushImage(registry(), 'team/many', name, linux);
    const annotations = { 'openshift.io/image.insecureRepository': 'true' };
    const spec = { dockerImageRepository: `${registry().host}/team/many` };
    await streams.create('requests', 'many', [], { annotations, spec });
    await until('the repository is imported', async () => {
      const { status } = await streams.get('requests', 'many');
      expect(status?.observed?.repository).toMatchObject({ additionalTags: 2, conditions: [] });
      expect(status?.tags?.map(({ tag }) => tag)).toEqual(['latest', 'v2.0.0']);
    });
  });
}
