import { describe, expect, it, test } from '@jest/globals';
import { findStreamImage, streamImageView, streamTagView, streamTagViews } from '../../src/printers/views.ts';
import { digestOf } from '../imagestream/streams.ts';
import { local, rawStream } from './raw-streams.ts';

const web = rawStream();
const [a, b, part] = [digestOf('a'), digestOf('b'), digestOf('c')];

const image = {
  apiVersion: 'image.openshift.io/v1',
  kind: 'Image',
  metadata: {
    name: b.replace(':', '-'),
    uid: 'i-1',
    creationTimestamp: '2024-05-04T08:00:01Z',
    annotations: { own: 'x' },
    managedFields: [{}],
  },
  dockerImageReference: `reg.acme.test/crew/web@${b}`,
  dockerImageManifest: '{}',
  dockerImageConfig: '{}',
  dockerImageLayers: [{ name: a, size: 1 }],
};

describe('ImageStreamTags', () => {
  test('as an API server makes them up', () => {
    expect(streamTagView(web, '2.1', image, local)).toEqual({
      apiVersion: 'image.openshift.io/v1',
      kind: 'ImageStreamTag',
      metadata: {
        name: 'web:2.1',
        namespace: 'demo',
        uid: 'u-1',
        resourceVersion: '7',
        creationTimestamp: '2024-05-04T08:00:00Z',
        annotations: { description: 'The web' },
      },
      tag: web.spec.tags[0],
      generation: 4,
      lookupPolicy: { local: true },
      image: {
        metadata: {
          name: b,
          uid: 'i-1',
          creationTimestamp: '2024-05-04T08:00:01Z',
          annotations: { own: 'x', description: 'The web' },
        },
        dockerImageReference: `image-registry.openshift-image-registry.svc:5000/demo/web@${b}`,
        dockerImageLayers: [{ name: a, size: 1 }],
      },
    });
  });

  test('without its Image, a name and a reference', () => {
    expect(streamTagView(web, 'stable', undefined, local)).toMatchObject({
      metadata: { name: 'web:stable' },
      image: { metadata: { name: b }, dockerImageReference: `reg.acme.test/crew/web@${b}` },
    });
  });

  test('conditions of the tag; a tag that nobody asked for; no time but the stream’s', () => {
    const conditions = [{ type: 'ImportSuccess', status: 'False' }];
    const status = {
      tags: [{ tag: 'pushed', conditions, items: [{ dockerImageReference: 'r/x', image: a }] }],
    };
    expect(streamTagView(rawStream({ status }), 'pushed', undefined, local)).toMatchObject({
      metadata: { creationTimestamp: '2024-05-01T09:00:00Z' },
      tag: null,
      generation: 0,
      conditions,
    });
  });

  it.each([
    ['no such tag', { tags: [] }],
    ['a tag that has conditions only', { tags: [{ tag: '2.1', items: null, conditions: [{}] }] }],
    [
      'a reference names no image',
      { tags: [{ tag: '2.1', items: [{ dockerImageReference: 'r/x', image: '' }] }] },
    ],
  ])('404: %s', (_, status) => {
    const stream = rawStream({ status });
    expect(streamTagView(stream, '2.1', image, local)).toBeUndefined();
    expect(streamTagViews(stream, local)).toEqual([]);
  });

  test('a list has every tag that stands for an image', () => {
    expect(streamTagViews(web, local)).toEqual([
      streamTagView(web, '2.1', undefined, local),
      streamTagView(web, 'stable', undefined, local),
    ]);
  });

  const caches = {
    internalRegistryHostname: '',
    localRegistry: [{ source: 'reg.acme.test', target: 'cache.test:5000/acme' }],
  };
  it.each([
    ['the registry of the status', 'reg.test/demo/web', local, `reg.test/demo/web@${b}`],
    [
      'the registry of the configuration, where status says nothing',
      undefined,
      { ...local, internalRegistryHostname: 'int.test:5000' },
      `int.test:5000/demo/web@${b}`,
    ],
    ['the cache that holds it', '', caches, `cache.test:5000/acme/crew/web@${b}`],
    ['a registry wins over a cache', 'reg.test/demo/web', caches, `reg.test/demo/web@${b}`],
    ['nothing of them', '', local, `reg.acme.test/crew/web@${b}`],
  ])('reference policy Local leads to %s', (_, dockerImageRepository, places, reference) => {
    const stream = rawStream({ status: { ...web.status, dockerImageRepository } });
    expect(streamTagView(stream, '2.1', image, places)).toMatchObject({
      image: { dockerImageReference: reference },
    });
  });
});

describe('ImageStreamImages', () => {
  const index = { metadata: { name: b }, dockerImageManifests: [{ digest: part }] };

  it.each([
    ['a digest', b, b],
    ['its beginning', 'sha256:bbb', b],
    ['the beginning of its hex part', 'aaaa', a],
    ['a part of an index', 'cc', part],
  ])('%s', (_, id, found) => {
    expect(findStreamImage(web, id, [index])).toMatchObject({
      ok: true,
      image: found,
      isPart: found === part,
    });
  });

  it.each([
    ['no image of the stream', 'dd', 'NotFound'],
    ['nothing at all', '', 'NotFound'],
    ['the beginning of several', 'sha256:', 'Ambiguous'],
  ])('%s: %j', (_, id, reason) => {
    expect(findStreamImage(web, id)).toMatchObject({ ok: false, reason });
    expect(streamImageView(web, id, image)).toMatchObject({ ok: false, reason });
  });

  test('the view is named as it was asked for', () => {
    expect(streamImageView(web, 'bbbb', image)).toEqual({
      ok: true,
      view: {
        apiVersion: 'image.openshift.io/v1',
        kind: 'ImageStreamImage',
        metadata: {
          name: 'web@bbbb',
          namespace: 'demo',
          creationTimestamp: '2024-05-04T08:00:01Z',
          annotations: web.metadata.annotations,
        },
        image: {
          metadata: {
            name: b,
            uid: 'i-1',
            creationTimestamp: '2024-05-04T08:00:01Z',
            annotations: { own: 'x' },
          },
          dockerImageReference: `reg.acme.test/crew/web@${b}`,
          dockerImageLayers: [{ name: a, size: 1 }],
        },
      },
    });
  });

  test('a part whose Image is unknown lies where its index does', () => {
    expect(streamImageView(web, 'cc', undefined, [index])).toMatchObject({
      ok: true,
      view: { image: { metadata: { name: part }, dockerImageReference: `reg.acme.test/crew/web@${part}` } },
    });
  });
});
