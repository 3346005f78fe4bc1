import { expect, test } from '@jest/globals';
import { createBackoff } from '../../src/kube/backoff.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const options = { initialMs: 100, maxMs: 1000, resetMs: 5000 };

test.each([
  ['the lower end', 0, [50, 100, 200, 400, 500]],
  ['nearly the upper end', 0.99, [99.5, 199, 398, 796, 995]],
])('doubles up to the maximum, jittered over the upper half: %s', (_end, random, waits) => {
  const backoff = createBackoff(createFakeClock(), () => random, options);
  expect(waits.map(() => backoff.next())).toEqual(waits);
});

test.each([
  ['goes on after a short good stretch', 5000, 200],
  ['starts small after a long one', 5001, 50],
])('%s', (_title, goodMs, wait) => {
  const clock = createFakeClock();
  const backoff = createBackoff(clock, () => 0, options);
  backoff.next();
  backoff.next();
  clock.advance(goodMs);
  expect(backoff.next()).toBe(wait);
});
