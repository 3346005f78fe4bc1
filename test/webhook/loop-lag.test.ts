import { describe, expect, test } from '@jest/globals';
import { LoopLag } from '../../src/webhook/loop-lag.ts';

/** The timer comes every 500 ms. */
describe('the lag of the event loop', () => {
  test('is none while the timer comes in time, or is not due', () => {
    const lag = new LoopLag(0);
    expect(lag.read(400)).toBe(0);
    expect(lag.tick(500)).toBe(false);
    expect(lag.read(600)).toBe(0);
  });

  test('is how late the timer came, for what is read next', () => {
    const lag = new LoopLag(0);
    expect(lag.tick(6_500)).toBe(true);
    expect(lag.read(6_501)).toBe(6_000);
    lag.caughtUp();
    expect(lag.read(6_502)).toBe(0);
  });

  test('grows while the loop is at it: the timer is overdue', () => {
    const lag = new LoopLag(0);
    expect(lag.read(1_700)).toBe(1_200);
    expect(lag.read(5_500)).toBe(5_000);
  });

  test('of an hour ago is forgotten with the next tick in time', () => {
    const lag = new LoopLag(0);
    lag.tick(6_500);
    expect(lag.tick(7_000)).toBe(false);
    expect(lag.read(7_001)).toBe(0);
  });
});
