import { describe, expect, test } from '@jest/globals';
import { startLoop, type Loop } from '../../src/certs/loop.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';

interface Running {
  readonly clock: FakeClock;
  readonly loop: Loop;
  readonly runs: () => number;
  /** Lets the run in progress end. */
  readonly finish: () => void;
}

function start(): Running {
  const clock = createFakeClock(Date.now());
  let runs = 0;
  let finish = (): void => undefined;
  const task = (): Promise<void> => {
    runs += 1;
    return new Promise((resolve) => {
      finish = resolve;
    });
  };
  const loop = startLoop({ clock, intervalMs: 10_000, pokeDelayMs: 200, task });
  return { clock, loop, runs: () => runs, finish: () => finish() };
}

/** Lets everything run that waits for nothing but its turn. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a loop', () => {
  test('runs an interval after its start and an interval after each end of a run', async () => {
    const { clock, runs, finish } = start();
    for (const [ms, expected] of [
      [9_999, 0],
      [1, 1],
      [10_000, 1],
    ] as const) {
      clock.advance(ms);
      await settled();
      expect(runs()).toBe(expected);
    }
    finish();
    await settled();
    clock.advance(10_000);
    await settled();
    expect(runs()).toBe(2);
  });

  test('runs once, shortly after many pokes', async () => {
    const { clock, loop, runs } = start();
    loop.poke();
    loop.poke();
    await settled();
    clock.advance(199);
    loop.poke();
    await settled();
    expect(runs()).toBe(0);
    clock.advance(1);
    await settled();
    expect(runs()).toBe(1);
  });

  test('follows a poke during a run with another run', async () => {
    const { clock, loop, runs, finish } = start();
    clock.advance(10_000);
    await settled();
    loop.poke();
    finish();
    await settled();
    clock.advance(200);
    await settled();
    expect(runs()).toBe(2);
  });

  test.each([
    ['while it waits', false],
    ['during a run', true],
  ])('stopped %s, it never runs again and leaves no timer', async (_title, running) => {
    const { clock, loop, runs, finish } = start();
    if (running) clock.advance(10_000);
    await settled();
    loop.stop();
    finish();
    await settled();
    loop.poke();
    clock.advance(100_000);
    await settled();
    expect([runs(), clock.sleeping().length]).toEqual([running ? 1 : 0, 0]);
  });
});
