import { expect, it } from '@jest/globals';
import { bytesPerCall } from '../../bench/allocations.ts';

it.each([
  ['a thousand numbers', () => new Array<number>(1000).fill(1.5), 8_000],
  ['ten thousand numbers', () => new Array<number>(10_000).fill(1.5), 80_000],
])('tells what %s take', (_title, work, bytes) => {
  for (let call = 0; call < 1000; call += 1) work();
  const told = bytesPerCall(work);
  expect(told).toBeGreaterThanOrEqual(bytes);
  expect(told).toBeLessThan(bytes * 3);
});
