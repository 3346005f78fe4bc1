import { describe, expect, it, test } from '@jest/globals';
import { ApiObjects, type ApiObject } from '../../bench/api/objects.ts';
import { readApiPath } from '../../bench/api/path.ts';
import { PatchCount, TagCount } from '../../bench/api/progress.ts';

const metadata = { namespace: 'team-0', name: 'app-0' };

function oneStream(): { readonly objects: ApiObjects; readonly stored: ApiObject } {
  let version = 0;
  const objects = new ApiObjects(() => String((version += 1)));
  const written = objects.create({ metadata, spec: { tags: [] } });
  if (!written.ok) throw new Error('the first object is refused');
  return { objects, stored: written.object };
}

describe('ApiObjects', () => {
  it.each([
    ['what was read last', {}, { ok: true }],
    ['what somebody has written since', { resourceVersion: '0' }, { ok: false, code: 409 }],
    ['another object of that name', { uid: 'other' }, { ok: false, code: 409 }],
    ['an object that is not there', { name: 'app-1' }, { ok: false, code: 404 }],
  ])('answers a write on top of %s', (_title, change, answer) => {
    const { objects, stored } = oneStream();
    const written = objects.replace({ ...stored, metadata: { ...stored.metadata, ...change } }, 'object');
    expect(written).toMatchObject(answer);
  });

  test('makes no object twice', () => {
    expect(oneStream().objects.create({ metadata })).toEqual({ ok: false, code: 409 });
  });

  test('takes nothing but status from a write of status', () => {
    const { objects, stored } = oneStream();
    objects.replace({ ...stored, spec: 'other', status: { tags: [] } }, 'status');
    expect(objects.get('team-0', 'app-0')).toMatchObject({ spec: { tags: [] }, status: { tags: [] } });
  });

  test('gives each write a version of its own, and tells watchers', () => {
    const { objects, stored } = oneStream();
    const told: unknown[] = [];
    objects.watchers.add((type, object) => told.push([type, object.metadata.resourceVersion]));
    objects.replace(stored, 'object');
    expect(told).toEqual([['MODIFIED', '2']]);
  });
});

describe('readApiPath', () => {
  it.each([
    ['/apis/image.openshift.io/v1/images', { resource: 'images' }],
    ['/api/v1/namespaces/team-0', { resource: 'namespaces', name: 'team-0' }],
    ['/api/v1/namespaces/team-0/secrets', { resource: 'secrets', namespace: 'team-0' }],
    [
      '/apis/image.openshift.io/v1/namespaces/team-0/imagestreams/app-0/status',
      { resource: 'imagestreams', namespace: 'team-0', name: 'app-0', subresource: 'status' },
    ],
  ])('reads %s', (path, read) => {
    const nothing = { namespace: undefined, name: undefined, subresource: undefined };
    expect(readApiPath(path)).toEqual({ ...nothing, ...read });
  });

  test('reads no other path', () => {
    expect(readApiPath('/healthz')).toBeUndefined();
  });
});

test('TagCount counts each tag that stands for an image once, however often its stream is written', () => {
  const count = new TagCount();
  const stream = { metadata, status: { tags: [{ items: [{}] }, { items: null }] } };
  count.seen(stream);
  count.seen(stream);
  count.seen({ ...stream, metadata: { ...metadata, name: 'app-1' } });
  expect(count.total).toBe(2);
});

describe('a strategic merge patch', () => {
  const deployment: ApiObject = {
    metadata: { ...metadata, generation: 1 },
    spec: {
      replicas: 2,
      containers: [
        { name: 'web', image: 'a', args: ['x'] },
        { name: 'proxy', image: 'p' },
      ],
    },
  };
  const patched = (patch: object): unknown => {
    const objects = new ApiObjects(() => '1');
    objects.create(deployment);
    return objects.mergeStrategically('team-0', 'app-0', patch);
  };

  test('merges containers by name and leaves everything else', () => {
    expect(patched({ spec: { containers: [{ name: 'web', image: 'b' }] } })).toMatchObject({
      ok: true,
      object: {
        metadata: { generation: 2 },
        spec: {
          replicas: 2,
          containers: [
            { name: 'web', image: 'b', args: ['x'] },
            { name: 'proxy', image: 'p' },
          ],
        },
      },
    });
  });

  it.each([
    ['the version that it has', '1', { ok: true }],
    ['a version that is no more', '0', { ok: false, code: 409 }],
  ])('for %s', (_title, resourceVersion, answer) => {
    expect(patched({ metadata: { resourceVersion } })).toMatchObject(answer);
  });
});

test('PatchCount tells whether anything was patched twice', () => {
  const count = new PatchCount();
  for (const name of ['app-0', 'app-1', 'app-0']) count.written({ metadata: { ...metadata, name } });
  count.refused();
  expect(count.summary()).toMatchObject({ total: 3, objects: 2, most: 2, conflicts: 1 });
});
