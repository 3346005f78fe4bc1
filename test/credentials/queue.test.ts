import { expect, test } from '@jest/globals';
import { createQueue } from '../../src/credentials/queue.ts';

test('so many run at a time; the others wait in their order, also for those that fail', async () => {
  const queue = createQueue(2);
  const started: number[] = [];
  const ends = Array.from({ length: 5 }, () => Promise.withResolvers<string>());
  const results = ends.map((end, index) =>
    queue(() => {
      started.push(index);
      return end.promise;
    }),
  );
  expect(started).toEqual([0, 1]);
  ends[1]?.resolve('one');
  await expect(results[1]).resolves.toBe('one');
  expect(started).toEqual([0, 1, 2]);
  ends[2]?.reject(new Error('no'));
  await expect(results[2]).rejects.toThrow('no');
  expect(started).toEqual([0, 1, 2, 3]);
  for (const end of ends) end.resolve('');
  await Promise.all([results[0], results[3], results[4]]);
  expect(started).toEqual([0, 1, 2, 3, 4]);
});

test('places that are free again are used again', async () => {
  const queue = createQueue(1);
  await queue(() => Promise.resolve());
  await expect(queue(() => Promise.resolve('again'))).resolves.toBe('again');
});
