import { describe, expect, it } from '@jest/globals';
import { newTag, type NewTagOrder } from '../../src/commands/new-tag.ts';
import { digest } from '../support/objects.ts';

const made = (order: Partial<NewTagOrder>) => newTag({ tag: '1', stream: 'web', ...order });

describe('create istag (spec 5.2)', () => {
  it.each<[string, Partial<NewTagOrder>, object]>([
    ['without a source', {}, {}],
    ['of an image', { fromImage: 'q.test/web:1' }, { from: { kind: 'DockerImage', name: 'q.test/web:1' } }],
    [
      'of an image by digest',
      { fromImage: `web@${digest('a')}` },
      { from: { kind: 'DockerImage', name: `web@${digest('a')}` } },
    ],
    ['of a tag', { from: 'os:9' }, { from: { kind: 'ImageStreamTag', name: 'os:9' } }],
    ['of a stream: latest', { from: 'os' }, { from: { kind: 'ImageStreamTag', name: 'os:latest' } }],
    [
      'of a tag of a namespace',
      { from: 'base/os:9' },
      { from: { kind: 'ImageStreamTag', namespace: 'base', name: 'os:9' } },
    ],
    ['of a tag of the same stream', { from: ':9' }, { from: { kind: 'ImageStreamTag', name: 'web:9' } }],
    [
      'of an image of a stream',
      { from: `os@${digest('a')}` },
      { from: { kind: 'ImageStreamImage', name: `os@${digest('a')}` } },
    ],
    ['on schedule', { scheduled: true }, { importPolicy: { scheduled: true } }],
    ['insecure', { insecure: true }, { importPolicy: { insecure: true } }],
    ['for reference', { reference: true }, { reference: true }],
    ['with all off', { scheduled: false, insecure: false, reference: false }, {}],
    ['local', { referencePolicy: 'local' }, { referencePolicy: { type: 'Local' } }],
    ['local, in capitals', { referencePolicy: 'LOCAL' }, { referencePolicy: { type: 'Local' } }],
    ['source', { referencePolicy: 'Source' }, { referencePolicy: { type: 'Source' } }],
    [
      'with annotations',
      { annotation: ['a=b,c', 'd=', 'e=f=g'] },
      { annotations: { a: 'b,c', d: '', e: 'f=g' } },
    ],
  ])('%s', (_, order, expected) => {
    expect(made(order)).toEqual({ ok: true, value: { name: '1', ...expected } });
  });

  it.each<[string, Partial<NewTagOrder>, string]>([
    ['both sources', { from: 'a:1', fromImage: 'b:1' }, '--from and --from-image may not be used together'],
    [
      'a registry',
      { from: 'q.test/a/b:1' },
      '--from must be an image stream tag or image stream image, and may not specify a registry',
    ],
    [
      'no tag',
      { from: 'UPPER' },
      '--from "UPPER" names no image stream tag: repository name must be lowercase',
    ],
    [
      'no image',
      { fromImage: 'UPPER' },
      '--from-image "UPPER" is no image reference: repository name must be lowercase',
    ],
    ['a policy', { referencePolicy: 'both' }, "--reference-policy must be 'source' or 'local'"],
    [
      'the removal of an annotation',
      { annotation: ['a-'] },
      'annotations must be of the form key=value, not "a-"',
    ],
    [
      'an annotation without a key',
      { annotation: ['=b'] },
      'annotations must be of the form key=value, not "=b"',
    ],
  ])('is refused: %s', (_, order, message) => {
    expect(made(order)).toEqual({ ok: false, message });
  });
});
