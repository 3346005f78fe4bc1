import { expect, it, test } from '@jest/globals';
import {
  changeOf,
  eventsPerTag,
  namespaceOf,
  pageOf,
  streamBytes,
  streamName,
  tagsPerStream,
} from '../../bench/scene/large-streams.ts';
import { readImageStream } from '../../src/imagestream/read.ts';
import type { ImageStream } from '../../src/imagestream/types.ts';

interface Page {
  readonly metadata: { readonly continue?: string };
  readonly items: readonly unknown[];
}

const read = (bytes: Buffer): Page => JSON.parse(bytes.toString()) as Page;
const streamsOf = (bytes: Buffer): readonly ImageStream[] => read(bytes).items.map(readImageStream);
const digestsOf = ({ status }: ImageStream): readonly string[] =>
  status.tags.flatMap(({ items }) => items.map(({ image }) => image));

it.each([
  [0, undefined],
  [1, undefined],
  [3, 'next'],
])('a page of %i streams is JSON and says whether it is the last', (count, next) => {
  const { items, metadata } = read(pageOf(500, count, next));
  expect([items.length, metadata.continue]).toEqual([count, next]);
});

test('streams have the names that they are looked up by', () => {
  const [first, second] = streamsOf(pageOf(255, 2, undefined));
  expect(first?.metadata).toEqual({ namespace: namespaceOf(255), name: streamName(255) });
  expect(second?.metadata).toEqual({ namespace: namespaceOf(256), name: streamName(256) });
  expect(namespaceOf(255)).not.toBe(namespaceOf(256));
});

test('no two events of any stream share a digest, and each is one', () => {
  const digests = streamsOf(pageOf(0, 20, undefined)).flatMap(digestsOf);
  expect(new Set(digests).size).toBe(20 * tagsPerStream * eventsPerTag);
  expect(digests.filter((digest) => !/^sha256:[0-9a-f]{64}$/.test(digest))).toEqual([]);
});

test('a stream takes some 15 kB', () => {
  expect(streamBytes).toBeGreaterThan(14_000);
  expect(streamBytes).toBeLessThan(16_000);
});

test('a change gives the first tag another image and leaves the others', () => {
  const event = JSON.parse(changeOf(7, 3).toString()) as { readonly type: string; readonly object: unknown };
  const [before] = streamsOf(pageOf(7, 1, undefined)).map(digestsOf);
  const after = digestsOf(readImageStream(event.object));
  expect(event.type).toBe('MODIFIED');
  expect(after[0]).not.toBe(before?.[0]);
  expect(after.slice(1)).toEqual(before?.slice(1));
});
