import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createLimiter, type Demand, type Limiter, type Permit } from '../../src/registry/limiter.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { never } from './fixture.ts';

const asked: Demand = { urgency: 'asked', counted: true };
const scheduled: Demand = { urgency: 'scheduled', counted: true };
const blob: Demand = { urgency: 'scheduled', counted: false };

function create(perMinute: number, concurrencyMax = 1000) {
  const clock = createFakeClock();
  return { clock, limiter: createLimiter({ clock, perMinute: () => perMinute, concurrencyMax }) };
}

/** Starts to wait, and tells what became of it so far. */
function wait(limiter: Limiter, demand: Demand, signal = never): { readonly now: () => Permit | undefined } {
  let permit: Permit | undefined;
  void limiter.acquire(demand, signal).then(
    (given) => (permit = given),
    () => undefined,
  );
  return { now: () => permit };
}

/** Lets what is due happen. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const countOk = (waits: readonly { now: () => Permit | undefined }[]): number =>
  waits.filter((one) => one.now()?.ok === true).length;

test('a burst of a minute, then one at a time', async () => {
  const { clock, limiter } = create(60);
  const waits = Array.from({ length: 65 }, () => wait(limiter, asked));
  await settle();
  expect(countOk(waits)).toBe(60);
  for (const granted of [61, 62, 63]) {
    clock.advance(999);
    await settle();
    expect(countOk(waits)).toBe(granted - 1);
    clock.advance(1);
    await settle();
    expect(countOk(waits)).toBe(granted);
  }
});

test('no limit lets everything through', async () => {
  const { limiter } = create(0);
  const waits = Array.from({ length: 500 }, () => wait(limiter, asked));
  await settle();
  expect(countOk(waits)).toBe(500);
});

test('asked goes before scheduled, in order among themselves', async () => {
  const { clock, limiter } = create(1);
  await limiter.acquire(asked, never);
  const order: string[] = [];
  const line = (name: string, demand: Demand) =>
    void limiter.acquire(demand, never).then(({ ok }) => ok && order.push(name));
  line('scheduled 1', scheduled);
  line('scheduled 2', scheduled);
  clock.advance(45_000);
  await settle();
  line('asked', asked);
  for (let minute = 0; minute < 3; minute += 1) {
    clock.advance(60_000);
    await settle();
  }
  expect(order).toEqual(['asked', 'scheduled 1', 'scheduled 2']);
});

test('a limit that is lifted lets those through who wait', async () => {
  const clock = createFakeClock();
  let perMinute = 1;
  const limiter = createLimiter({ clock, perMinute: () => perMinute, concurrencyMax: 10 });
  const waits = [1, 2, 3].map(() => wait(limiter, asked));
  await settle();
  expect(countOk(waits)).toBe(1);
  perMinute = 0;
  await limiter.acquire(asked, never);
  expect(countOk(waits)).toBe(3);
});

test('who asked waits as long as it takes', async () => {
  const { clock, limiter } = create(1);
  const waits = [1, 2, 3].map(() => wait(limiter, asked));
  clock.advance(119_999);
  await settle();
  expect(countOk(waits)).toBe(2);
  clock.advance(60_000);
  await settle();
  expect(countOk(waits)).toBe(3);
});

test('places are freed by release, once', async () => {
  const { limiter } = create(0, 1);
  const first = await limiter.acquire(asked, never);
  const waits = [wait(limiter, asked), wait(limiter, asked)];
  if (first.ok) {
    first.release();
    first.release();
  }
  await settle();
  expect(countOk(waits)).toBe(1);
});

test('a permit that was not used is given back', async () => {
  const { limiter } = create(1);
  const first = await limiter.acquire(asked, never);
  if (first.ok) first.release('unused');
  expect(await limiter.acquire(asked, never)).toMatchObject({ ok: true });
});

test('what does not count needs no permit', async () => {
  const { limiter } = create(1);
  await limiter.acquire(asked, never);
  expect(await limiter.acquire(blob, never)).toMatchObject({ ok: true });
});

test('a pause is told at once to who comes and who waits, and is over in time', async () => {
  const { clock, limiter } = create(1);
  await limiter.acquire(asked, never);
  const waiting = wait(limiter, scheduled);
  limiter.pause(100_000);
  await settle();
  expect(waiting.now()).toMatchObject({ ok: false, retryAfterMs: 100_000 });
  clock.advance(40_000);
  for (const demand of [asked, scheduled, blob]) {
    expect(await limiter.acquire(demand, never)).toMatchObject({ ok: false, retryAfterMs: 60_000 });
  }
  clock.advance(60_000);
  expect(await limiter.acquire(asked, never)).toMatchObject({ ok: true });
});

test('an empty quota stops what counts only', async () => {
  const { clock, limiter } = create(0);
  limiter.exhaust(1000);
  expect(await limiter.acquire(asked, never)).toMatchObject({ ok: false, retryAfterMs: 1000 });
  expect(await limiter.acquire(blob, never)).toMatchObject({ ok: true });
  clock.advance(1000);
  expect(await limiter.acquire(asked, never)).toMatchObject({ ok: true });
});

test('who gives up leaves the queue, and nothing sleeps on', async () => {
  const { clock, limiter } = create(1);
  await limiter.acquire(asked, never);
  const controller = new AbortController();
  const waiting = limiter.acquire(scheduled, controller.signal);
  expect(clock.sleeping()).not.toEqual([]);
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  expect(clock.sleeping()).toEqual([]);
  await expect(limiter.acquire(asked, controller.signal)).rejects.toThrow('enough');
});

test('never more than the burst and what time gives, whatever comes when', async () => {
  const step = fc.record({ demand: fc.constantFrom(asked, scheduled), afterMs: fc.nat(5000) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 30 }),
      async (steps, perMinute) => {
        const { clock, limiter } = create(perMinute);
        const startMs = clock.now();
        const waits: { now: () => Permit | undefined }[] = [];
        for (const { demand, afterMs } of steps) {
          clock.advance(afterMs);
          waits.push(wait(limiter, demand));
          await settle();
          const allowed = perMinute + ((clock.now() - startMs) * perMinute) / 60_000;
          expect(countOk(waits)).toBeLessThanOrEqual(allowed + 1e-3);
        }
        // And nobody is forgotten.
        for (let minute = 0; minute < 61; minute += 1) {
          clock.advance(60_000);
          await settle();
        }
        expect(waits.every((one) => one.now() !== undefined)).toBe(true);
      },
    ),
    { numRuns: 40 },
  );
});
