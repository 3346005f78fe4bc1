import { describe, expect, jest, test } from '@jest/globals';
import { bodyGraceMs, Load, smallBodyBytesMax, type LoadLimits } from '../../src/webhook/load.ts';

const limits: LoadLimits = {
  receivingBytesMax: 100,
  largeBytesMax: 80,
  unpackingMax: 2,
  waitingMax: 2,
  waitingBytesMax: 50,
};
const nobody = (): never => {
  throw new Error('given up');
};

describe('bodies that are received', () => {
  test('hold what they took until they end, however often they say so', () => {
    const load = new Load(limits);
    const first = load.receive(0, nobody);
    expect(first.take(60)).toBe(true);
    const second = load.receive(0, nobody);
    expect(second.take(41)).toBe(false);
    expect(second.take(40)).toBe(true);
    first.end();
    first.end();
    expect(second.take(60)).toBe(true);
    expect(second.take(1)).toBe(false);
  });

  test('one that dawdles makes room for one that comes; the oldest first, and no more than needed', () => {
    const load = new Load(limits);
    const givenUp: string[] = [];
    const open = (name: string, startedMs: number, bytes: number) => {
      const receiving = load.receive(startedMs, () => {
        givenUp.push(name);
        receiving.end();
      });
      expect(receiving.take(bytes)).toBe(true);
    };
    open('oldest', 0, 40);
    open('older', 1, 40);
    open('young', bodyGraceMs, 20);
    expect(load.receive(bodyGraceMs + 1, nobody).take(30)).toBe(true);
    expect(givenUp).toEqual(['oldest']);
    expect(load.receive(bodyGraceMs + 1, nobody).take(30)).toBe(true);
    expect(givenUp).toEqual(['oldest', 'older']);
  });

  test('none of those that have only just begun is given up: the newcomer is refused', () => {
    const load = new Load(limits);
    load.receive(1000, nobody).take(100);
    expect(load.receive(1000 + bodyGraceMs - 1, nobody).take(1)).toBe(false);
  });

  test('one that holds nothing is left alone, since its end would help nobody', () => {
    const load = new Load(limits);
    load.receive(0, nobody);
    const giveUp = jest.fn();
    load.receive(1, giveUp).take(100);
    load.receive(bodyGraceMs + 1, nobody).take(1);
    expect(giveUp).toHaveBeenCalledTimes(1);
  });

  test('large ones leave room for small ones', () => {
    const receivingBytesMax = 10 * smallBodyBytesMax;
    const load = new Load({ ...limits, receivingBytesMax, largeBytesMax: 8 * smallBodyBytesMax });
    const large = load.receive(0, nobody);
    expect(large.take(8 * smallBodyBytesMax)).toBe(true);
    expect(large.take(1)).toBe(false);
    const small = load.receive(0, nobody);
    expect(small.take(smallBodyBytesMax)).toBe(true);
    expect(small.take(1)).toBe(false);
    expect(load.receive(0, nobody).take(smallBodyBytesMax)).toBe(true);
    expect(load.receive(0, nobody).take(1)).toBe(false);
  });

  test('one that wants more than there is altogether is refused, not itself given up', () => {
    const load = new Load(limits);
    const only = load.receive(0, nobody);
    expect(only.take(101)).toBe(false);
  });
});

test('bodies are unpacked a few at a time', () => {
  const load = new Load(limits);
  expect([load.mayUnpack(), load.mayUnpack(), load.mayUnpack()]).toEqual([true, true, false]);
  load.unpacked();
  expect(load.mayUnpack()).toBe(true);
});

describe('requests that wait', () => {
  test.each([
    { held: [1, 1], next: 1, refused: 'concurrency' },
    { held: [30], next: 21, refused: 'memory' },
    { held: [30], next: 20, refused: undefined },
    { held: [], next: 51, refused: 'memory' },
  ])('beside $held one of $next: $refused', ({ held, next, refused }) => {
    const load = new Load(limits);
    for (const bytes of held) expect(load.wait(bytes)).toBeUndefined();
    expect(load.wait(next)).toBe(refused);
  });

  test('leave their place to others, and a refused one had none', () => {
    const load = new Load(limits);
    load.wait(40);
    expect(load.wait(40)).toBe('memory');
    load.waited(40);
    expect(load.wait(50)).toBeUndefined();
    expect(load.wait(0)).toBeUndefined();
    expect(load.wait(0)).toBe('concurrency');
  });
});
