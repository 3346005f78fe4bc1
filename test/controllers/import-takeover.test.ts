import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { requestAnnotations } from '../../src/importer/requests.ts';
import { imported, scheduled, settingsWith, source } from '../importer/fixture.ts';
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

const web = { spec: { tags: [imported('v1')] } };

/** Two images, kept whole: three Images are written. */
const whole = { spec: { tags: [imported('v1', { importPolicy: { importMode: 'PreserveOriginal' } })] } };
const both = index(9, { 'linux/amd64': 2, 'linux/arm64': 3 });

describe('an importer that stops while it imports', () => {
  test.each<[string, (running: Running) => void, { images: number; writes: readonly string[] }]>([
    [
      'when the registry has answered',
      (running) => {
        bench.registry.onAsked = ({ what }) => {
          if (what.endsWith(`@${digest(3001)}`)) running.abort();
        };
      },
      { images: 0, writes: [] },
    ],
    [
      'when one Image is written',
      (running) => {
        bench.streams.beforeImage = () => running.abort();
      },
      { images: 1, writes: [] },
    ],
    [
      'when all Images are written',
      (running) => {
        bench.streams.beforeImage = () => {
          if (bench.streams.images.size === 2) running.abort();
        };
      },
      { images: 3, writes: [] },
    ],
    [
      'while status is being written',
      (running) => {
        bench.streams.beforeWrite = () => running.abort();
      },
      { images: 3, writes: ['written'] },
    ],
  ])(
    '%s has written all or nothing, and the next one writes nothing twice',
    async (_title, stopIn, expected) => {
      bench.registry.serve(`${source}:v1`, both);
      const first = await start();
      stopIn(first);
      bench.streams.apply('web', whole);
      await bench.settle();
      expect(first.signal.aborted).toBe(true);
      expect({ images: bench.streams.images.size, writes: bench.streams.writes }).toEqual(expected);
      await start();
      expect(bench.streams.writes).toEqual(['written']);
      expect(await bench.images('v1')).toEqual([digest(9)]);
      expect([...bench.streams.images.keys()]).toEqual([digest(9), digest(2), digest(3)]);
      expect(bench.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
    },
  );

  test('while it waits for a registry ends at once, and writes nothing', async () => {
    bench.registry.silence(source);
    bench.streams.apply('web', web);
    const first = await start();
    await first.stop();
    expect(bench.streams.writes).toEqual([]);
  });

  test('between two tries to write gives up', async () => {
    const first = await start();
    let other = 0;
    bench.streams.beforeWrite = () =>
      bench.streams.apply('web', { annotations: { other: String((other += 1)) } });
    bench.streams.apply('web', web);
    await bench.pass(500, 10);
    const tries = bench.streams.writes.length;
    expect(tries).toBeGreaterThan(1);
    await first.stop();
    await bench.pass(10_000, 100);
    expect(bench.streams.writes).toHaveLength(tries);
    expect(await bench.images('v1')).toEqual([]);
  });

  test('does nothing any more that was due', async () => {
    bench.streams.apply('web', { spec: { tags: [scheduled('v1')] } });
    const first = await start();
    await first.stop();
    bench.take();
    bench.streams.apply('web', { annotations: { [requestAnnotations.import]: 'a' } });
    await bench.pass(3_600_000, 60_000);
    expect([bench.take(), bench.streams.reads]).toEqual([[], 0]);
  });
});

describe('two at once, which a Lease keeps from happening', () => {
  test('write the same image once', async () => {
    await start();
    await start();
    bench.streams.apply('web', web);
    await bench.pass(10_000, 50);
    expect(await bench.images('v1')).toEqual([digest(1)]);
    expect(bench.streams.writes.filter((outcome) => outcome === 'written')).toHaveLength(1);
  });
});

describe('a cluster that does not keep what was observed', () => {
  /** As with a CRD of before `observed`: the API server prunes it. */
  const pruned = (status: object): object => {
    const {
      observed: _observed,
      tags = [],
      ...rest
    } = status as { observed?: object; tags?: { observed?: object }[] };
    return { ...rest, tags: tags.map(({ observed: _observed, ...tag }) => tag) };
  };

  test.each<[string, () => unknown]>([
    ['a request that cannot be answered', () => undefined],
    ['a failure', () => bench.registry.fail(source, 'denied')],
  ])('%s costs registries little', async (_title, prepare) => {
    bench.streams.prune = pruned;
    bench.streams.restless = true;
    prepare();
    bench.streams.apply('web', { ...web, annotations: { [requestAnnotations.import]: 'a' } });
    await start();
    await bench.pass(600_000, 100);
    // Pauses double from a tenth of a second, up to those after failures or a minute.
    expect(bench.counted.length).toBeGreaterThan(10);
    expect(bench.counted.length).toBeLessThan(40);
  });

  test('an image is imported, and once', async () => {
    bench.streams.prune = pruned;
    bench.streams.apply('web', web);
    await start();
    bench.take();
    await bench.pass(600_000, 1000);
    expect(bench.take()).toEqual([]);
    expect(await bench.images('v1')).toEqual([digest(1)]);
  });
});

describe('new settings', () => {
  const blocked = (...blockedRegistries: string[]) =>
    settingsWith({ registrySources: { allowedRegistries: [], blockedRegistries, insecureRegistries: [] } });

  test('are taken up for what waits', async () => {
    bench.settings = blocked('reg.acme.test');
    bench.streams.apply('web', web);
    const { controller, signal } = await start();
    expect((await bench.tag('v1'))?.conditions).toMatchObject([{ reason: 'Forbidden' }]);
    bench.settings = settingsWith();
    await controller.replan(signal);
    await bench.pass(60_000, 1000);
    expect(await bench.images('v1')).toEqual([digest(1)]);
    expect((await bench.tag('v1'))?.conditions).toEqual([]);
  });

  test('make another import mode an import', async () => {
    bench.streams.apply('web', web);
    const { controller, signal } = await start();
    bench.settings = settingsWith({ defaultMode: 'PreserveOriginal' });
    bench.take();
    await controller.replan(signal);
    await bench.settle();
    expect(bench.counted).toEqual(['imported']);
    expect((await bench.tag('v1'))?.observed?.importMode).toBe('PreserveOriginal');
  });

  test('shorten histories that are over a new limit', async () => {
    bench.streams.apply('web', { spec: { tags: [scheduled('v1')] } });
    const { controller, signal } = await start();
    bench.registry.serve(`${source}:v1`, image(2));
    await bench.pass(900_000, 60_000);
    expect(await bench.images('v1')).toEqual([digest(2), digest(1)]);
    bench.settings = settingsWith({ historyLimit: 1 });
    await controller.replan(signal);
    await bench.settle();
    expect(await bench.images('v1')).toEqual([digest(2)]);
  });

  test('change nothing where nothing depends on them', async () => {
    bench.streams.apply('web', web);
    const { controller, signal } = await start();
    bench.take();
    await controller.replan(signal);
    await bench.settle();
    expect(bench.take()).toEqual([]);
  });
});

describe('a list', () => {
  test('forgets what it does not have, with what was due', async () => {
    bench.registry.fail(source, 'timeout');
    bench.streams.apply('web', web);
    const { controller } = await start();
    expect(controller.looks()).toHaveLength(1);
    controller.startList().commit();
    expect(controller.looks()).toEqual([]);
    bench.take();
    await bench.pass(600_000, 10_000);
    expect([bench.take(), bench.streams.reads]).toEqual([[], 0]);
  });
});
