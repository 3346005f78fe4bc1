import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  deleteManifest,
  pushImage,
  pushIndex,
  tagExisting,
  type PushedImage,
  type PushedManifest,
} from '../../support/oci-images.ts';
import type { Json } from '../manifests/objects.ts';
import type { Registry } from '../registry.ts';
import type { Controller } from './controller.ts';
import { startRegistryProxy } from './registry-proxy.ts';
import { conditionTypes, fromRegistry, historyOf } from './streams.ts';
import type { World } from './world.ts';

const amd64 = { os: 'linux', architecture: 'amd64' };
const arm64 = { os: 'linux', architecture: 'arm64' };

/** What a tag stands for, and what becomes of it while its registry changes. */
export function describeModes(
  { kubectl, streams, until }: World,
  registry: () => Registry,
  controller: () => Controller,
): void {
  beforeAll(() => kubectl('create namespace modes'));

  describe('an index of two architectures', () => {
    let images: readonly PushedImage[];
    let index: PushedManifest;
    beforeAll(async () => {
      images = await Promise.all(
        [arm64, amd64].map((platform) => pushImage(registry(), 'team/multi', undefined, platform)),
      );
      index = await pushIndex(registry(), 'team/multi', 'v1', images);
      await streams.create('modes', 'multi', [
        fromRegistry('whole', registry(), 'team/multi:v1', {
          importPolicy: { importMode: 'PreserveOriginal' },
        }),
        fromRegistry('legacy', registry(), 'team/multi:v1', { importPolicy: { importMode: 'Legacy' } }),
        fromRegistry('unsaid', registry(), 'team/multi:v1'),
        fromRegistry('arm', registry(), 'team/multi:v1', {
          annotations: { 'importer.image.openshift.io/prefer-arch': 'arm64' },
        }),
      ]);
    });

    test.each<[string, () => string | undefined]>([
      ['whole', () => index.digest],
      ['legacy', () => images[1]?.digest],
      ['unsaid', () => images[1]?.digest],
      ['arm', () => images[0]?.digest],
    ])('the tag %s', async (tag, expected) => {
      const { items, observed } = await streams.untilHistory('modes', 'multi', tag, [expected() ?? '']);
      expect(items?.[0]?.dockerImageReference).toBe(`${registry().host}/team/multi@${expected() ?? ''}`);
      // One HEAD of the source's own name will tell whether anything has changed.
      expect(observed?.digest).toBe(index.digest);
    });

    test('PreserveOriginal makes Images of the index and of each of its images', async () => {
      await streams.untilHistory('modes', 'multi', 'whole', [index.digest]);
      expect(await streams.image(index.digest)).toMatchObject({
        dockerImageManifestMediaType: index.mediaType,
        dockerImageManifests: images.map(({ digest, platform }) => ({
          digest,
          architecture: platform.architecture,
        })),
      });
      for (const { digest, platform, layers } of images) {
        expect(await streams.image(digest)).toMatchObject({
          dockerImageMetadata: { Architecture: platform.architecture },
          dockerImageLayers: layers.map((layer) => ({ name: layer.digest })),
        });
      }
    });
  });

  test('a scheduled turn without change is one HEAD a tag and no write', async () => {
    const unchanged = (): Promise<number> =>
      controller().metric('pinstream_import_looks_total{result="unchanged"}');
    // Nothing else is scheduled by now.
    const before = await unchanged();
    const single = await pushImage(registry(), 'team/single', 'v1', amd64);
    const images: PushedImage[] = [];
    for (const platform of [arm64, amd64]) {
      for (const repository of ['team/listed', 'team/whole']) {
        images.push(await pushImage(registry(), repository, undefined, platform));
      }
    }
    const [ofListed = [], ofWhole = []] = [0, 1].map((odd) => images.filter((_, at) => at % 2 === odd));
    await pushIndex(registry(), 'team/listed', 'v1', ofListed);
    const whole = await pushIndex(registry(), 'team/whole', 'v1', ofWhole);
    registry().resetRequests();
    const asked = async (repository: string): Promise<readonly string[]> =>
      (await registry().requests())
        .filter(({ path }) => path.includes(`/${repository}/`))
        .map(({ method }) => method);

    const scheduled = { scheduled: true };
    await streams.create('modes', 'scheduled', [
      fromRegistry('listed', registry(), 'team/listed:v1', { importPolicy: scheduled }),
      fromRegistry('single', registry(), 'team/single:v1', { importPolicy: scheduled }),
      fromRegistry('whole', registry(), 'team/whole:v1', {
        importPolicy: { ...scheduled, importMode: 'PreserveOriginal' },
      }),
    ]);
    await streams.untilHistory('modes', 'scheduled', 'listed', [ofListed[1]?.digest ?? '']);
    await streams.untilHistory('modes', 'scheduled', 'single', [single.digest]);
    await streams.untilHistory('modes', 'scheduled', 'whole', [whole.digest]);
    const { metadata } = await streams.get('modes', 'scheduled');

    const first = (gets: number, turns: number): readonly string[] => [
      ...Array.from({ length: gets }, () => 'GET'),
      ...Array.from({ length: turns }, () => 'HEAD'),
    ];
    await until('three turns, one HEAD each', async () => {
      const turns = ((await unchanged()) - before) / 3;
      expect(turns).toBeGreaterThanOrEqual(3);
      // Before them the first import: manifests and configurations.
      expect(await asked('team/listed')).toEqual(first(3, turns));
      expect(await asked('team/single')).toEqual(first(2, turns));
      expect(await asked('team/whole')).toEqual(first(5, turns));
    });
    expect((await streams.get('modes', 'scheduled')).metadata.resourceVersion).toBe(metadata.resourceVersion);
    const { tags } = await controller().imports();
    expect(tags).toContainEqual(
      expect.objectContaining({
        namespace: 'modes',
        stream: 'scheduled',
        tag: 'single',
        result: 'unchanged',
      }),
    );
    await streams.remove('modes', 'scheduled');
  });

  describe('a scheduled tag whose registry changes', () => {
    let image: PushedImage;
    const tag = (): Promise<ReturnType<typeof historyOf>> =>
      streams.tag('modes', 'moving', 'v1').then(historyOf);
    const untilConditions = (...types: readonly string[]) =>
      streams.untilTag('modes', 'moving', 'v1', (found) => expect(conditionTypes(found)).toEqual(types));
    beforeAll(async () => {
      image = await pushImage(registry(), 'team/moving', 'v1', { ...amd64, labels: { build: '1' } });
      await tagExisting(registry(), 'team/moving', 'kept', 'v1');
      await streams.create('modes', 'moving', [
        fromRegistry('v1', registry(), 'team/moving:v1', { importPolicy: { scheduled: true } }),
      ]);
      await streams.untilHistory('modes', 'moving', 'v1', [image.digest]);
    });

    test('moves with it', async () => {
      const first = image;
      image = await pushImage(registry(), 'team/moving', 'v1', { ...amd64, labels: { build: '2' } });
      await streams.untilHistory('modes', 'moving', 'v1', [image.digest, first.digest]);
    });

    test('a tag that is deleted there keeps its history and says NotFound; its image is still there', async () => {
      const before = await tag();
      await deleteManifest(registry(), 'team/moving', 'v1');
      expect(await streams.untilFailure('modes', 'moving', 'v1')).toMatchObject({
        status: 'False',
        reason: 'NotFound',
      });
      await untilConditions('ImportSuccess');
      expect(await tag()).toEqual(before);
    });

    test('when the image is gone too, a condition and an event say so', async () => {
      await deleteManifest(registry(), 'team/moving', image.digest);
      // What fails is looked at less and less often; whoever asks does not wait.
      const { conditions } = await streams.imported('modes', 'moving', 'v1');
      expect(conditions?.map(({ type }) => type)).toEqual(['ImportSuccess', 'ImagePresent']);
      expect(conditions).toContainEqual(
        expect.objectContaining({ type: 'ImagePresent', status: 'False', reason: 'NotFound' }),
      );
      await streams.untilEvent('modes', 'moving', { type: 'Warning', reason: 'ImageGone' });
    });

    test('pushed again it recovers, with nothing new in its history', async () => {
      const before = await tag();
      await pushImage(registry(), 'team/moving', 'v1', { ...amd64, labels: { build: '2' } });
      expect(conditionTypes(await streams.imported('modes', 'moving', 'v1'))).toEqual([]);
      expect(await tag()).toEqual(before);
      await streams.untilEvent('modes', 'moving', { type: 'Normal', reason: 'ImportRecovered' });
    });

    test('a failure that lasts is one condition and one event', async () => {
      const failures = (await streams.events('modes', 'moving')).filter(
        ({ reason }) => reason === 'ImportFailed',
      );
      expect(failures).toHaveLength(1);
    });
  });

  test('a registry that stops in the middle of an import: it recovers by itself', async () => {
    const { digest } = await pushImage(registry(), 'team/broken', 'v1', amd64);
    let stopped = false;
    const proxy = await startRegistryProxy(registry(), {
      before: async ({ path }) => {
        if (stopped || !path.includes('/blobs/')) return;
        stopped = true;
        await registry().stop();
      },
    });
    try {
      const tags: readonly Json[] = [fromRegistry('v1', proxy, 'team/broken:v1')];
      await streams.create('modes', 'broken', tags);
      const failure = await streams.untilFailure('modes', 'broken', 'v1');
      expect(failure.reason).toBe('ServiceUnavailable');
      expect(failure.message).toContain(`${proxy.host}/team/broken:v1`);
      expect(historyOf(await streams.tag('modes', 'broken', 'v1'))).toEqual([]);
    } finally {
      await registry().start();
    }
    // The first retry is five to ten seconds later.
    const recovered = await streams.untilHistory('modes', 'broken', 'v1', [digest], 40_000);
    expect(conditionTypes(recovered)).toEqual([]);
    await proxy.stop();
  });
}
