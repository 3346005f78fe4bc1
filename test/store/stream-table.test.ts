import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { tagEvents } from '../../src/imagestream/pull-spec.ts';
import { readImageStream } from '../../src/imagestream/read.ts';
import { streamImage, streamTag, tagNames } from '../../src/imagestream/stream-tag.ts';
import type { ImageStream } from '../../src/imagestream/types.ts';
import { StreamTable } from '../../src/store/stream-table.ts';
import { digestOf, eventOf } from '../imagestream/streams.ts';
import { anyStream } from './any-stream.ts';

/** A stream `shop/NAME` whose tag v1 has had these images, newest first. */
function streamOf(name: string, images: readonly string[]): ImageStream {
  const items = images.map((image) => ({
    ...eventOf('a'),
    image,
    dockerImageReference: `quay.io/a/b@${image}`,
  }));
  return readImageStream({ metadata: { namespace: 'shop', name }, status: { tags: [{ tag: 'v1', items }] } });
}

const numbered = (number: number) => `sha256:${number.toString(16).padStart(64, '0')}`;
const filler = (name: string, first: number) =>
  streamOf(
    name,
    Array.from({ length: 1000 }, (_, index) => numbered(first + index)),
  );

describe('a table of streams', () => {
  it('answers as the streams themselves do, whatever was put and removed before', () => {
    const names = ['a', 'b', 'c', 'd'];
    const change = fc.record({ name: fc.constantFrom(...names), stream: fc.option(anyStream) });
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 3 }), (lists) => {
        const streams = new Map<string, ImageStream>();
        let table = new StreamTable();
        for (const [index, changes] of lists.entries()) {
          if (index > 0) table = listedAgain(table, streams);
          for (const { name, stream: raw } of changes) {
            if (raw === null) {
              streams.delete(name);
              table.remove('shop', name);
            } else {
              const stream = readImageStream({ ...raw, metadata: { namespace: 'shop', name } });
              streams.set(name, stream);
              table.put(stream);
            }
            // Asked now and then, so that what is remembered is asked for again when it has changed.
            expect(table.tag('shop', name, '1.0')).toEqual(
              streams.has(name) ? streamTag(streams.get(name) ?? streamOf(name, []), '1.0') : undefined,
            );
          }
          expectSame(table, streams, names);
        }
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ['nobody', [], false],
    ['one stream', ['a'], true],
    ['several streams', ['a', 'b', 'c'], true],
  ])('knows whether a digest is named, with %s left that names it', (_, left, expected) => {
    for (const digest of [digestOf('e'), `sha512:${'e'.repeat(128)}`]) {
      const table = new StreamTable();
      for (const name of ['a', 'b', 'c']) table.put(streamOf(name, [digest, digestOf('f')]));
      for (const name of ['a', 'b', 'c']) if (!left.includes(name)) table.remove('shop', name);
      expect(table.namesDigest(digest)).toBe(expected);
      expect(table.namesDigest(digest.slice(0, -1))).toBe(false);
      expect(table.namesDigest(digest.toUpperCase())).toBe(false);
    }
  });

  it('finds every stream and every digest after records have moved', () => {
    const table = new StreamTable();
    // 3 MB of records, of which only each tenth stays.
    for (let index = 0; index < 80; index += 1) table.put(filler(`s${index}`, index * 1000));
    for (let index = 0; index < 80; index += 1) if (index % 10 !== 0) table.remove('shop', `s${index}`);
    for (let index = 0; index < 80; index += 1) {
      const isThere = index % 10 === 0;
      expect(table.namesDigest(numbered(index * 1000 + 7))).toBe(isThere);
      expect(table.stream('shop', `s${index}`)).toEqual(
        isThere ? filler(`s${index}`, index * 1000) : undefined,
      );
    }
  });

  it('holds a stream that is larger than a chunk of memory', () => {
    const table = new StreamTable();
    const large = streamOf(
      'large',
      Array.from({ length: 40_000 }, (_, index) => numbered(index)),
    );
    table.put(large);
    table.put(streamOf('small', [digestOf('a')]));
    expect(table.stream('shop', 'large')).toEqual(large);
    table.remove('shop', 'large');
    expect(table.tag('shop', 'small', 'v1')?.event?.image).toBe(digestOf('a'));
    expect(table.namesDigest(numbered(39_999))).toBe(false);
  });

  it('takes no more memory where many streams come and go', () => {
    const table = new StreamTable();
    const inTurn = [filler('s', 0), filler('s', 1000), filler('s', 2000)];
    for (let turn = 0; turn < 80; turn += 1) for (const stream of inTurn) table.put(stream);
    // 8 MB were written in all.
    expect(table.heldBytes).toBeLessThan(2 * 1024 * 1024);
  });

  it('shares what is the same with the list before it', () => {
    const before = new StreamTable();
    for (let index = 0; index < 80; index += 1) before.put(filler(`s${index}`, index * 1000));
    const table = new StreamTable(before);
    for (let index = 0; index < 80; index += 1) table.put(filler(`s${index}`, index * 1000));
    table.put(filler('new', 1_000_000));
    table.settle();
    expect(table.heldBytes - before.heldBytes).toBeLessThanOrEqual(1024 * 1024);
    before.remove('shop', 's0');
    expect(table.stream('shop', 's0')).toEqual(filler('s0', 0));
    expect(table.size).toBe(81);
  });
});

/** The same streams, as a new list brings them. */
function listedAgain(before: StreamTable, streams: ReadonlyMap<string, ImageStream>): StreamTable {
  const table = new StreamTable(before);
  for (const stream of streams.values()) table.put(stream);
  table.settle();
  return table;
}

function expectSame(
  table: StreamTable,
  streams: ReadonlyMap<string, ImageStream>,
  names: readonly string[],
): void {
  expect(table.size).toBe(streams.size);
  const images = new Set<string>();
  for (const name of names) {
    const stream = streams.get(name);
    expect(table.stream('shop', name)).toEqual(stream);
    expect(table.tagNames('shop', name)).toEqual(stream === undefined ? [] : tagNames(stream));
    for (const tag of ['', '1.0', 'latest', 'absent']) {
      expect(table.tag('shop', name, tag)).toEqual(stream && streamTag(stream, tag));
      expect(table.history('shop', name, tag)).toEqual(stream === undefined ? [] : tagEvents(stream, tag));
    }
    for (const { items } of stream?.status.tags ?? []) for (const { image } of items) images.add(image);
    for (const id of ['sha256:0', '00', 'app', numbered(3)])
      expect(table.streamImage('shop', name, id)).toEqual(stream && streamImage(stream, id));
  }
  for (const digest of ['', 'sha256:', 'app@1', ...Array.from({ length: 41 }, (_, index) => numbered(index))])
    expect([digest, table.namesDigest(digest)]).toEqual([digest, digest !== '' && images.has(digest)]);
}
