import { isDeepStrictEqual } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, expect, test } from '@jest/globals';
import { requestAnnotations } from '../../../src/importer/requests.ts';
import { StatusError } from '../../../src/kube/status-error.ts';
import { TransportError } from '../../../src/kube/transport-error.ts';
import { pushImage } from '../../support/oci-images.ts';
import type { Json } from '../manifests/objects.ts';
import type { Registry } from '../registry.ts';
import { HistoryWatch } from './history-watch.ts';
import { fromRegistry, historyOf, pathOf, type StreamTag } from './streams.ts';
import type { World } from './world.ts';

const writers = Array.from({ length: 50 }, (_, writer) => writer);
const moves = [0, 1];
/** Every fifth writes history itself, as another controller or a person would. */
const isForeign = (writer: number): boolean => writer % 5 === 4;
const own = writers.filter((writer) => !isForeign(writer));
const foreignDigest = (writer: number, move: number): string =>
  `sha256:${String(writer * 100 + move).padStart(64, '0')}`;
const path = pathOf('writers', 'raced');

/** For writes that may be made twice: fifty writers keep a small machine's API server from answering in time. */
async function untilAnswered<T>(write: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof TransportError) || error.kind !== 'deadline') throw error;
    }
  }
}

/** Many who write to one stream at once: in its spec, in its annotations and in its status. */
export function describeWriters({ kubectl, client, streams, until }: World, registry: () => Registry): void {
  const digests: string[] = [];
  beforeAll(async () => {
    await kubectl('create namespace writers');
    for (const move of moves) {
      const image = { os: 'linux', architecture: 'amd64', labels: { move: String(move) } };
      digests.push((await pushImage(registry(), 'team/raced', `v${move}`, image)).digest);
    }
  });
  const specTag = (writer: number, move: number): Json =>
    fromRegistry(`tag-${writer}`, registry(), `team/raced:v${move}`);
  /** The API server repeats a patch that meets another write. */
  const moveSource = async (writer: number, move: number): Promise<void> => {
    const at = `/spec/tags/${own.indexOf(writer)}`;
    const patch = [
      { op: 'test', path: `${at}/name`, value: `tag-${writer}` },
      { op: 'replace', path: `${at}/from/name`, value: `${registry().host}/team/raced:v${move}` },
    ];
    await untilAnswered(() => client().patch(path, patch, 'json'));
  };
  /** By optimistic concurrency, as everybody who writes a whole status does. */
  const pushHistory = async (writer: number, move: number): Promise<void> => {
    for (;;) {
      const stream = await streams.get('writers', 'raced');
      const tags = stream.status?.tags ?? [];
      const name = `tag-${writer}`;
      const before: StreamTag = tags.find(({ tag }) => tag === name) ?? { tag: name, items: [] };
      const image = foreignDigest(writer, move);
      if (before.items?.[0]?.image === image) return;
      const dockerImageReference = `registry.test/foreign@${image}`;
      const item = { created: '2024-01-02T03:04:05Z', dockerImageReference, image, generation: move + 1 };
      const after = { ...before, items: [item, ...(before.items ?? [])] };
      const status = { ...stream.status, tags: [...tags.filter((tag) => tag !== before), after] };
      try {
        await untilAnswered(() => client().replace(`${path}/status`, { ...stream, status }));
        return;
      } catch (error) {
        if (!(error instanceof StatusError) || error.code !== 409) throw error;
        // As client-go's RetryOnConflict.
        await delay(10 + (writer % 10) * 5);
      }
    }
  };
  const expected = (writer: number, upTo: number): readonly string[] =>
    moves
      .slice(0, upTo + 1)
      .map((move) => (isForeign(writer) ? foreignDigest(writer, move) : (digests[move] ?? '')))
      .reverse();

  /** Its tag goes from image to image, each when the one before is in its history. */
  const write = async (watch: HistoryWatch, writer: number): Promise<void> => {
    const name = `tag-${writer}`;
    for (const move of moves) {
      if (isForeign(writer)) await pushHistory(writer, move);
      else if (move > 0) await moveSource(writer, move);
      if (writer % 7 === 0) {
        const annotations = { [requestAnnotations.import]: `${writer}-${move} ${name}` };
        await untilAnswered(() => streams.patch('writers', 'raced', { metadata: { annotations } }));
      }
      const done = (): Promise<boolean> =>
        isDeepStrictEqual(historyOf(watch.tag(name)), expected(writer, move))
          ? Promise.resolve(true)
          : Promise.reject(new Error(historyOf(watch.tag(name)).join(' ')));
      await until(`${name}, move ${move}`, done, 240_000);
    }
  };

  test('fifty writers on one stream lose no history item, and none is there twice', async () => {
    await streams.create(
      'writers',
      'raced',
      own.map((writer) => specTag(writer, 0)),
    );
    const watch = new HistoryWatch(client(), 'writers');

    await Promise.all(writers.map((writer) => write(watch, writer)));

    const { status } = await streams.get('writers', 'raced');
    const histories = new Map((status?.tags ?? []).map((tag) => [tag.tag, tag]));
    for (const writer of writers) {
      const tag = histories.get(`tag-${writer}`);
      expect([writer, historyOf(tag)]).toEqual([writer, expected(writer, moves.length - 1)]);
      const generations = (tag?.items ?? []).map(({ generation }) => generation);
      expect(generations).toEqual([...new Set(generations)].toSorted((a, b) => b - a));
    }
    const { versions, lost } = await watch.end();
    expect(versions).toBeGreaterThan(writers.length);
    expect(lost).toEqual([]);
  });
}
