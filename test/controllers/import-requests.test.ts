import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { requestAnnotations } from '../../src/importer/requests.ts';
import { imported, settingsWith, source } from '../importer/fixture.ts';
import { digest, image } from '../importer/scripted-registry.ts';
import { Bench, type Running } from './bench.ts';

let bench = new Bench();
let running: Running | undefined;

beforeEach(async () => {
  bench = new Bench();
  for (const number of [1, 2, 3]) bench.registry.serve(`${source}:v${number}`, image(number));
  running = await bench.start();
});

afterEach(() => running?.stop());

async function ask(which: keyof typeof requestAnnotations, text: string): Promise<void> {
  bench.take();
  bench.streams.apply('web', { annotations: { [requestAnnotations[which]]: text } });
  await bench.settle();
}

const notes = () => bench.notes.map(({ reason, message }) => `${reason} ${message}`);

describe('a request', () => {
  beforeEach(async () => {
    bench.streams.apply('web', { spec: { tags: [imported('v1'), imported('v2')] } });
    await bench.settle();
  });

  test('to import is answered once, by the tags that it names', async () => {
    await ask('import', 'a v2');
    expect(bench.take()).toEqual([`manifest ${source}:v2`, `config ${source}@${digest(2001)}`]);
    expect((await bench.tag('v2'))?.observed?.requestedAt).toBe('a');
    await bench.pass(3_600_000, 60_000);
    expect(bench.take()).toEqual([]);
  });

  test('to delete tags takes those that the spec no longer has', async () => {
    bench.streams.apply('web', { spec: { tags: [imported('v1')] } });
    await ask('delete', 'a v1 v2');
    expect([await bench.images('v1'), await bench.tag('v2')]).toEqual([[digest(1)], undefined]);
    expect(notes()).toEqual(['TagsDeleted deleted with their history: web:v2']);
    expect(bench.registry.take()).toEqual([]);
  });

  test('to check asks once for every image, and tells what is gone', async () => {
    bench.registry.drop(`${source}@${digest(2)}`);
    await ask('check', 'a');
    expect(bench.registry.take()).toEqual([`digest ${source}@${digest(1)}`, `digest ${source}@${digest(2)}`]);
    expect((await bench.tag('v1'))?.conditions).toEqual([]);
    expect((await bench.tag('v2'))?.conditions).toMatchObject([{ type: 'ImagePresent', status: 'False' }]);
    expect(notes()).toEqual([
      `ImageGone web:v2 stands for ${source}@${digest(2)}, which its registry no longer has`,
    ]);
  });

  test('to check takes back what is there again', async () => {
    bench.registry.drop(`${source}@${digest(2)}`);
    await ask('check', 'a');
    bench.registry.serve(`${source}:v2`, image(2));
    await ask('check', 'b v2');
    expect((await bench.tag('v2'))?.conditions).toEqual([]);
    expect((await bench.stream()).status.observed?.checkRequestedAt).toBe('b');
  });
});

describe('a whole repository', () => {
  const apply = async (spec: object = {}): Promise<void> => {
    bench.streams.apply('web', { spec: { dockerImageRepository: source, ...spec } });
    await bench.settle();
  };

  test('is listed once, and its tags imported in one write', async () => {
    await apply();
    expect(bench.streams.writes).toEqual(['written']);
    for (const number of [1, 2, 3]) expect(await bench.images(`v${number}`)).toEqual([digest(number)]);
    expect((await bench.stream()).status.observed?.repository).toMatchObject({
      name: source,
      additionalTags: 0,
      conditions: [],
    });
    bench.take();
    await bench.pass(3_600_000, 60_000);
    expect(bench.take()).toEqual([]);
  });

  test('has a limit, and says how many tags are beyond', async () => {
    bench.settings = settingsWith({ repositoryTagsMax: 1 });
    await apply();
    expect((await bench.stream()).status.tags).toHaveLength(1);
    expect((await bench.stream()).status.observed?.repository?.additionalTags).toBe(2);
  });

  test('of which one tag fails has the others, says so, and is tried again', async () => {
    bench.registry.fail(`${source}:v2`, 'denied');
    await apply();
    expect([await bench.images('v1'), await bench.images('v2')]).toEqual([[digest(1)], []]);
    expect((await bench.stream()).status.observed?.repository?.conditions).toMatchObject([
      {
        reason: 'ImportFailed',
        message: expect.stringContaining(
          `1 of 3 tags could not be imported, the first: v2: ${source}:v2: `,
        ) as unknown,
      },
    ]);
    bench.registry.mend(`${source}:v2`);
    await bench.pass(60_000, 500);
    expect(await bench.images('v2')).toEqual([digest(2)]);
    expect((await bench.stream()).status.observed?.repository?.conditions).toEqual([]);
    bench.take();
    await bench.pass(3_600_000, 60_000);
    expect(bench.take()).toEqual([]);
  });

  test('of which one tag goes on failing is read for its tries only', async () => {
    bench.registry.fail(`${source}:v2`, 'denied');
    await apply();
    await bench.pass(60_000, 500);
    bench.take();
    await bench.pass(3_600_000, 5000);
    const { reads } = bench.streams;
    const tries = bench.take().filter((asked) => asked.startsWith('tags ')).length;
    expect(tries).toBeGreaterThan(1);
    expect(reads).toBe(tries);
  });

  test('leaves alone what the spec has as tags of its own', async () => {
    await apply({ tags: [{ ...imported('v3'), name: 'v1' }] });
    expect([await bench.images('v1'), await bench.images('v2')]).toEqual([[digest(3)], [digest(2)]]);
  });

  test('is imported again when somebody asks', async () => {
    await apply();
    bench.registry.serve(`${source}:v4`, image(4));
    await ask('import', 'a');
    expect(await bench.images('v4')).toEqual([digest(4)]);
  });
});
