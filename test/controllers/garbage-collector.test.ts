import { beforeEach, describe, expect, test } from '@jest/globals';
import { importedAtAnnotation } from '../../src/importer/garbage.ts';
import type { ImageObject } from '../../src/importer/stream-store.ts';
import {
  collectGarbage,
  collectOnce,
  minimumAgeMs,
  type GarbageCollectorOptions,
} from '../../src/controllers/garbage-collector.ts';
import { imported, source } from '../importer/fixture.ts';
import { digest, image } from '../importer/scripted-registry.ts';
import { Bench } from './bench.ts';

let bench = new Bench();
let stopping = new AbortController();

beforeEach(() => {
  bench = new Bench();
  stopping = new AbortController();
});

const options = (more: Partial<GarbageCollectorOptions> = {}): GarbageCollectorOptions => ({
  store: bench.streams,
  held: () => new Set(),
  clock: bench.clock,
  log: bench.log,
  signal: stopping.signal,
  ...more,
});

/** Adds an Image as the importer does, or as somebody else does where it has no age. */
function add(number: number, ageMs: number | undefined, parts: readonly number[] = []): void {
  const annotations =
    ageMs === undefined ? {} : { [importedAtAnnotation]: new Date(bench.clock.now() - ageMs).toISOString() };
  const raw: ImageObject = {
    apiVersion: 'image.openshift.io/v1',
    kind: 'Image',
    metadata: { name: digest(number), annotations },
    dockerImageManifests: parts.map((part) => ({ digest: digest(part) })),
  };
  bench.streams.images.set(digest(number), raw);
}

/** Gives the web stream a history. */
function name(...numbers: readonly number[]): void {
  bench.streams.apply('web', {});
  const items = numbers.map((number) => ({
    dockerImageReference: `${source}@${digest(number)}`,
    image: digest(number),
  }));
  bench.streams.applyStatus('web', { tags: [{ tag: 'v1', items }] });
}

const left = () => [...bench.streams.images.keys()];

describe('collecting once', () => {
  test('removes what no history names, what is old enough, and what the importer made', async () => {
    for (const number of [1, 2, 3]) add(number, minimumAgeMs);
    add(4, minimumAgeMs - 1);
    add(5, undefined);
    name(2, 1);
    expect(await collectOnce(options())).toBe(1);
    expect(left()).toEqual([1, 2, 4, 5].map(digest));
  });

  test('keeps the images of an index that a history names, and removes those of another', async () => {
    add(9, minimumAgeMs, [1, 2]);
    add(8, minimumAgeMs, [2, 3]);
    for (const number of [1, 2, 3]) add(number, minimumAgeMs);
    name(9);
    expect(await collectOnce(options())).toBe(2);
    expect(left()).toEqual([9, 1, 2].map(digest));
  });

  test('keeps what status is about to name', async () => {
    for (const number of [1, 2]) add(number, minimumAgeMs);
    expect(await collectOnce(options({ held: () => new Set([digest(1)]) }))).toBe(1);
    expect(left()).toEqual([digest(1)]);
  });

  test('keeps what has changed since it was read', async () => {
    add(1, minimumAgeMs);
    const held = () => {
      add(1, 2 * minimumAgeMs);
      return new Set<string>();
    };
    expect(await collectOnce(options({ held }))).toBe(0);
    expect(left()).toEqual([digest(1)]);
  });

  test('keeps an old Image that a stream begins to name while it collects', async () => {
    add(1, minimumAgeMs);
    bench.registry.serve(`${source}:v1`, image(1));
    const running = await bench.start();
    const store = boundStore();
    const eachStream: typeof store.eachStream = async (visit, signal) => {
      await store.eachStream(visit, signal);
      bench.streams.apply('web', { spec: { tags: [imported('v1')] } });
      await bench.settle();
    };
    const held = () => running.controller.heldImages();
    const collected = await collectOnce(options({ store: { ...store, eachStream }, held }));
    expect([collected, left()]).toEqual([0, [digest(1)]]);
    expect(await bench.images('v1')).toEqual([digest(1)]);
    await running.stop();
  });

  test('removes nothing any more when it is told to stop', async () => {
    for (const number of [1, 2]) add(number, minimumAgeMs);
    const held = () => {
      if (left().length === 1) stopping.abort(new Error('no longer the leader'));
      return new Set<string>();
    };
    await expect(collectOnce(options({ held }))).rejects.toThrow('no longer the leader');
    expect(left()).toEqual([digest(2)]);
  });
});

/** The bench's store, in parts that can be replaced. */
function boundStore(): GarbageCollectorOptions['store'] {
  const { streams } = bench;
  return {
    read: (key, signal) => streams.read(key, signal),
    writeStatus: (raw, status) => streams.writeStatus(raw, status),
    addImage: (raw) => streams.addImage(raw),
    eachImage: (visit, signal) => streams.eachImage(visit, signal),
    removeImage: (raw) => streams.removeImage(raw),
    eachStream: (visit, signal) => streams.eachStream(visit, signal),
  };
}

describe('what the importer holds', () => {
  test('is let go an hour after status has named it', async () => {
    bench.registry.serve(`${source}:v1`, image(1));
    const running = await bench.start();
    bench.streams.apply('web', { spec: { tags: [imported('v1')] } });
    await bench.settle();
    await bench.pass(minimumAgeMs);
    expect([...running.controller.heldImages()]).toEqual([digest(1)]);
    await bench.pass(1);
    expect([...running.controller.heldImages()]).toEqual([]);
    await running.stop();
  });
});

describe('the collector', () => {
  test('collects an hour after the start and then every hour, until it is stopped', async () => {
    const done = collectGarbage(options());
    add(1, minimumAgeMs);
    await bench.pass(minimumAgeMs - 1);
    expect(left()).toEqual([digest(1)]);
    await bench.pass(1);
    expect(left()).toEqual([]);
    expect(bench.log.lines.filter(({ level }) => level === 'info')).toMatchObject([
      { fields: { removed: 1 } },
    ]);
    add(2, minimumAgeMs);
    await bench.pass(minimumAgeMs);
    expect(left()).toEqual([]);
    stopping.abort();
    await done;
  });

  test('goes on after a store that failed', async () => {
    add(1, minimumAgeMs);
    let failing = true;
    const store = boundStore();
    const eachImage: typeof store.eachImage = (visit, signal) =>
      failing ? Promise.reject(new Error('the API server is away')) : store.eachImage(visit, signal);
    const done = collectGarbage(options({ store: { ...store, eachImage } }));
    await bench.pass(minimumAgeMs);
    expect(bench.log.lines).toMatchObject([
      { level: 'warn', fields: { error: 'Error: the API server is away' } },
    ]);
    failing = false;
    await bench.pass(minimumAgeMs);
    expect(left()).toEqual([]);
    stopping.abort();
    await done;
  });
});
