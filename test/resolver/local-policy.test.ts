import { describe, expect, test } from '@jest/globals';
import type { LocalRegistry } from '../../src/imagestream/local-registry.ts';
import { findImage } from '../../src/resolver/find-image.ts';
import type { ImageQuestion } from '../../src/resolver/question.ts';
import { ObjectIndex } from '../../src/store/object-index.ts';
import { digest } from '../support/objects.ts';

const origin = `quay.io/acme/app@${digest('1')}`;
const caches: LocalRegistry = [{ source: 'quay.io', target: 'cache.example:5000/quay' }];
const inCache = `cache.example:5000/quay/acme/app@${digest('1')}`;
const integrated = 'int.example:5000';

interface Tag {
  readonly policy?: string;
  /** `status.dockerImageRepository`; absent unless told. */
  readonly repository?: string;
  readonly recorded?: string;
}

/** The stream `shop/app`, open, whose tag v1 was imported. */
function indexWith({ policy = 'Local', repository, recorded = origin }: Tag): ObjectIndex {
  const index = new ObjectIndex();
  index.put('ImageStream', {
    metadata: { namespace: 'shop', name: 'app' },
    spec: {
      lookupPolicy: { local: true },
      tags: [{ name: 'v1', referencePolicy: { type: policy }, annotations: { team: 'blue' } }],
    },
    status: {
      ...(repository === undefined ? {} : { dockerImageRepository: repository }),
      tags: [{ tag: 'v1', items: [{ dockerImageReference: recorded, image: digest('1'), generation: 2 }] }],
    },
  });
  return index;
}

const short: ImageQuestion = { image: 'app:v1', namespace: 'shop', force: false, mode: 'enabled' };
const ofBuild = { ...short, buildReference: { kind: 'ImageStreamTag', namespace: '' } };

describe('reference policy Local', () => {
  test.each<[string, Tag, string, LocalRegistry, string, string]>([
    ['leads to the cache of the source', {}, '', caches, 'Mirror', inCache],
    ['also where the repository is empty', { repository: '' }, integrated, caches, 'Mirror', inCache],
    [
      'stays with the source that no cache holds',
      {},
      '',
      [{ source: 'docker.io', target: 'c.test' }],
      'ImageStreamTag',
      origin,
    ],
    ['stays with the source without caches', {}, '', [], 'ImageStreamTag', origin],
    [
      'leads to the integrated registry where there is one',
      {},
      integrated,
      caches,
      'ImageStreamTag',
      `${integrated}/shop/app@${digest('1')}`,
    ],
    [
      'leads to the integrated registry, whatever a cache holds of that',
      {},
      integrated,
      [{ source: integrated, target: 'cache.example:5000' }],
      'ImageStreamTag',
      `${integrated}/shop/app@${digest('1')}`,
    ],
    [
      'leads to the repository that the stream has',
      { repository: `${integrated}/shop/app` },
      '',
      caches,
      'ImageStreamTag',
      `${integrated}/shop/app@${digest('1')}`,
    ],
  ])('%s', (_title, tag, hostname, localRegistry, reason, pullSpec) => {
    expect(findImage(short, indexWith(tag), hostname, localRegistry)).toMatchObject({ reason, pullSpec });
  });

  test('says what stands for what, by the same evidence as the source would have', () => {
    const found = findImage(short, indexWith({}), '', caches);
    expect(found).toEqual({
      kind: 'resolved',
      reason: 'Mirror',
      message:
        'image stream tag shop/app:v1, generation 2; reference policy Local: quay.io/acme/app through cache.example:5000/quay/acme/app',
      reference: {
        registry: 'cache.example:5000',
        namespace: 'quay',
        name: 'acme/app',
        tag: '',
        id: digest('1'),
      },
      pullSpec: inCache,
      local: true,
      integrated: true,
      image: { labels: {}, annotations: { team: 'blue' } },
      source: { kind: 'ImageStreamTag', namespace: 'shop', name: 'app:v1', generation: 2 },
    });
  });

  test('of a build leads there as well, and is written only where the policy writes such references', () => {
    expect(findImage(ofBuild, indexWith({}), '', caches)).toMatchObject({
      reason: 'Mirror',
      pullSpec: inCache,
      local: false,
    });
  });

  test('follows the settings of each question, though an event is read once', () => {
    const index = indexWith({});
    const asked = [caches, [], caches, [{ source: 'quay.io/acme', target: 'other.test' }]].map(
      (localRegistry) => findImage(short, index, '', localRegistry),
    );
    const pullSpecs = asked.map((found) => (found.kind === 'resolved' ? found.pullSpec : found.reason));
    expect(pullSpecs).toEqual([inCache, origin, inCache, `other.test/app@${digest('1')}`]);
  });

  test('of what names no image leads nowhere', () => {
    expect(findImage(short, indexWith({ recorded: 'quay.io' }), '', caches)).toMatchObject({
      kind: 'unresolved',
      reason: 'NotTagged',
    });
  });
});

test('reference policy Source never leads to a cache', () => {
  expect(findImage(short, indexWith({ policy: 'Source' }), '', caches)).toMatchObject({
    reason: 'ImageStreamTag',
    pullSpec: origin,
  });
});
