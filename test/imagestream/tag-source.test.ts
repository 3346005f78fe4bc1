import { describe, expect, test } from '@jest/globals';
import { readImageStream } from '../../src/imagestream/read.ts';
import { evaluateLocalSource, imageOfHistory, parseSource } from '../../src/imagestream/tag-source.ts';
import type { ObjectReference } from '../../src/imagestream/types.ts';
import { digestOf, eventOf } from './streams.ts';

const web = { namespace: 'demo', name: 'web' };

describe('parseSource', () => {
  test.each([
    [
      { kind: 'ImageStreamTag', name: 'v1' },
      { namespace: 'demo', stream: 'web', tag: 'v1' },
    ],
    [
      { kind: 'ImageStreamTag', name: 'os:9' },
      { namespace: 'demo', stream: 'os', tag: '9' },
    ],
    [
      { kind: 'ImageStreamTag', name: 'os:', namespace: '' },
      { namespace: 'demo', stream: 'os', tag: 'latest' },
    ],
    [
      { kind: 'ImageStreamTag', name: 'os:9', namespace: 'base' },
      { namespace: 'base', stream: 'os', tag: '9' },
    ],
    [
      { kind: 'ImageStreamImage', name: 'sha256:ab' },
      { namespace: 'demo', stream: 'web', id: 'sha256:ab' },
    ],
    [
      { kind: 'ImageStreamImage', name: 'os@ab' },
      { namespace: 'demo', stream: 'os', id: 'ab' },
    ],
  ])('%o', (from, source) => {
    expect(parseSource(from, web)).toEqual({ ok: true, source: { kind: from.kind, ...source } });
  });

  test('a DockerImage is an image reference', () => {
    expect(parseSource({ kind: 'DockerImage', name: 'reg.acme.test/crew/web:v1' }, web)).toMatchObject({
      ok: true,
      source: { kind: 'DockerImage', reference: { registry: 'reg.acme.test', tag: 'v1' } },
    });
  });

  test.each<[ObjectReference, string, string]>([
    [
      { kind: 'DockerImage', name: 'Bad Name' },
      'from.name',
      '"Bad Name" is no image reference: invalid reference format',
    ],
    [
      { kind: 'DockerImage', name: 'my.app:v1' },
      'from.name',
      '"my.app:v1" names a registry but no image in it',
    ],
    [{ kind: 'DockerImage', name: '' }, 'from.name', '"" is no image reference'],
    [{ kind: 'ImageStreamTag', name: 'a:b:c' }, 'from.name', '"a:b:c" must be of the form TAG or STREAM:TAG'],
    [{ kind: 'ImageStreamTag', name: ':v1' }, 'from.name', '":v1" must be'],
    [{ kind: 'ImageStreamTag', name: '' }, 'from.name', '"" must be'],
    [{ kind: 'ImageStreamImage', name: 'a@b@c' }, 'from.name', 'ID or STREAM@ID'],
    [{ kind: 'ImageStreamImage', name: 'os@' }, 'from.name', 'ID or STREAM@ID'],
    [
      { kind: 'Pod', name: 'x' },
      'from.kind',
      '"Pod" is no kind that a tag can follow; there are DockerImage,',
    ],
  ])('%o is refused', (from, field, message) => {
    const parsed = parseSource(from, web);
    expect(parsed).toMatchObject({ ok: false, field, message: expect.stringContaining(message) });
  });
});

describe('evaluateLocalSource', () => {
  const os = readImageStream({
    metadata: { namespace: 'base', name: 'os' },
    status: { tags: [{ tag: '9', items: [eventOf('b', 8, 'int.test/base/os'), eventOf('a', 7)] }] },
  });
  const settings = { destination: web, generation: 3, now: 'now', internalRegistryHostname: 'int.test' };
  const evaluate = (from: ObjectReference, reference = false, more: object = {}) => {
    const parsed = parseSource(from, web);
    if (!parsed.ok) throw new Error(parsed.message);
    const tag = { name: 'v1', from, reference, referencePolicy: 'Source' as const };
    return evaluateLocalSource(tag, parsed.source, os, { ...settings, ...more });
  };
  const tag9 = { kind: 'ImageStreamTag', name: 'os:9', namespace: 'base' };

  test('a copied tag keeps its age, gets its own generation, and is re-addressed in the internal registry', () => {
    const dockerImageReference = `int.test/demo/web@${digestOf('b')}`;
    expect(evaluate(tag9)).toEqual({
      outcome: 'event',
      event: { ...eventOf('b', 3), dockerImageReference },
    });
  });

  test('a reference tag is not re-addressed', () => {
    expect(evaluate(tag9, true)).toMatchObject({
      event: { dockerImageReference: `int.test/base/os@${digestOf('b')}` },
    });
  });

  test('an image of the history is tagged now', () => {
    const from = { kind: 'ImageStreamImage', name: 'os@aaaa', namespace: 'base' };
    expect(evaluate(from)).toEqual({ outcome: 'event', event: { ...eventOf('a', 3), created: 'now' } });
  });

  test('without a generation the event has none', () => {
    const evaluation = evaluate(tag9, false, { generation: undefined });
    expect(evaluation.outcome === 'event' && Object.keys(evaluation.event)).not.toContain('generation');
  });
});

describe('imageOfHistory', () => {
  const stream = readImageStream({
    metadata: web,
    status: {
      tags: [
        { tag: 'v1', items: [eventOf('a'), { dockerImageReference: 'x/y', image: '' }] },
        { tag: 'v2', items: [{ ...eventOf('b'), image: `sha256:ab${'0'.repeat(62)}` }, eventOf('a', 9)] },
      ],
    },
  });

  test.each([
    ['a digest', digestOf('a'), { ok: true, event: eventOf('a') }],
    ['the beginning of its hex part', 'aa', { ok: true, event: eventOf('a') }],
    ['the beginning of two images', 'a', { ok: false, message: expect.stringContaining('2 images') }],
    ['of none', 'c', { ok: false, message: expect.stringContaining('no image "c"') }],
  ])('%s', (_title, id, found) => {
    expect(imageOfHistory(stream, id)).toEqual(found);
  });
});
