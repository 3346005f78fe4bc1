import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { intervalAnnotation, intervalOf, nextTurn, parseDuration } from '../../src/importer/turn.ts';

describe('turns of a schedule', () => {
  const key = fc.string({ maxLength: 30 });
  const intervalMs = fc.integer({ min: 1000, max: 86_400_000 });
  const nowMs = fc.integer({ min: 0, max: 4_000_000_000_000 });

  test('the next is within one interval', () => {
    fc.assert(
      fc.property(key, intervalMs, nowMs, (name, interval, now) => {
        const turn = nextTurn(name, interval, now);
        expect(turn).toBeGreaterThan(now);
        expect(turn).toBeLessThanOrEqual(now + interval);
      }),
    );
  });

  test('it is the same whenever it is asked for before it has come, and then one interval later', () => {
    fc.assert(
      fc.property(
        key,
        intervalMs,
        nowMs,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (name, interval, now, part) => {
          const turn = nextTurn(name, interval, now);
          expect(nextTurn(name, interval, now + Math.floor((turn - now) * part))).toBe(turn);
          expect(nextTurn(name, interval, turn)).toBe(turn + interval);
        },
      ),
    );
  });

  test('those of many streams are spread over the interval', () => {
    const tenths = new Array<number>(10).fill(0);
    for (let stream = 0; stream < 2000; stream += 1) {
      const tenth = Math.floor((nextTurn(`team-${stream % 40}/app-${stream}`, 1000, 0) - 1) / 100);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    // 200 each; a hash that clusters is far off.
    for (const count of tenths) expect(Math.abs(count - 200)).toBeLessThan(70);
  });
});

describe('durations', () => {
  test.each([
    ['90s', 90_000],
    ['15m', 900_000],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['1.5h', 5_400_000],
    ['0s', 0],
    ['60.0003s', 60_000],
    ['', undefined],
    ['15', undefined],
    ['m', undefined],
    ['15 m', undefined],
    ['-15m', undefined],
    ['15mm', undefined],
    ['1d', undefined],
    ['five minutes', undefined],
    [`${'9'.repeat(400)}h`, undefined],
  ])('%j', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each([
    ['the default without one', undefined, 900_000, 900_000],
    ['its own', '5m', 900_000, 300_000],
    ['its own, longer', '2h', 900_000, 7_200_000],
    ['not more often than each minute', '1s', 900_000, 60_000],
    ['unless the server does', '1s', 5000, 5000],
    ['the default for what is none', 'often', 900_000, 900_000],
    ['the default for what never ends', `${'9'.repeat(400)}h`, 900_000, 900_000],
  ])('the interval of a stream: %s', (_title, annotation, defaultMs, expected) => {
    const annotations = annotation === undefined ? {} : { [intervalAnnotation]: annotation };
    expect(intervalOf(annotations, defaultMs)).toBe(expected);
  });
});
