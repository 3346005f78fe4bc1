import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createWorkQueue, type WorkQueue } from '../../src/kube/work-queue.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { turns } from '../support/turns.ts';

interface Worked {
  readonly key: string;
  /** Ends the work on it. */
  readonly end: (error?: Error) => void;
}

interface Bench {
  readonly clock: FakeClock;
  readonly queue: WorkQueue;
  /** All that was begun. */
  readonly begun: Worked[];
  readonly keys: () => string[];
  readonly errors: unknown[];
  /** Keys whose work has not ended. */
  readonly open: Set<string>;
  readonly stop: AbortController;
  readonly done: () => Promise<void>;
  /** Starts the workers; unless told one, whose work ends when the test says so. */
  start(workers?: number): void;
}

function createBench(random = 0): Bench {
  const clock = createFakeClock();
  const [begun, errors, open, stop] = [
    [] as Worked[],
    [] as unknown[],
    new Set<string>(),
    new AbortController(),
  ];
  const queue = createWorkQueue({
    clock,
    random: () => random,
    initialMs: 100,
    maxMs: 1000,
    onError: (key, error) => errors.push([key, String(error)]),
  });
  let done: Promise<void> = Promise.resolve();
  const work = (key: string): Promise<void> => {
    if (open.has(key)) throw new Error(`two workers on ${key}`);
    open.add(key);
    return new Promise((resolve, reject) => {
      let ended = false;
      const end = (error?: Error): void => {
        if (ended) return;
        ended = true;
        open.delete(key);
        if (error === undefined) resolve();
        else reject(error);
      };
      begun.push({ key, end });
    });
  };
  const start = (workers = 1): void => {
    done = queue.run({ workers, signal: stop.signal, work });
  };
  return {
    clock,
    queue,
    begun,
    keys: () => begun.map(({ key }) => key),
    errors,
    open,
    stop,
    start,
    done: () => done,
  };
}

const endAll = async ({ begun }: Bench): Promise<void> => {
  // Also what begins meanwhile: an array is gone through to its end as it is then.
  for (const { end } of begun) {
    end();
    await turns(1);
  }
};

describe('adding', () => {
  type Adds = readonly (readonly [key: string, afterMs?: number])[];
  test.each<[string, Adds, string[]]>([
    ['in order', [['b'], ['a']], ['b', 'a']],
    ['once for many adds', [['a'], ['b'], ['a'], ['a']], ['a', 'b']],
    ['at once after no time', [['a', 0]], ['a']],
    ['not yet after some', [['a', 1]], []],
    ['now, when it is added now and later', [['a'], ['a', 500]], ['a']],
    ['now, when it is added later and now', [['a', 500], ['a']], ['a']],
  ])('is worked on %s', async (_how, adds, keys) => {
    const bench = createBench();
    bench.start();
    for (const [key, afterMs] of adds) {
      if (afterMs === undefined) bench.queue.add(key);
      else bench.queue.addAfter(key, afterMs);
    }
    await turns(2);
    await endAll(bench);
    expect(bench.keys()).toEqual(keys);
    expect(bench.clock.sleeping()).toHaveLength(keys.length === 0 ? 1 : 0);
  });

  test.each([
    ['the first', 300, 900],
    ['the second', 900, 300],
  ])('of two delays the earlier counts: %s', async (_which, first, second) => {
    const bench = createBench();
    bench.start();
    bench.queue.addAfter('a', first);
    bench.queue.addAfter('a', second);
    bench.clock.advance(299);
    await turns(2);
    expect(bench.keys()).toEqual([]);
    bench.clock.advance(1);
    await turns(2);
    expect(bench.keys()).toEqual(['a']);
    await endAll(bench);
    bench.clock.advance(1000);
    await turns(2);
    expect(bench.keys()).toEqual(['a']);
  });

  test('while it is worked on: once more afterwards, however often', async () => {
    const bench = createBench();
    bench.start(2);
    bench.queue.add('a');
    await turns(1);
    bench.queue.add('a');
    bench.queue.add('a');
    await turns(2);
    expect(bench.keys()).toEqual(['a']);
    await endAll(bench);
    await turns(2);
    expect(bench.keys()).toEqual(['a', 'a']);
  });

  test('before the start it waits', async () => {
    const bench = createBench();
    bench.queue.add('a');
    bench.queue.add('b');
    bench.queue.addAfter('c', 10);
    expect(bench.queue.size()).toBe(2);
    bench.start(3);
    await turns(2);
    expect([bench.keys(), bench.queue.size()]).toEqual([['a', 'b'], 0]);
  });

  test('a delay longer than timers hold is kept in reach of them', () => {
    const bench = createBench();
    bench.queue.addAfter('a', 1e12);
    expect(bench.clock.sleeping()).toEqual([2 ** 31 - 1]);
  });
});

describe('retrying', () => {
  test.each([
    ['the lower end', 0, [50, 100, 200, 400, 500, 500]],
    ['nearly the upper end', 0.99, [99.5, 199, 398, 796, 995, 995]],
  ])('waits longer each time, jittered over the upper half: %s', async (_end, random, waits) => {
    const bench = createBench(random);
    const waited: number[] = [];
    bench.start();
    while (waited.length < waits.length) {
      bench.queue.retry('a');
      waited.push(...bench.clock.sleeping());
      bench.clock.advance(1000);
      await turns(2);
      await endAll(bench);
    }
    expect(waited).toEqual(waits);
  });

  test('starts small again once it was forgotten, and for other keys', async () => {
    const bench = createBench();
    bench.start();
    bench.queue.retry('a');
    bench.clock.advance(50);
    await turns(2);
    await endAll(bench);
    bench.queue.forget('a');
    bench.queue.retry('a');
    bench.queue.retry('b');
    expect(bench.clock.sleeping()).toEqual([50, 50]);
  });

  test('work that throws is told of and retried', async () => {
    const bench = createBench();
    bench.start();
    bench.queue.add('a');
    await turns(1);
    bench.begun[0]?.end(new Error('a bug'));
    await turns(2);
    expect([bench.errors, bench.clock.sleeping()]).toEqual([[['a', 'Error: a bug']], [50]]);
    bench.clock.advance(50);
    await turns(2);
    expect(bench.keys()).toEqual(['a', 'a']);
  });
});

describe('the end', () => {
  test('waits for what is worked on, and drops what waits', async () => {
    const bench = createBench();
    bench.start();
    bench.queue.add('a');
    bench.queue.add('b');
    bench.queue.addAfter('c', 10);
    await turns(1);
    bench.queue.add('a');
    let ended = false;
    const done = bench.done().then(() => (ended = true));
    bench.stop.abort();
    await turns(2);
    expect([ended, bench.clock.sleeping(), bench.queue.size()]).toEqual([false, [], 0]);
    bench.begun[0]?.end();
    await done;
    bench.queue.add('d');
    bench.queue.addAfter('d', 10);
    bench.queue.retry('d');
    expect([bench.keys(), bench.queue.size(), bench.clock.sleeping()]).toEqual([['a'], 0, []]);
  });

  test('idle workers end at once, as do those that start after it', async () => {
    const idle = createBench();
    idle.start(3);
    await turns(1);
    idle.stop.abort();
    await idle.done();
    const late = createBench();
    late.queue.add('a');
    late.stop.abort();
    late.start();
    await late.done();
    expect(late.keys()).toEqual([]);
  });

  test('a second run is a mistake', async () => {
    const bench = createBench();
    bench.start();
    bench.start();
    await expect(bench.done()).rejects.toThrow('a work queue runs once');
  });
});

describe('whatever happens', () => {
  const key = fc.constantFrom('a', 'b', 'c');
  const step = fc.oneof(
    fc.record({ do: fc.constant('add' as const), key }),
    fc.record({ do: fc.constant('addAfter' as const), key, ms: fc.nat({ max: 300 }) }),
    fc.record({ do: fc.constant('retry' as const), key }),
    fc.record({ do: fc.constant('end' as const), index: fc.nat({ max: 3 }), fails: fc.boolean() }),
    fc.record({ do: fc.constant('advance' as const), ms: fc.nat({ max: 400 }) }),
  );

  test('no key has two workers, and every key is worked on after its last add', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        async (steps, workers) => {
          const bench = createBench(0.5);
          bench.start(workers);
          const begunAtLastAdd = new Map<string, number>();
          for (const move of steps) {
            if (move.do === 'advance') bench.clock.advance(move.ms);
            else if (move.do === 'end')
              bench.begun[bench.begun.length - 1 - move.index]?.end(move.fails ? new Error('x') : undefined);
            else {
              begunAtLastAdd.set(move.key, bench.begun.length);
              if (move.do === 'add') bench.queue.add(move.key);
              if (move.do === 'addAfter') bench.queue.addAfter(move.key, move.ms);
              if (move.do === 'retry') bench.queue.retry(move.key);
            }
            await turns(1);
          }
          // Everything ends well from here on, and all delays pass.
          for (let round = 0; round < 3; round += 1) {
            await endAll(bench);
            bench.clock.advance(1000);
            await turns(1);
          }
          await endAll(bench);
          for (const [added, from] of begunAtLastAdd) expect(bench.keys().slice(from)).toContain(added);
          expect(bench.errors.filter((error) => JSON.stringify(error).includes('two workers'))).toEqual([]);
          expect([bench.queue.size(), bench.open.size, bench.clock.sleeping()]).toEqual([0, 0, []]);
          bench.stop.abort();
          await bench.done();
        },
      ),
      { numRuns: 200 },
    );
  });
});
