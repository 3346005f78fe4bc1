import { expect, test } from '@jest/globals';
import { remember } from '../../src/credentials/remember.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const never = new AbortController().signal;

function setUp(max: number, weightMax: number) {
  const read: string[] = [];
  const remembered = remember<string>({
    read: (key) => {
      read.push(key);
      return Promise.resolve(key);
    },
    keepMs: () => 1000,
    max,
    weights: { of: (answer) => answer.length, max: weightMax },
    clock: createFakeClock(),
  });
  const get = async (...keys: readonly string[]): Promise<void> => {
    for (const key of keys) await remembered.get(key, never);
  };
  return { read, get };
}

test('what was asked for longest ago goes when there are too many', async () => {
  const { read, get } = setUp(2, 100);
  await get('a', 'b', 'a', 'c', 'a', 'b');
  expect(read).toEqual(['a', 'b', 'c', 'b']);
});

test('so it does when they weigh too much', async () => {
  const { read, get } = setUp(100, 6);
  await get('aaa', 'bbb', 'aaa', 'ccc', 'aaa', 'bbb');
  expect(read).toEqual(['aaa', 'bbb', 'ccc', 'bbb']);
});

test('what alone weighs too much is given, and not kept; the others stay', async () => {
  const { read, get } = setUp(100, 6);
  await get('aaa', 'bbbbbbb', 'bbbbbbb', 'aaa');
  expect(read).toEqual(['aaa', 'bbbbbbb', 'bbbbbbb']);
});

test('whoever has given up already gets nothing', async () => {
  const { get } = setUp(1, 1);
  await get('a');
  const remembered = remember({
    read: () => Promise.resolve(1),
    keepMs: () => 1,
    max: 1,
    clock: createFakeClock(),
  });
  await expect(remembered.get('a', AbortSignal.abort(new Error('over')))).rejects.toThrow('over');
});
