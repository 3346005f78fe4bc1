import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { secondsOf, textOfSeconds } from '../../src/store/seconds.ts';

const second = (text: string): number => Date.parse(text) / 1000;
const textOf = (seconds: number): string => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;

describe('seconds of a time', () => {
  it('are those of Date, and give the same text again', () => {
    const any = fc.integer({ min: second('1000-01-01T00:00:00Z'), max: second('9999-12-31T23:59:59Z') });
    fc.assert(
      fc.property(any, (seconds) => {
        expect(textOfSeconds(seconds)).toBe(textOf(seconds));
        expect(secondsOf(textOf(seconds))).toBe(seconds);
      }),
      { numRuns: 1000 },
    );
  });

  it('hold at the ends of every month of four centuries', () => {
    for (let month = 0; month < 400 * 12; month += 1) {
      const first = Date.UTC(1900, month, 1) / 1000;
      for (const seconds of [first - 1, first]) {
        expect(textOfSeconds(seconds)).toBe(textOf(seconds));
        expect(secondsOf(textOf(seconds))).toBe(seconds);
      }
    }
  });

  it.each([
    ['the 29th of a February that has none', '2026-02-29T00:00:00Z'],
    ['the 29th of a February of a full century', '1900-02-29T00:00:00Z'],
    ['the 31st of a month of thirty days', '2026-04-31T00:00:00Z'],
    ['no day', '2026-04-00T00:00:00Z'],
    ['a thirteenth month', '2026-13-01T00:00:00Z'],
    ['hour 24', '2026-04-01T24:00:00Z'],
    ['second 60', '2026-04-01T00:00:60Z'],
    ['a year before 1000', '0999-01-01T00:00:00Z'],
    ['another zone', '2026-04-01T00:00:00+01:00'],
    ['a fraction', '2026-04-01T00:00:00.0Z'],
    ['a sign', '2026-+4-01T00:00:00Z'],
    ['a small letter', '2026-04-01t00:00:00Z'],
    ['nothing', ''],
  ])('are none for %s', (_, text) => {
    expect(secondsOf(text)).toBeUndefined();
  });
});
