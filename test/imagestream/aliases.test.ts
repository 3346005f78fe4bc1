import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cycleText, findCycles, followTag, propagate } from '../../src/imagestream/aliases.ts';
import type { ObjectReference } from '../../src/imagestream/types.ts';
import { readWholeStream } from '../../src/imagestream/whole-stream.ts';
import { vectorGroup } from '../support/vectors.ts';
import { aliasOf, eventOf, streamWith } from './streams.ts';

interface FollowVector {
  readonly id: string;
  readonly stream: string;
  readonly specTags: Readonly<Record<string, ObjectReference>>;
  readonly tag: string;
  readonly expect: object;
}

describe('followTag', () => {
  test.each(vectorGroup<FollowVector>('followTag'))(
    '%s',
    (_id, { stream, specTags, tag, expect: expected }) => {
      const tags = Object.entries(specTags).map(([name, from]) => ({ name, from }));
      const { ok, ...answer } = followTag(
        readWholeStream({ metadata: { namespace: 'demo', name: stream }, spec: { tags } }),
        tag,
      );
      expect(answer).toEqual(expected);
      expect(ok).toBe(!('error' in expected));
    },
  );
});

/** `b>a` is a tag b that follows a; a letter alone is a tag that follows none. */
function streamOf(text: string, statusTags: readonly object[] = []) {
  const tags = text.split(' ').map((word) => {
    const [name = '', followed] = word.split('>');
    return followed === undefined ? { name } : aliasOf(name, followed);
  });
  return streamWith(tags, statusTags);
}

describe('findCycles', () => {
  test.each([
    ['a', []],
    ['a>z', []],
    ['a b>a c>b', []],
    ['a>a', [['a', 'a']]],
    ['a>web:a', [['a', 'a']]],
    ['b>a a>b', [['a', 'b', 'a']]],
    ['c>a a>b b>c', [['a', 'b', 'c', 'a']]],
    ['x>b y>x a>b b>a', [['a', 'b', 'a']]],
    [
      'a>b b>a c>d d>c',
      [
        ['a', 'b', 'a'],
        ['c', 'd', 'c'],
      ],
    ],
    ['a>other:a', []],
  ])('%s', (text, cycles) => {
    expect(findCycles(streamOf(text))).toEqual(cycles);
  });

  test('in words', () => {
    expect(cycleText(['a', 'b', 'a'])).toBe('tags a -> b -> a follow each other in a circle');
  });

  test('50,000 tags in one circle are walked once', () => {
    const count = 50_000;
    const tags = Array.from({ length: count }, (_, index) => aliasOf(`t${index}`, `t${(index + 1) % count}`));
    const started = performance.now();
    expect(findCycles(streamWith(tags))).toHaveLength(1);
    // Quadratic would be minutes.
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('propagate', () => {
  const none = () => undefined;
  const status = (tag: string, ...characters: string[]) => ({
    tag,
    items: characters.map((character) => eventOf(character)),
  });
  const newestOf = (tags: readonly { tag: string; items: readonly { image: string }[] }[]) =>
    Object.fromEntries(tags.map(({ tag, items }) => [tag, items[0]?.image.slice('sha256:'.length, 8)]));

  test.each([
    ['one hop', 'a b>a', [status('a', '1')], ['a'], { a: '1', b: '1' }],
    ['a chain in any order of the spec', 'c>b b>a a', [status('a', '1')], ['a'], { a: '1', b: '1', c: '1' }],
    ['what did not change is not pushed', 'a b>a', [status('a', '1')], ['x'], { a: '1' }],
    ['a tag without events', 'a b>a', [status('a'), status('b', '2')], ['a'], { a: undefined, b: '2' }],
    [
      'a follower that changed, too, ends as its root, told in either order',
      'a b>a c>b',
      [status('a', '1'), status('b', '2')],
      ['b', 'a'],
      { a: '1', b: '1', c: '1' },
    ],
    ['a circle ends', 'a>b b>a', [status('a', '1'), status('b', '2')], ['a'], { a: '1', b: '1' }],
    [
      'a circle with a follower that was named first',
      'a>b b>a c>a',
      [status('a', '1'), status('b', '2'), status('c', '3')],
      ['c', 'a'],
      { a: '1', b: '1', c: '1' },
    ],
  ])('%s', (_title, text, statusTags, changed, newest) => {
    const stream = streamOf(text, statusTags);
    expect(newestOf(propagate(stream, stream.status.tags, changed, none))).toEqual(newest);
  });

  test('the event gets the generation of the tag that follows, and what was there stays in the history', () => {
    const stream = streamOf('a b>a', [status('a', '1'), status('b', '2')]);
    const [, moved] = propagate(stream, stream.status.tags, ['a'], (tag) => (tag === 'b' ? 7 : 99));
    expect(moved?.items).toEqual([{ ...eventOf('1'), generation: 7 }, eventOf('2')]);
  });

  test('another image is a newer one, whatever generation its source has', () => {
    const stream = streamOf('a b>a', [
      { tag: 'a', items: [{ ...eventOf('1'), generation: 2 }] },
      { tag: 'b', items: [{ ...eventOf('2'), generation: 5 }] },
    ]);
    const [, moved] = propagate(stream, stream.status.tags, ['a'], none);
    expect(moved?.items.map(({ generation }) => generation)).toEqual([6, 5]);
  });

  test('nothing to do gives back the very list', () => {
    const stream = streamOf('a b>a', [status('a', '1'), status('b', '1')]);
    expect(propagate(stream, stream.status.tags, ['a'], none)).toBe(stream.status.tags);
  });

  test('on any graph it ends, makes every alias of a chain equal to its root, and done again changes nothing', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const graphs = fc.array(fc.option(fc.constantFrom(...names), { nil: undefined }), {
      minLength: names.length,
      maxLength: names.length,
    });
    fc.assert(
      fc.property(graphs, fc.shuffledSubarray(names), (targets, changed) => {
        const text = names
          .map((name, index) => (targets[index] ? `${name}>${targets[index]}` : name))
          .join(' ');
        const stream = streamOf(
          text,
          names.map((name, index) => status(name, String(index))),
        );
        const after = propagate(stream, stream.status.tags, changed, none);
        expect(propagate(stream, after, changed, none)).toBe(after);
        const newest = newestOf(after);
        for (const name of names) {
          const followed = followTag(stream, name);
          if (followed.ok && changed.includes(followed.finalTag)) {
            expect(newest[name]).toBe(newest[followed.finalTag]);
          }
        }
      }),
    );
  });
});
