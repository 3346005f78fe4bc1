import { describe, expect, it, test } from '@jest/globals';
import { bounds, brokenBounds, type Bound } from '../../bench/guard.ts';

const row = { server: 'pinstream', streams: 100 };
const resultOf = (ratio: string | number | undefined) => ({
  tables: [{ title: '', columns: [], rows: [{ server: 'bare' }, { ...row, ratio }] }],
  notes: [],
});

describe('brokenBounds', () => {
  it.each<
    [title: string, bound: Partial<Bound>, ratio: string | number | undefined, said: string | undefined]
  >([
    ['what is at least as much', { atLeast: 0.5 }, 0.5, undefined],
    [
      'less than that',
      { atLeast: 0.5 },
      0.49,
      'mutate, pinstream, 100: ratio is 0.49 and should be at least 0.5',
    ],
    ['what is at most as much', { atMost: 2 }, 2, undefined],
    ['more than that', { atMost: 2 }, 2.1, 'mutate, pinstream, 100: ratio is 2.10 and should be at most 2'],
    ['a cell that is empty', { atMost: 2 }, undefined, 'mutate, pinstream, 100: ratio was not measured'],
    ['what is no number', { atMost: 2 }, NaN, 'mutate, pinstream, 100: ratio was not measured'],
    ['a row that is not there', { row: { server: 'other' } }, 1, 'mutate, other: ratio was not measured'],
  ])('judges %s', (_title, bound, ratio, said) => {
    const own: Bound = { bench: 'mutate', row, column: 'ratio', ...bound };
    expect(brokenBounds('mutate', resultOf(ratio), [own])).toEqual(said === undefined ? [] : [said]);
  });

  test('leaves the bounds of other benches', () => {
    expect(
      brokenBounds('mutate', resultOf(1), [{ bench: 'decide', row, column: 'ratio', atMost: 0 }]),
    ).toEqual([]);
  });
});

test('every bound bounds something', () => {
  expect(bounds.filter(({ atLeast, atMost }) => atLeast === undefined && atMost === undefined)).toEqual([]);
});
