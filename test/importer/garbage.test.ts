import { describe, expect, test } from '@jest/globals';
import { garbageOf, imagesOf, importedAtAnnotation, readKnownImage } from '../../src/importer/garbage.ts';
import { streamOf } from './fixture.ts';
import { digest } from './scripted-registry.ts';

const hourMs = 3_600_000;
const nowMs = 100 * hourMs;

const known = (number: number, ageMs: number | undefined, parts: readonly number[] = []) => ({
  name: digest(number),
  importedAtMs: ageMs === undefined ? undefined : nowMs - ageMs,
  parts: parts.map(digest),
});

describe('Images that nobody needs', () => {
  test.each<[string, readonly ReturnType<typeof known>[], readonly number[], readonly number[]]>([
    ['one that no history names', [known(1, hourMs)], [], [1]],
    ['not one that a history names', [known(1, hourMs), known(2, hourMs)], [1], [2]],
    ['not one that is young', [known(1, hourMs - 1)], [], []],
    ['not one that somebody else made', [known(1, undefined)], [], []],
    ['not the parts of an index that is named', [known(9, hourMs, [1]), known(1, hourMs)], [9], []],
    ['the parts of an index with it', [known(9, hourMs, [1]), known(1, hourMs)], [], [9, 1]],
    [
      'a part that a history names stays without its index',
      [known(9, hourMs, [1]), known(1, hourMs)],
      [1],
      [9],
    ],
    [
      'a part of two indexes of which one is named',
      [known(8, hourMs, [1]), known(9, hourMs, [1]), known(1, hourMs)],
      [8],
      [9],
    ],
  ])('%s', (_title, images, used, garbage) => {
    const found = garbageOf(images, new Set(used.map(digest)), nowMs, hourMs);
    expect(found.map(({ name }) => name)).toEqual(garbage.map(digest));
  });

  test.each<[string, object, object]>([
    [
      'made here',
      { [importedAtAnnotation]: '2024-05-01T10:00:00Z' },
      { importedAtMs: Date.UTC(2024, 4, 1, 10) },
    ],
    ['made elsewhere', {}, { importedAtMs: undefined }],
    ['with a time that is none', { [importedAtAnnotation]: 'yesterday' }, { importedAtMs: undefined }],
  ])('an Image %s', (_title, annotations, expected) => {
    const name = digest(1).replace(':', '-');
    expect(readKnownImage({ metadata: { name, annotations } })).toMatchObject({
      name: digest(1),
      parts: [],
      ...expected,
    });
  });

  test('an index names its parts', () => {
    const raw = {
      metadata: { name: digest(9) },
      dockerImageManifests: [{ digest: digest(1) }, { digest: digest(2) }],
    };
    expect(readKnownImage(raw).parts).toEqual([digest(1), digest(2)]);
  });

  test('a stream needs every image of its history, and none for references', () => {
    const items = [1, 2].map((number) => ({ dockerImageReference: 'x', image: digest(number) }));
    const status = [
      { tag: 'v1', items },
      { tag: 'ref', items: [{ dockerImageReference: 'x', image: '' }] },
    ];
    expect(imagesOf(streamOf({ status }))).toEqual([digest(1), digest(2)]);
  });
});
