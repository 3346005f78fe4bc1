import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { tagEvents } from '../../src/imagestream/pull-spec.ts';
import { readImageStream } from '../../src/imagestream/read.ts';
import { streamTag } from '../../src/imagestream/stream-tag.ts';
import { packStream } from '../../src/store/pack-stream.ts';
import { packedDigests } from '../../src/store/packed-form.ts';
import { packedOddImages, unpackStream } from '../../src/store/unpack-stream.ts';
import { unpackHistory, unpackTag } from '../../src/store/unpack-tag.ts';
import { digestOf, eventOf, importedFrom } from '../imagestream/streams.ts';
import { anyStream, rawStream } from './any-stream.ts';

const name = { namespace: 'shop', name: 'app' };
const packed = (raw: object) => Buffer.from(packStream(readImageStream(raw)));

describe('a packed stream', () => {
  it('unpacks to what it was', () => {
    fc.assert(
      fc.property(anyStream, (raw) => {
        const stream = readImageStream(raw);
        expect(unpackStream(packStream(stream), name)).toStrictEqual(stream);
      }),
      { numRuns: 300 },
    );
  });

  it('unpacks with fewer events of each tag', () => {
    fc.assert(
      fc.property(anyStream, fc.nat({ max: 3 }), (raw, eventsMax) => {
        const stream = readImageStream(raw);
        const tags = stream.status.tags.map(({ tag, items }) => ({ tag, items: items.slice(0, eventsMax) }));
        const { status } = unpackStream(packStream(stream), name, eventsMax);
        expect(
          status.tags.map(({ tag, items }) => ({ tag, items: items.slice(0, eventsMax) })),
        ).toStrictEqual(tags);
      }),
    );
  });

  it('gives one tag as the stream itself does, whether it is there or not', () => {
    const odd = fc.constantFrom('', 'absent', '1', '1.00', '1.0\0', 'latest\ud800', 'é');
    fc.assert(
      fc.property(anyStream, fc.nat({ max: 9 }), odd, (raw, index, other) => {
        const stream = readImageStream(raw);
        const record = packStream(stream);
        for (const tag of [other, stream.status.tags[index]?.tag, stream.spec.tags[index]?.name]) {
          if (tag === undefined) continue;
          expect(unpackTag(record, name, tag)).toStrictEqual(streamTag(stream, tag));
          expect(unpackHistory(record, name, tag)).toStrictEqual(tagEvents(stream, tag));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('lists each image once, under digests or under the odd ones', () => {
    fc.assert(
      fc.property(anyStream, (raw) => {
        const stream = readImageStream(raw);
        const record = packStream(stream);
        const { count, at } = packedDigests(record);
        const digests = Array.from(
          { length: count },
          (_, index) => `sha256:${record.toString('hex', at + index * 32, at + index * 32 + 32)}`,
        );
        const images = stream.status.tags.flatMap(({ items }) => items.map(({ image }) => image));
        const expected = [...new Set(images)].filter((image) => image !== '');
        expect([...digests, ...packedOddImages(record)].toSorted()).toEqual(expected.toSorted());
      }),
    );
  });

  it('takes some 40 bytes an event, where its texts follow from each other', () => {
    const items = (first: number) =>
      ['a', 'b', 'c', 'd'].map((character, age) => eventOf(character, first - age, 'quay.io/team/app'));
    const tag = (tagName: string) => ({ tag: tagName, items: items(9) });
    const one = packed(rawStream([importedFrom('1.0', 'quay.io/team/app:1.0')], [tag('1.0')]));
    const two = packed(
      rawStream(
        [importedFrom('1.0', 'quay.io/team/app:1.0'), importedFrom('1.1', 'quay.io/team/app:1.1')],
        [tag('1.0'), tag('1.1')],
      ),
    );
    expect(one.length).toBeLessThan(4 * 40 + 40);
    // The same images again are hardly anything.
    expect(two.length - one.length).toBeLessThan(40);
  });

  it.each([
    ['a generation beyond what numbers hold', { generation: 1e300 }],
    ['a generation below zero', { generation: -1 }],
    ['a text that UTF-8 cannot say', { created: '\ud800' }],
    ['a digest of another kind', { image: `sha512:${'a'.repeat(128)}` }],
    ['a digest in capitals', { image: digestOf('A') }],
    ['a date that there is not', { created: '2026-02-30T00:00:00Z' }],
    ['a date with a fraction', { created: '2026-02-03T00:00:00.5Z' }],
    ['a date long ago', { created: '0001-01-01T00:00:00Z' }],
    ['no image', { image: '' }],
  ])('keeps %s', (_, odd) => {
    const stream = readImageStream(
      rawStream([], [{ tag: 'v1', items: [{ ...eventOf('a'), ...odd }, eventOf('b')] }]),
    );
    expect(unpackStream(packStream(stream), name)).toStrictEqual(stream);
  });
});
