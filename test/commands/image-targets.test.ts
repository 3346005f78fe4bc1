import { describe, expect, it } from '@jest/globals';
import { imageTargets } from '../../src/commands/image-targets.ts';

const [streams, tags, images] = ['imagestreams', 'imagestreamtags', 'imagestreamimages'];

describe('arguments', () => {
  it.each<[string, readonly object[]]>([
    ['is', [{ resource: streams }]],
    ['ImageStream', [{ resource: streams }]],
    ['imagestreams.image.openshift.io', [{ resource: streams }]],
    ['imagestreams.v1.image.openshift.io', [{ resource: streams }]],
    ['istag', [{ resource: tags }]],
    ['isimage', [{ resource: images }]],
    ['is,istag', [{ resource: streams }, { resource: tags }]],
    [
      'is web api',
      [
        { resource: streams, name: 'web' },
        { resource: streams, name: 'api' },
      ],
    ],
    [
      'is/web istag/web:1',
      [
        { resource: streams, name: 'web' },
        { resource: tags, name: 'web:1' },
      ],
    ],
    [
      'is,istag web',
      [
        { resource: streams, name: 'web' },
        { resource: tags, name: 'web' },
      ],
    ],
  ])('%s', (words, value) => {
    expect(imageTargets(words.split(' '))).toEqual({ ok: true, value });
  });

  const none = (word: string) => `"${word}" is none of is, istag, isimage; kubectl knows all other kinds`;
  it.each<[string, string]>([
    ['', 'you must specify the type of resource: is, istag, isimage'],
    ['deploy', none('deploy')],
    ['deploy/web', none('deploy')],
    ['is,po', none('po')],
    ['toString', none('toString')],
    ['constructor/web', none('constructor')],
    [
      'is is/web',
      "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'is/web')",
    ],
    ['is/web web', 'arguments in resource/name form must have a single resource and name'],
    ['is/', 'arguments in resource/name form must have a single resource and name'],
    ['is/a/b', 'arguments in resource/name form must have a single resource and name'],
  ])('refused: "%s"', (words, message) => {
    expect(imageTargets(words.split(' '))).toEqual({ ok: false, message });
  });
});
