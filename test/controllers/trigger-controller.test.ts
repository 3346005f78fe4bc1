import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { triggerKinds } from '../../src/controllers/trigger-kinds.ts';
import { asObject } from '../../src/json/untyped.ts';
import { image, templated, TriggerBench, triggers, type Running } from './trigger-bench.ts';

let bench = new TriggerBench();
const started: Running[] = [];

const start = async (kinds = triggerKinds): Promise<Running> => {
  const running = await bench.start(kinds);
  started.push(running);
  return running;
};

beforeEach(() => {
  bench = new TriggerBench();
});

afterEach(async () => {
  for (const running of started.splice(0)) await running.stop();
});

const cause = 'kubernetes.io/change-cause';
const enforced = { 'pinstream.dev/trigger-mode': 'enforce' };
const tagName = 'image stream tag demo/web:prod';

describe('a tag that moves', () => {
  test.each(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicationController'])(
    'rolls a %s once, with a patch of its image and nothing else',
    async (kind) => {
      await bench.tags({ prod: [[1, 'a']] });
      bench.workloads.apply(kind, 'web', templated({ web: image('a'), other: 'sidecar:1' }));
      await start();
      await bench.pass(2000);
      expect(bench.workloads.patches).toEqual([]);

      await bench.tags({
        prod: [
          [2, 'b'],
          [1, 'a'],
        ],
      });
      await bench.pass(5000);
      expect(bench.images(kind, 'web')).toEqual([image('b'), 'sidecar:1']);
      expect(bench.workloads.patches).toEqual([
        {
          name: 'web',
          outcome: 'written',
          patch: {
            metadata: { resourceVersion: expect.any(String) },
            spec: { template: { spec: { containers: [{ name: 'web', image: image('b') }] } } },
          },
        },
      ]);
      expect(bench.told).toEqual([
        `${kind} web: ImageTriggered: container web: ${image('a')} → ${image('b')}, ${tagName}, generation 2`,
      ]);
    },
  );

  test('changes the jobs that a CronJob will make', async () => {
    await bench.tags({ prod: [[1, 'a']] });
    const { metadata, spec } = templated({ web: image('a') });
    const annotation = triggers([{}], 'spec.jobTemplate.spec.template.spec');
    bench.workloads.apply('CronJob', 'web', {
      metadata: { ...asObject(metadata), annotations: { 'image.openshift.io/triggers': annotation } },
      spec: { jobTemplate: { spec } },
    });
    await start();
    await bench.tags({
      prod: [
        [2, 'b'],
        [1, 'a'],
      ],
    });
    await bench.pass(2000);
    expect(bench.images('CronJob', 'web')).toEqual([image('b')]);
  });

  test('changes a running Pod in place, which is read in full for it', async () => {
    await bench.tags({ prod: [[1, 'a']] });
    const annotations = { 'image.openshift.io/triggers': triggers([{}], 'spec') };
    const containers = [{ name: 'web', image: image('a') }];
    bench.workloads.apply('Pod', 'web', { metadata: { annotations }, spec: { containers } });
    bench.workloads.apply('Pod', 'ended', {
      metadata: { annotations },
      spec: { containers },
      status: { phase: 'Succeeded' },
    });
    await start();
    await bench.tags({
      prod: [
        [2, 'b'],
        [1, 'a'],
      ],
    });
    await bench.pass(2000);
    expect(bench.written()).toEqual(['web']);
    expect(bench.images('Pod', 'web')).toEqual([image('b')]);
    expect(await bench.recorded('prod')).toBe(2);
  });

  test('of a Job is told: its template cannot be changed', async () => {
    await bench.tags({ prod: [[1, 'a']] });
    bench.workloads.apply('Job', 'web', templated({ web: image('a') }));
    bench.workloads.apply('Job', 'ended', {
      ...templated({ web: image('a') }),
      status: { conditions: [{ type: 'Complete', status: 'True' }] },
    });
    await start();
    await bench.tags({
      prod: [
        [2, 'b'],
        [1, 'a'],
      ],
    });
    await bench.pass(5000);
    expect(bench.workloads.patches).toEqual([]);
    expect(bench.told).toEqual([
      `Job web: JobImmutable: container web keeps ${image('a')}: the template of a Job cannot be changed; ${tagName} is now ${image('b')}, generation 2; delete the Job and create it again to run that`,
    ]);
    expect(await bench.recorded('prod')).toBe(2);
  });

  test('together with others within the gather window makes one rollout, after that window', async () => {
    await bench.tags({ prod: [[1, 'a']], side: [[1, 'a']] });
    await bench.tags({ init: [[1, 'a']] }, 'tools');
    const held = image('a', 'tools');
    bench.workloads.apply(
      'Deployment',
      'web',
      templated(
        { web: image('a'), side: image('a'), init: held },
        {
          'image.openshift.io/triggers': triggers([
            {},
            { container: 'side', from: 'web:side' },
            { container: 'init', from: 'tools:init' },
          ]),
        },
      ),
    );
    await start();
    await bench.pass(2000);
    await bench.tags({
      prod: [
        [2, 'b'],
        [1, 'a'],
      ],
    });
    await bench.pass(500);
    await bench.tags({
      side: [
        [3, 'c'],
        [1, 'a'],
      ],
    });
    await bench.tags(
      {
        init: [
          [2, 'd'],
          [1, 'a'],
        ],
      },
      'tools',
    );
    await bench.pass(400);
    expect(bench.workloads.patches).toEqual([]);
    await bench.pass(200);
    expect(bench.written()).toEqual(['web']);
    expect(bench.images('Deployment', 'web')).toEqual([image('b'), image('c'), image('d', 'tools')]);
    await bench.pass(5000);
    expect(bench.written()).toEqual(['web']);
  });

  test('waits for its window also when the workload changes meanwhile', async () => {
    await bench.tags({ prod: [[1, 'a']] });
    bench.workloads.apply('Deployment', 'web', templated({ web: image('a'), side: 'sidecar:1' }));
    await start();
    await bench.pass(2000);
    await bench.tags({
      prod: [
        [2, 'b'],
        [1, 'a'],
      ],
    });
    await bench.pass(300);
    bench.workloads.edit('Deployment', 'web', {
      spec: { template: { spec: { containers: [{ name: 'side', image: 'sidecar:2' }] } } },
    });
    await bench.pass(600);
    expect(bench.workloads.patches).toEqual([]);
    await bench.pass(200);
    expect(bench.images('Deployment', 'web')).toEqual([image('b'), 'sidecar:2']);
  });

  test('is followed by an alias that takes over a generation that it has had', async () => {
    await bench.tags({ prod: [[2, 'a']] });
    bench.workloads.apply('Deployment', 'web', templated({ web: image('a') }));
    await start();
    await bench.pass(2000);
    expect(await bench.recorded('prod')).toBe(2);
    await bench.tags({
      prod: [
        [2, 'b'],
        [2, 'a'],
      ],
    });
    await bench.pass(2000);
    expect(bench.written()).toEqual(['web']);
  });

  test('is followed when it moves again while a workload is being written', async () => {
    await bench.tags({ prod: [[1, 'a']] });
    bench.workloads.apply('Deployment', 'web', templated({ web: image('a') }));
    await start();
    await bench.pass(2000);
    let once = true;
    bench.workloads.beforePatch = async () => {
      if (once)
        await bench.tags({
          prod: [
            [2, 'c'],
            [2, 'b'],
            [1, 'a'],
          ],
        });
      once = false;
      // Long enough for the watch to tell of it.
      await bench.settle();
      return undefined;
    };
    await bench.tags({
      prod: [
        [2, 'b'],
        [1, 'a'],
      ],
    });
    await bench.pass(5000);
    expect(bench.images('Deployment', 'web')).toEqual([image('c')]);
    expect(await bench.recorded('prod')).toBe(2);
  });

  test.each([
    ['for all, by the configuration', { changeCause: true }, {}],
    ['for one, by its annotation', {}, { 'pinstream.dev/trigger-change-cause': 'true' }],
  ])('leaves a change cause where one is wanted: %s', async (_who, settings, annotations) => {
    bench.settings = { ...bench.settings, ...settings };
    await bench.tags({ prod: [[1, 'a']] });
    bench.workloads.apply('Deployment', 'web', templated({ web: image('a') }, annotations));
    await start();
    await bench.tags({
      prod: [
        [2, 'b'],
        [1, 'a'],
      ],
    });
    await bench.pass(2000);
    const { metadata } = bench.workloads.get('Deployment', 'web');
    expect(asObject(asObject(metadata).annotations)[cause]).toBe(
      `container web: ${image('a')} → ${image('b')}, ${tagName}, generation 2`,
    );
  });

  test('costs only the workloads that follow it: 10 of 10,000, and no list', async () => {
    await bench.tags({ prod: [[1, 'a']], other: [[1, 'a']] });
    const other = { 'image.openshift.io/triggers': triggers([{ from: 'web:other' }]) };
    for (let number = 0; number < 10_000; number += 1) {
      const annotations = number % 1000 === 0 ? {} : other;
      bench.workloads.apply('Deployment', `d${number}`, templated({ web: image('a') }, annotations));
    }
    await start();
    await bench.pass(20_000, 1000);
    const { lists, reads } = bench.workloads;
    await bench.tags({
      prod: [
        [2, 'b'],
        [1, 'a'],
      ],
    });
    await bench.pass(10_000, 1000);
    expect(bench.written().sort()).toEqual(
      Array.from({ length: 10 }, (_none, number) => `d${number * 1000}`).sort(),
    );
    expect([bench.workloads.patches.length, bench.workloads.lists, bench.workloads.reads]).toEqual([
      10,
      lists,
      reads,
    ]);
  });
});

describe('what is left alone', () => {
  test.each<[string, Readonly<Record<string, string>>]>([
    ['a paused trigger', { 'image.openshift.io/triggers': triggers([{ paused: true }]) }],
    ['a tag that stands for nothing', { 'image.openshift.io/triggers': triggers([{ from: 'web:none' }]) }],
    ['a stream that is not there', { 'image.openshift.io/triggers': triggers([{ from: 'none:prod' }]) }],
  ])('%s', async (_what, annotations) => {
    await bench.tags({ prod: [[1, 'a']] });
    bench.workloads.apply('Deployment', 'web', templated({ web: 'placeholder' }, annotations));
    await start();
    await bench.tags({
      prod: [
        [2, 'b'],
        [1, 'a'],
      ],
    });
    await bench.pass(5000);
    expect(bench.images('Deployment', 'web')).toEqual(['placeholder']);
    // Nobody follows it, so nobody needs to know of its fan-out.
    expect(await bench.recorded('prod')).toBeUndefined();
  });

  test.each<[string, object]>([
    ['what a built-in workload manages', { ownerReferences: [owner('apps/v1', 'Deployment')] }],
    ['what is being deleted', { deletionTimestamp: '2024-05-01T00:00:00Z' }],
  ])('%s', async (_what, metadata) => {
    await bench.tags({ prod: [[1, 'a']] });
    const workload = templated({ web: 'placeholder' });
    bench.workloads.apply('StatefulSet', 'web', {
      ...workload,
      metadata: { ...asObject(workload.metadata), ...metadata },
    });
    const { controller } = await start();
    await bench.pass(5000);
    expect([controller.workloads(), bench.workloads.patches]).toEqual([0, []]);
  });

  test('what an operator manages is its own', async () => {
    await bench.tags({ prod: [[1, 'a']] });
    const workload = templated({ web: 'placeholder' });
    const ownerReferences = [owner('example.dev/v1', 'App')];
    bench.workloads.apply('StatefulSet', 'web', {
      ...workload,
      metadata: { ...asObject(workload.metadata), ownerReferences },
    });
    await start();
    await bench.pass(2000);
    expect(bench.written()).toEqual(['web']);
  });

  test('a tag or a stream that vanishes', async () => {
    await bench.tags({ prod: [[1, 'a']] });
    bench.workloads.apply('Deployment', 'web', templated({ web: image('a') }, enforced));
    await start();
    bench.streams.delete('web');
    await bench.pass(5000);
    expect(bench.workloads.patches).toEqual([]);
  });
});

describe('a person’s image', () => {
  test.each<[string, Readonly<Record<string, string>>, string[]]>([
    ['stays in mode on-move', {}, ['d', 'e']],
    ['is written back in mode enforce', enforced, ['d', 'b', 'b', 'e']],
  ])('%s, until the tag moves', async (_what, annotations, seen) => {
    await bench.tags({ prod: [[1, 'a']] });
    bench.workloads.apply('Deployment', 'web', templated({ web: image('a') }, annotations));
    await start();
    await bench.tags({
      prod: [
        [2, 'b'],
        [1, 'a'],
      ],
    });
    await bench.pass(2000);
    const edit = (character: string): void =>
      bench.workloads.edit('Deployment', 'web', {
        spec: { template: { spec: { containers: [{ name: 'web', image: image(character) }] } } },
      });
    const held: unknown[] = ['d'];
    edit('d');
    await bench.settle();
    if (bench.images('Deployment', 'web')[0] === image('b')) held.push('b');
    edit('a');
    await bench.pass(2000);
    if (bench.images('Deployment', 'web')[0] === image('b')) held.push('b');
    await bench.tags({
      prod: [
        [3, 'e'],
        [2, 'b'],
        [1, 'a'],
      ],
    });
    await bench.pass(2000);
    if (bench.images('Deployment', 'web')[0] === image('e')) held.push('e');
    expect(held).toEqual(seen);
  });

  test('stays also while others have not followed yet', async () => {
    await bench.tags({ prod: [[1, 'a']] });
    bench.workloads.apply('Deployment', 'web', templated({ web: image('a') }));
    bench.workloads.apply('Deployment', 'stuck', templated({ web: image('a') }));
    await start();
    await bench.pass(2000);
    bench.workloads.beforePatch = (name) =>
      name === 'stuck' ? { kind: 'failed', message: 'no answer' } : undefined;
    await bench.tags({
      prod: [
        [2, 'b'],
        [1, 'a'],
      ],
    });
    await bench.pass(2000);
    expect([bench.images('Deployment', 'web'), await bench.recorded('prod')]).toEqual([[image('b')], 1]);
    bench.workloads.edit('Deployment', 'web', {
      spec: { template: { spec: { containers: [{ name: 'web', image: image('a') }] } } },
    });
    await bench.pass(60_000, 1000);
    expect(bench.images('Deployment', 'web')).toEqual([image('a')]);
    bench.workloads.beforePatch = () => undefined;
    await bench.pass(600_000, 5000);
    expect([bench.images('Deployment', 'stuck'), await bench.recorded('prod')]).toEqual([[image('b')], 2]);
    expect(bench.images('Deployment', 'web')).toEqual([image('a')]);
  });

  test('a rollback from before the controller came stays', async () => {
    await bench.tags({
      prod: [
        [2, 'b'],
        [1, 'a'],
      ],
    });
    bench.workloads.apply('Deployment', 'web', templated({ web: image('a') }));
    await start();
    await bench.pass(2000);
    expect([bench.images('Deployment', 'web'), await bench.recorded('prod')]).toEqual([[image('a')], 2]);
  });
});

describe('the record of a fan-out', () => {
  test('is written when all have followed, and not before', async () => {
    await bench.tags({ prod: [[1, 'a']] });
    for (const name of ['one', 'two', 'three']) {
      bench.workloads.apply('Deployment', name, templated({ web: image('a') }));
    }
    await start();
    await bench.pass(2000);
    expect(await bench.recorded('prod')).toBe(1);
    bench.workloads.beforePatch = (name) =>
      name === 'two' ? { kind: 'failed', message: 'no answer' } : undefined;
    await bench.tags({
      prod: [
        [2, 'b'],
        [1, 'a'],
      ],
    });
    await bench.pass(2000);
    expect([bench.written().sort(), await bench.recorded('prod')]).toEqual([['one', 'three'], 1]);
    bench.workloads.beforePatch = () => undefined;
    await bench.pass(10_000);
    expect([bench.written().sort(), await bench.recorded('prod')]).toEqual([['one', 'three', 'two'], 2]);
  });

  test('is one write a stream for tags that move together, and is tried again on a conflict', async () => {
    await bench.tags({ prod: [[1, 'a']], side: [[1, 'a']] });
    const side = { 'image.openshift.io/triggers': triggers([{ from: 'web:side' }]) };
    bench.workloads.apply('Deployment', 'web', templated({ web: image('a') }));
    bench.workloads.apply('Deployment', 'side', templated({ web: image('a') }, side));
    let intrusions = 0;
    bench.streams.beforeWrite = () => {
      if (intrusions > 0) return;
      intrusions += 1;
      bench.streams.apply('web', { annotations: { touched: 'meanwhile' } });
    };
    await start();
    await bench.pass(5000);
    expect(bench.streams.writes).toEqual(['conflict', 'written']);
    expect([await bench.recorded('prod'), await bench.recorded('side')]).toEqual([1, 1]);
  });

  test('waits for kinds that have not been listed yet: one of them may follow, too', async () => {
    await bench.tags({ prod: [[1, 'a']] });
    bench.workloads.apply('Deployment', 'web', templated({ web: image('a') }));
    const [first, ...others] = triggerKinds;
    const { controller } = await start(first === undefined ? [] : [first]);
    await bench.pass(5000);
    expect(await bench.recorded('prod')).toBeUndefined();
    for (const kind of others) bench.workloads.watch(kind, controller.listenerOf(kind));
    await bench.pass(1000);
    expect(await bench.recorded('prod')).toBe(1);
  });

  test.each([
    ['its end was seen', true],
    ['its end was missed', false],
  ])('of a stream that was made anew begins anew: %s', async (_what, isSeen) => {
    await bench.tags({ prod: [[3, 'a']] });
    bench.workloads.apply('Deployment', 'web', templated({ web: image('a') }));
    await start();
    await bench.pass(2000);
    expect(await bench.recorded('prod')).toBe(3);
    const { deliver } = bench.streams;
    if (!isSeen) bench.streams.deliver = () => undefined;
    bench.streams.delete('web');
    await bench.settle();
    bench.streams.deliver = deliver;
    await bench.tags({ prod: [[3, 'b']] });
    await bench.pass(2000);
    expect([bench.images('Deployment', 'web'), await bench.recorded('prod')]).toEqual([[image('b')], 3]);
  });

  test('does not wait for whoever has gone meanwhile', async () => {
    await bench.tags({ prod: [[1, 'a']] });
    bench.workloads.apply('Deployment', 'web', templated({ web: image('a') }));
    bench.workloads.apply('Deployment', 'stuck', templated({ web: 'placeholder' }));
    bench.workloads.beforePatch = () => ({ kind: 'failed', message: 'no answer' });
    await start();
    await bench.pass(5000);
    expect(await bench.recorded('prod')).toBeUndefined();
    bench.workloads.delete('Deployment', 'stuck');
    await bench.pass(1000);
    expect(await bench.recorded('prod')).toBe(1);
  });
});

describe('a restart', () => {
  test('replays the unfinished move for whoever has not followed it, and for nobody else', async () => {
    await bench.tags({ prod: [[1, 'a']] });
    for (const name of ['one', 'two', 'three']) {
      bench.workloads.apply('Deployment', name, templated({ web: image('a') }));
    }
    const first = await start();
    await bench.pass(2000);
    let written = 0;
    // It dies half-way: from the second write on nothing leaves the process any more.
    bench.workloads.beforePatch = () => {
      written += 1;
      return written > 1 ? { kind: 'failed', message: 'killed' } : undefined;
    };
    await bench.tags({
      prod: [
        [2, 'b'],
        [1, 'a'],
      ],
    });
    await bench.pass(1200);
    await first.stop();
    bench.workloads.unwatch();
    const before = bench.written();
    expect(before).toHaveLength(1);

    bench.workloads.beforePatch = () => undefined;
    await start();
    await bench.pass(5000);
    expect(bench.written().toSorted()).toEqual(['one', 'three', 'two']);
    expect(await bench.recorded('prod')).toBe(2);
  });

  test('undoes no rollback once the move is recorded', async () => {
    await bench.tags({ prod: [[1, 'a']] });
    bench.workloads.apply('Deployment', 'web', templated({ web: image('a') }));
    const first = await start();
    await bench.tags({
      prod: [
        [2, 'b'],
        [1, 'a'],
      ],
    });
    await bench.pass(2000);
    await first.stop();
    bench.workloads.unwatch();
    bench.workloads.edit('Deployment', 'web', {
      spec: { template: { spec: { containers: [{ name: 'web', image: image('a') }] } } },
    });
    await start();
    await bench.pass(5000);
    expect(bench.images('Deployment', 'web')).toEqual([image('a')]);
  });

  test('notices what moved while nobody worked', async () => {
    await bench.tags({ prod: [[1, 'a']] });
    bench.workloads.apply('Deployment', 'web', templated({ web: image('a') }));
    const first = await start();
    await bench.pass(2000);
    await first.stop();
    bench.workloads.unwatch();
    await bench.tags({
      prod: [
        [2, 'b'],
        [1, 'a'],
      ],
    });
    await start();
    await bench.pass(5000);
    expect(bench.images('Deployment', 'web')).toEqual([image('b')]);
  });
});

describe('a write', () => {
  test('that meets a change of somebody else reads again, and keeps that change', async () => {
    await bench.tags({ prod: [[1, 'a']] });
    bench.workloads.apply('Deployment', 'web', templated({ web: image('a') }));
    await start();
    await bench.pass(2000);
    let once = true;
    bench.workloads.deliver = () => undefined;
    bench.workloads.beforePatch = () => {
      if (once) bench.workloads.edit('Deployment', 'web', { spec: { replicas: 3 } });
      once = false;
      return undefined;
    };
    await bench.tags({
      prod: [
        [2, 'b'],
        [1, 'a'],
      ],
    });
    await bench.pass(5000);
    expect(bench.counted).toEqual(['conflict', 'written']);
    expect(bench.images('Deployment', 'web')).toEqual([image('b')]);
    expect(bench.workloads.get('Deployment', 'web').spec).toMatchObject({ replicas: 3 });
  });

  test('whose own events come late is not made again', async () => {
    await bench.tags({ prod: [[1, 'a']] });
    bench.workloads.apply('Deployment', 'web', templated({ web: image('a') }, enforced));
    await start();
    await bench.pass(2000);
    const late: (() => void)[] = [];
    bench.workloads.deliver = (event) => void late.push(event);
    bench.workloads.edit('Deployment', 'web', { metadata: { labels: { x: 'y' } } });
    const before = late.splice(0);
    for (const event of before) event();
    bench.workloads.edit('Deployment', 'web', { status: { replicas: 1 } });
    await bench.tags({
      prod: [
        [2, 'b'],
        [1, 'a'],
      ],
    });
    await bench.pass(3000);
    for (const event of late.splice(0)) {
      event();
      await bench.pass(1000);
    }
    expect(bench.counted).toEqual(['conflict', 'written']);
  });

  test('that is refused is told once, and made when the workload has changed', async () => {
    await bench.tags({ prod: [[1, 'a']] });
    bench.workloads.apply('Deployment', 'web', templated({ web: image('a') }));
    await start();
    await bench.pass(2000);
    bench.workloads.beforePatch = () => ({ kind: 'refused', message: 'policy says no' });
    await bench.tags({
      prod: [
        [2, 'b'],
        [1, 'a'],
      ],
    });
    await bench.pass(5000);
    expect(bench.counted).toEqual(['refused']);
    expect(bench.told).toEqual([expect.stringMatching(/^Deployment web: TriggerFailed: .*policy says no$/)]);
    // Waiting for it would keep the record from all others.
    expect(await bench.recorded('prod')).toBe(2);
    await bench.pass(600_000, 10_000);
    expect(bench.told).toHaveLength(1);
    bench.workloads.beforePatch = () => undefined;
    bench.workloads.edit('Deployment', 'web', { metadata: { annotations: { [cause]: 'mended' } } });
    bench.workloads.edit('Deployment', 'web', {
      spec: { template: { spec: { containers: [{ name: 'web', image: image('9') }] } } },
    });
    await bench.pass(2000);
    expect(bench.images('Deployment', 'web')).toEqual([image('b')]);
  });

  test('for a workload that has gone is nothing', async () => {
    await bench.tags({ prod: [[1, 'a']] });
    bench.workloads.apply('Deployment', 'web', templated({ web: 'placeholder' }));
    bench.workloads.deliver = () => undefined;
    await start();
    bench.workloads.delete('Deployment', 'web');
    await bench.pass(5000);
    expect(bench.counted.filter((kind) => kind !== 'gone')).toEqual(['written']);
  });
});

describe('a stream of another namespace', () => {
  const elsewhere = { 'image.openshift.io/triggers': triggers([{ namespace: 'shared' }]) };

  test('is followed once the service accounts may pull from it', async () => {
    const asked: string[] = [];
    let isGranted = false;
    bench.mayPull = (namespace, source) => {
      asked.push(`${namespace} → ${source.namespace}/${source.name}`);
      return Promise.resolve(isGranted);
    };
    await bench.tags({ prod: [[1, 'a']] }, 'web', 'shared');
    bench.workloads.apply('Deployment', 'web', templated({ web: 'placeholder' }, elsewhere));
    await start();
    await bench.pass(5000);
    expect(bench.workloads.patches).toEqual([]);
    expect(new Set(asked)).toEqual(new Set(['demo → shared/web']));
    expect(bench.told).toEqual([
      'Deployment web: TriggerForbidden: container web does not follow image stream tag shared/web:prod: the service accounts of namespace demo may not pull from it; who may grant that runs: kubectl create rolebinding pull-from-demo -n shared --clusterrole=system:image-puller --group=system:serviceaccounts:demo',
    ]);
    isGranted = true;
    await bench.pass(400_000, 5000);
    expect(bench.images('Deployment', 'web')).toEqual([image('a')]);
    expect(bench.told).toHaveLength(2);
  });

  test('does not wait with its record for whoever may not follow', async () => {
    bench.mayPull = (namespace) => Promise.resolve(namespace === 'allowed');
    await bench.tags({ prod: [[1, 'a']] }, 'web', 'shared');
    bench.workloads.apply('Deployment', 'web', templated({ web: 'placeholder' }, elsewhere));
    bench.workloads.apply('Deployment', 'web', templated({ web: 'placeholder' }, elsewhere), 'allowed');
    await start();
    await bench.pass(5000);
    expect(bench.images('Deployment', 'web', 'allowed')).toEqual([image('a')]);
    expect(await bench.recorded('prod', 'web', 'shared')).toBe(1);
  });
});

describe('a bad annotation', () => {
  test('in one entry does not keep the others from being followed, and is told once', async () => {
    await bench.tags({ prod: [[1, 'a']] });
    const annotation = triggers([{ container: 'none' }, {}]);
    bench.workloads.apply(
      'Deployment',
      'web',
      templated({ web: 'placeholder' }, { 'image.openshift.io/triggers': annotation }),
    );
    await start();
    await bench.pass(2000);
    await bench.tags({
      prod: [
        [2, 'b'],
        [1, 'a'],
      ],
    });
    await bench.pass(2000);
    expect(bench.images('Deployment', 'web')).toEqual([image('b')]);
    expect(bench.told.filter((note) => note.includes('TriggerInvalid'))).toEqual([
      expect.stringContaining('metadata.annotations[image.openshift.io/triggers][0].fieldPath: '),
    ]);
    expect(await bench.recorded('prod')).toBe(2);
  });

  test('that is corrected works at once', async () => {
    await bench.tags({ prod: [[1, 'a']] });
    const annotations = (value: string) => ({
      metadata: { annotations: { 'image.openshift.io/triggers': value } },
    });
    bench.workloads.apply('Deployment', 'web', {
      ...templated({ web: 'placeholder' }),
      ...annotations('[{"paused": "false"}]'),
    });
    await start();
    expect(bench.told).toEqual([expect.stringContaining('TriggerInvalid')]);
    bench.workloads.edit('Deployment', 'web', annotations(triggers([{}])));
    await bench.settle();
    expect(bench.images('Deployment', 'web')).toEqual([image('a')]);
  });
});

describe('pausing', () => {
  test('forgets how far a workload had followed: what all others have done is over for it, too', async () => {
    await bench.tags({ prod: [[1, 'a']] });
    bench.workloads.apply('Deployment', 'web', templated({ web: image('a') }));
    bench.workloads.apply('Deployment', 'other', templated({ web: image('a') }));
    const annotations = (paused: boolean) => ({
      metadata: { annotations: { 'image.openshift.io/triggers': triggers([{ paused }]) } },
    });
    await start();
    await bench.pass(2000);
    bench.workloads.edit('Deployment', 'web', annotations(true));
    await bench.tags({
      prod: [
        [2, 'b'],
        [1, 'a'],
      ],
    });
    await bench.pass(2000);
    expect(await bench.recorded('prod')).toBe(2);
    // Admission has given it the tag's image, or a person has chosen another one since.
    bench.workloads.edit('Deployment', 'web', annotations(false));
    await bench.pass(2000);
    expect(bench.written()).toEqual(['other']);
  });

  test('lets moves pass; what is followed again begins with what the tag stands for then', async () => {
    await bench.tags({ prod: [[1, 'a']] });
    const annotations = (paused: boolean) => ({
      metadata: { annotations: { 'image.openshift.io/triggers': triggers([{ paused }]) } },
    });
    bench.workloads.apply('Deployment', 'web', templated({ web: image('a') }));
    await start();
    await bench.pass(2000);
    bench.workloads.edit('Deployment', 'web', annotations(true));
    await bench.tags({
      prod: [
        [2, 'b'],
        [1, 'a'],
      ],
    });
    await bench.pass(5000);
    expect(bench.workloads.patches).toEqual([]);
    bench.workloads.edit('Deployment', 'web', annotations(false));
    await bench.pass(2000);
    expect(bench.images('Deployment', 'web')).toEqual([image('b')]);
  });
});

test('a status that changes costs nothing: no read of a Pod, no patch', async () => {
  await bench.tags({ prod: [[1, 'a']] });
  const annotations = { 'image.openshift.io/triggers': triggers([{}], 'spec') };
  const containers = [{ name: 'web', image: image('a') }];
  bench.workloads.apply('Pod', 'web', { metadata: { annotations }, spec: { containers } });
  await start();
  await bench.pass(2000);
  const { reads } = bench.workloads;
  bench.workloads.edit('Pod', 'web', { status: { phase: 'Running' } });
  await bench.pass(2000);
  expect(bench.workloads.reads).toBe(reads);
});

function owner(apiVersion: string, kind: string): object {
  return { apiVersion, kind, name: 'owner', uid: 'u', controller: true };
}
