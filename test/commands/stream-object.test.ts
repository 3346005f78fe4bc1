import { describe, expect, it } from '@jest/globals';
import {
  keyOf,
  newStream,
  specTagOf,
  withAnnotation,
  withoutSpecTag,
  withSpecTag,
} from '../../src/commands/stream-object.ts';

const streamOf = (...tags: readonly object[]) => ({ spec: { lookupPolicy: { local: true }, tags } });

describe('the spec tags of a stream', () => {
  it.each<[string, readonly object[], readonly object[]]>([
    ['at the end where it is new', [{ name: 'a' }], [{ name: 'a' }, { name: 'b', reference: true }]],
    ['in its place', [{ name: 'b', x: 1 }, { name: 'c' }], [{ name: 'b', reference: true }, { name: 'c' }]],
    [
      'in the place of the last one of its name',
      [{ name: 'b' }, { name: 'c' }, { name: 'b' }],
      [{ name: 'c' }, { name: 'b', reference: true }],
    ],
    ['alone', [], [{ name: 'b', reference: true }]],
  ])('a tag is set %s', (_, before, after) => {
    expect(withSpecTag(streamOf(...before), { name: 'b', reference: true })).toEqual(streamOf(...after));
  });

  it('of a stream without any', () => {
    expect(withSpecTag({}, { name: 'b' })).toEqual({ spec: { tags: [{ name: 'b' }] } });
    expect(specTagOf({}, 'b')).toBeUndefined();
  });

  it('of several of a name the last one counts, and all are removed', () => {
    const stream = streamOf({ name: 'b', x: 1 }, { name: 'a' }, { name: 'b', x: 2 });
    expect(specTagOf(stream, 'b')).toEqual({ name: 'b', x: 2 });
    expect(withoutSpecTag(stream, 'b')).toEqual(streamOf({ name: 'a' }));
  });
});

describe('an annotation', () => {
  it.each<[object, string | undefined, object]>([
    [{ name: 'web' }, 'x', { name: 'web', annotations: { k: 'x' } }],
    [{ annotations: { a: 'b', k: 'y' } }, 'x', { annotations: { a: 'b', k: 'x' } }],
    [{ annotations: { a: 'b', k: 'y' } }, undefined, { annotations: { a: 'b' } }],
    [{ name: 'web', annotations: { k: 'y' } }, undefined, { name: 'web' }],
    [{ name: 'web', annotations: null }, undefined, { name: 'web' }],
    [{ name: 'web' }, undefined, { name: 'web' }],
  ])('%j with %s', (metadata, value, expected) => {
    expect(withAnnotation({ metadata }, 'k', value)).toEqual({ metadata: expected });
  });
});

describe('a new stream', () => {
  const metadata = { name: 'web', namespace: 'demo' };
  it.each<[Parameters<typeof newStream>, object]>([
    [[{ namespace: 'demo', name: 'web' }], { lookupPolicy: { local: false } }],
    [[{ namespace: 'demo', name: 'web' }, [], true], { lookupPolicy: { local: true } }],
    [
      [{ namespace: 'demo', name: 'web' }, [{ name: '1' }]],
      { lookupPolicy: { local: false }, tags: [{ name: '1' }] },
    ],
  ])('%j', (args, spec) => {
    const stream = newStream(...args);
    expect(stream).toEqual({ apiVersion: 'image.openshift.io/v1', kind: 'ImageStream', metadata, spec });
    expect(keyOf(stream)).toEqual({ namespace: 'demo', name: 'web' });
  });
});
