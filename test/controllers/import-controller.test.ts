import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { requestAnnotations } from '../../src/importer/requests.ts';
import { nextTurn } from '../../src/importer/turn.ts';
import { createRandom } from '../support/random.ts';
import { follows, imported, scheduled, source } from '../importer/fixture.ts';
import { digest, image, index } from '../importer/scripted-registry.ts';
import { Bench, type Running } from './bench.ts';

let bench = new Bench();
const started: Running[] = [];

const start = async (): Promise<Running> => {
  const running = await bench.start();
  started.push(running);
  return running;
};

beforeEach(() => {
  bench = new Bench();
  bench.registry.serve(`${source}:v1`, image(1));
});

afterEach(async () => {
  for (const running of started.splice(0)) await running.stop();
});

const tags = (...specTags: readonly object[]) => ({ spec: { tags: specTags } });
const reasons = () => bench.notes.map(({ reason }) => reason);

describe('a new tag', () => {
  test('is imported: Images, then status, then people are told', async () => {
    await start();
    const order: string[] = [];
    bench.streams.beforeImage = () => order.push('image');
    bench.streams.beforeWrite = () => void order.push('status');
    bench.streams.apply('web', tags(imported('v1')));
    await bench.settle();
    expect(await bench.images('v1')).toEqual([digest(1)]);
    expect(order).toEqual(['image', 'status']);
    expect(bench.streams.images.get(digest(1))?.metadata.annotations).toMatchObject({
      'pinstream.dev/imported-at': '2024-05-01T00:00:00Z',
    });
    expect(bench.notes).toEqual([
      {
        type: 'Normal',
        reason: 'TagMoved',
        message: `web:v1 is now ${source}@${digest(1)}, from ${source}:v1`,
      },
    ]);
    expect(bench.counted).toEqual(['imported']);
  });

  test('that was there before the start is imported, and what is answered is not', async () => {
    bench.streams.apply('web', tags(imported('v1')));
    const first = await start();
    await first.stop();
    bench.take();
    await start();
    expect(bench.take()).toEqual([]);
    expect(await bench.images('v1')).toEqual([digest(1)]);
  });

  test('moves with those that follow it in one write', async () => {
    bench.streams.apply('web', tags(follows('latest', '20'), follows('20', 'v1'), imported('v1')));
    await start();
    expect(await bench.images('latest')).toEqual([digest(1)]);
    bench.registry.serve(`${source}:v1`, image(2));
    bench.take();
    bench.streams.apply('web', { annotations: { [requestAnnotations.import]: 'a v1' } });
    await bench.settle();
    expect(bench.streams.writes).toEqual(['written']);
    expect(await bench.images('latest')).toEqual([digest(2), digest(1)]);
    expect(bench.notes.map(({ message }) => message)).toEqual([
      expect.stringContaining('and with it 20, latest'),
    ]);
  });

  test('each of many, made one after another, is imported at once', async () => {
    await start();
    const specTags = [];
    for (let number = 1; number <= 12; number += 1) {
      bench.registry.serve(`${source}:t${number}`, image(number));
      specTags.push(imported(`t${number}`));
      bench.streams.apply('web', tags(...specTags));
      await bench.pass(200);
      expect(await bench.images(`t${number}`)).toEqual([digest(number)]);
    }
  });

  test('of a stream that was deleted meanwhile is nobody’s', async () => {
    await start();
    bench.streams.beforeImage = () => bench.streams.delete('web');
    bench.streams.apply('web', tags(imported('v1')));
    await bench.settle();
    expect(bench.streams.writes).toEqual(['gone']);
    expect(bench.notes).toEqual([]);
  });

  test('a remark of its registry is told, once for all looks that repeat it', async () => {
    bench.registry.remark(source, 'secret "regcred" was refused, and none is needed');
    bench.streams.apply('web', tags(scheduled('v1')));
    await start();
    await bench.pass(1_800_000, 60_000);
    expect(bench.notes.filter(({ reason }) => reason === 'ImportNote')).toEqual([
      {
        type: 'Warning',
        reason: 'ImportNote',
        message: 'web:v1: secret "regcred" was refused, and none is needed',
      },
    ]);
  });
});

describe('a tag that fails', () => {
  test('is tried again with growing pauses, and clears', async () => {
    bench.registry.fail(source, 'timeout');
    bench.streams.apply('web', tags(imported('v1')));
    await start();
    expect((await bench.tag('v1'))?.conditions).toMatchObject([{ reason: 'Timeout' }]);
    const tries: number[] = [];
    const startMs = bench.clock.now();
    bench.take();
    while (tries.length < 5) {
      await bench.pass(500);
      if (bench.take().length > 0) tries.push(bench.clock.now() - startMs);
    }
    // Steps of 10, 20, 40, … s, each taken to three quarters.
    expect(tries).toEqual([7500, 22_500, 52_500, 112_500, 232_500]);
    bench.registry.mend(source);
    await bench.pass(600_000, 5000);
    expect((await bench.tag('v1'))?.conditions).toEqual([]);
    expect(await bench.images('v1')).toEqual([digest(1)]);
    expect(bench.take()).toHaveLength(2);
    await bench.pass(3_600_000, 60_000);
    expect(bench.take()).toEqual([]);
  });

  test('writes and tells the same failure once', async () => {
    bench.registry.fail(source, 'timeout');
    bench.streams.apply('web', tags(imported('v1')));
    await start();
    expect([bench.streams.writes, reasons()]).toEqual([['written'], ['ImportFailed']]);
    bench.take();
    await bench.pass(1_200_000, 5000);
    expect(bench.counted.length).toBeGreaterThan(3);
    expect([bench.streams.writes, reasons()]).toEqual([[], []]);
  });

  test('does not keep others of its registry from being imported', async () => {
    bench.registry.serve(`${source}:v2`, image(2)).fail(`${source}:v1`, 'denied');
    bench.streams.apply('web', tags(imported('v1'), imported('v2')));
    await start();
    expect(await bench.images('v2')).toEqual([digest(2)]);
    expect(reasons().toSorted()).toEqual(['ImportFailed', 'TagMoved']);
  });

  test('is waited for as long as its registry says', async () => {
    bench.registry.fail(source, 'rateLimited', { retryAfterMs: 300_000 });
    bench.streams.apply('web', tags(imported('v1')));
    await start();
    bench.take();
    await bench.pass(299_000, 1000);
    expect(bench.take()).toEqual([]);
    await bench.pass(2000);
    expect(bench.take()).toHaveLength(1);
  });

  test('is asked once for each pause, however late the watch tells of the answer', async () => {
    bench.registry.fail(source, 'timeout');
    bench.streams.apply('web', { spec: { dockerImageRepository: source, tags: [] } });
    const { controller } = await start();
    const late: (() => void)[] = [];
    bench.streams.deliver = (event) => late.push(event);
    bench.registry.mend(source);
    bench.take();
    await bench.pass(30_000, 500);
    expect(bench.take().filter((asked) => asked.startsWith('tags '))).toHaveLength(1);
    expect(controller.waiting()).toBe(0);
    for (const event of late.splice(0)) event();
    await bench.pass(3_600_000, 60_000);
    expect(bench.take()).toEqual([]);
  });

  test('of a stream that is gone, which the watch does not tell, costs a read a minute at most', async () => {
    bench.registry.fail(source, 'timeout');
    bench.streams.apply('web', tags(imported('v1')));
    await start();
    bench.streams.deliver = () => undefined;
    bench.streams.delete('web');
    bench.take();
    await bench.pass(600_000, 1000);
    expect(bench.streams.reads).toBeLessThanOrEqual(11);
    expect(bench.streams.reads).toBeGreaterThan(0);
  });
});

describe('a scheduled tag', () => {
  const atTurn = async () => {
    const turnMs = nextTurn('demo/web registry reg.acme.test', 900_000, bench.clock.now());
    await bench.pass(turnMs - bench.clock.now(), 60_000);
  };

  test('that is unchanged costs one request a turn and no write', async () => {
    bench.registry.serve(`${source}:v2`, index(9, { 'linux/amd64': 2 }));
    bench.streams.apply('web', tags(scheduled('v1'), scheduled('v2'), imported('v3')));
    bench.registry.serve(`${source}:v3`, image(3));
    await start();
    bench.take();
    for (let round = 0; round < 3; round += 1) {
      await atTurn();
      expect(bench.take()).toEqual([`digest ${source}:v1`, `digest ${source}:v2`]);
      expect(bench.streams.writes).toEqual([]);
    }
  });

  test('is looked at in its turn, not before', async () => {
    bench.streams.apply('web', tags(scheduled('v1')));
    const { controller } = await start();
    const turnMs = nextTurn('demo/web registry reg.acme.test', 900_000, bench.clock.now());
    bench.take();
    await bench.pass(turnMs - 1 - bench.clock.now());
    expect(bench.take()).toEqual([]);
    await bench.pass(1);
    expect(bench.take()).toHaveLength(1);
    expect(controller.looks()).toEqual([
      {
        namespace: 'demo',
        stream: 'web',
        tag: 'v1',
        checkedAt: new Date(turnMs).toISOString(),
        result: 'unchanged',
      },
    ]);
    expect(controller.looks('other')).toEqual([]);
  });

  test('that has moved is imported', async () => {
    bench.streams.apply('web', tags(scheduled('v1')));
    await start();
    bench.registry.serve(`${source}:v1`, image(2));
    await atTurn();
    expect(await bench.images('v1')).toEqual([digest(2), digest(1)]);
  });

  test('that disappeared says so, keeps its image, and says where that is gone, too', async () => {
    bench.streams.apply('web', tags(scheduled('v1')));
    await start();
    bench.take();
    bench.registry.drop(`${source}:v1`).drop(`${source}@${digest(1)}`);
    await atTurn();
    expect(reasons()).toEqual(['ImportFailed', 'ImageGone']);
    expect(await bench.images('v1')).toEqual([digest(1)]);
  });

  test('is looked at on time though writing failed', async () => {
    bench.streams.apply('web', tags(scheduled('v1')));
    await start();
    bench.registry.serve(`${source}:v1`, image(2));
    bench.streams.beforeWrite = () => Promise.reject(new Error('the API server is away'));
    await atTurn();
    expect(await bench.images('v1')).toEqual([digest(1)]);
    bench.streams.beforeWrite = () => undefined;
    await bench.pass(10_000, 1000);
    expect(await bench.images('v1')).toEqual([digest(2), digest(1)]);
    expect(bench.log.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { fields: { namespace: 'demo', name: 'web', error: 'the API server is away' } },
    ]);
  });
});

describe('many writers', () => {
  const specTags = (count: number) => Array.from({ length: count }, (_, number) => imported(`t${number}`));

  test('50 who change the spec lose no history and no tag', async () => {
    await start();
    for (let number = 0; number < 50; number += 1)
      bench.registry.serve(`${source}:t${number}`, image(number + 1));
    const random = createRandom(7);
    let count = 0;
    // Somebody else writes just before each of the importer's writes, until all have.
    bench.streams.beforeWrite = () => {
      if (count < 50) bench.streams.apply('web', tags(...specTags((count += 1 + random.below(3)))));
    };
    bench.streams.apply('web', tags(...specTags(1)));
    await bench.pass(60_000, 50);
    expect(bench.streams.writes.filter((outcome) => outcome === 'conflict').length).toBeGreaterThan(10);
    for (let number = 0; number < 50; number += 1)
      expect(await bench.images(`t${number}`)).toEqual([digest(number + 1)]);
  });

  test('50 who change the status lose no history', async () => {
    bench.streams.apply('web', tags(imported('v1')));
    await start();
    let pushed = 0;
    bench.streams.beforeWrite = async () => {
      if (pushed === 50) return;
      pushed += 1;
      const { status } = await bench.stream();
      const event = {
        dockerImageReference: `int.test/demo/web@${digest(pushed)}`,
        image: digest(pushed),
        generation: pushed,
      };
      const before = status.tags.find(({ tag }) => tag === 'pushed')?.items ?? [];
      const others = status.tags.filter(({ tag }) => tag !== 'pushed');
      bench.streams.applyStatus('web', {
        ...status,
        tags: [...others, { tag: 'pushed', items: [event, ...before] }],
      });
    };
    bench.registry.serve(`${source}:v1`, image(70));
    bench.streams.apply('web', { annotations: { [requestAnnotations.import]: 'a' } });
    await bench.pass(60_000, 50);
    expect(pushed).toBe(50);
    expect(await bench.images('v1')).toEqual([digest(70), digest(1)]);
    expect(await bench.images('pushed')).toEqual(
      Array.from({ length: 50 }, (_, number) => digest(50 - number)),
    );
  });

  test('what was asked of the registry, and its Images, are not fetched or written again after a conflict', async () => {
    await start();
    let conflicts = 3;
    let images = 0;
    bench.streams.beforeImage = () => void (images += 1);
    bench.streams.beforeWrite = () => {
      if ((conflicts -= 1) >= 0) bench.streams.apply('web', { annotations: { other: String(conflicts) } });
    };
    bench.streams.apply('web', tags(imported('v1')));
    await bench.pass(5000, 10);
    expect(bench.streams.writes).toEqual(['conflict', 'conflict', 'conflict', 'written']);
    expect(images).toBe(1);
    expect(bench.take()).toEqual([`manifest ${source}:v1`, `config ${source}@${digest(1001)}`]);
  });
});

describe('a copy', () => {
  const os = { spec: { tags: [{ ...imported('v1'), name: '9' }] } };
  const copying = tags(follows('v1', 'os:9', { namespace: 'base' }));

  test('waits for its stream, and is made when that has the tag', async () => {
    bench.streams.apply('web', copying);
    await start();
    expect((await bench.tag('v1'))?.conditions).toMatchObject([{ reason: 'NotFound' }]);
    bench.streams.apply('os', os, 'base');
    await bench.settle();
    expect(await bench.images('v1')).toEqual([digest(1)]);
    expect((await bench.tag('v1'))?.conditions).toEqual([]);
  });

  test('is tried again with growing pauses where nobody tells', async () => {
    bench.streams.apply('web', copying);
    const { controller } = await start();
    const tries: number[] = [];
    const startMs = bench.clock.now();
    bench.take();
    while (tries.length < 4) {
      await bench.pass(500);
      if (bench.counted.splice(0).length > 0) tries.push(bench.clock.now() - startMs);
    }
    expect(tries).toEqual([22_500, 67_500, 157_500, 337_500]);
    expect(controller.looks()).toMatchObject([{ tag: 'v1', result: 'failed' }]);
  });

  test('is not made without permission, and is with it', async () => {
    bench.mayCopy = false;
    bench.streams.apply('os', os, 'base');
    bench.streams.apply('web', copying);
    await start();
    expect((await bench.tag('v1'))?.conditions).toMatchObject([{ reason: 'Forbidden' }]);
    bench.mayCopy = true;
    await bench.pass(60_000, 1000);
    expect(await bench.images('v1')).toEqual([digest(1)]);
  });

  test('is made once: the source moves on without it', async () => {
    bench.streams.apply('os', os, 'base');
    bench.streams.apply('web', copying);
    await start();
    await bench.pass(60_000, 1000);
    expect(await bench.images('v1')).toEqual([digest(1)]);
    bench.registry.serve(`${source}:v1`, image(2));
    bench.streams.apply('os', { annotations: { [requestAnnotations.import]: 'a' } }, 'base');
    await bench.settle();
    expect(await bench.images('9', 'os', 'base')).toEqual([digest(2), digest(1)]);
    expect(await bench.images('v1')).toEqual([digest(1)]);
  });

  test('two streams that wait for each other keep nobody busy', async () => {
    bench.streams.apply('a', tags(follows('v1', 'b:v1')));
    bench.streams.apply('b', tags(follows('v1', 'a:v1')));
    await start();
    bench.take();
    await bench.pass(10_000, 1000);
    expect(bench.streams.reads).toBeLessThan(10);
    expect(bench.streams.writes).toEqual([]);
  });
});

test('a registry that never answers holds up no other of the same stream', async () => {
  const silent = { name: 'v0', from: { kind: 'DockerImage', name: 'silent.test/web:v0' } };
  bench.registry.silence('silent.test');
  bench.streams.apply('web', tags(silent, scheduled('v1'), follows('latest', 'v1')));
  await start();
  expect(await bench.images('latest')).toEqual([digest(1)]);
  bench.registry.serve(`${source}:v1`, image(2));
  await bench.pass(900_000, 60_000);
  expect(await bench.images('latest')).toEqual([digest(2), digest(1)]);
  expect(await bench.images('v0')).toEqual([]);
});
