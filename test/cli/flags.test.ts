import { describe, expect, it } from '@jest/globals';
import {
  bool,
  choice,
  count,
  timeLimit,
  FlagError,
  longName,
  texts,
  type Flag,
} from '../../src/cli/flags.ts';

describe('values of flags', () => {
  const [flag, time, number] = [bool(''), timeLimit(''), count('', '')];
  it.each<[Flag<unknown>, string, unknown]>([
    ...['1', 't', 'T', 'true', 'TRUE', 'True'].map((text): [Flag<unknown>, string, unknown] => [
      flag,
      text,
      true,
    ]),
    ...['0', 'f', 'F', 'false', 'FALSE', 'False'].map((text): [Flag<unknown>, string, unknown] => [
      flag,
      text,
      false,
    ]),
    [time, '30', 30_000],
    [time, '0', 2 ** 31 - 1],
    [time, '0s', 2 ** 31 - 1],
    [time, '30s', 30_000],
    [time, '5m', 300_000],
    [time, '1h30m', 5_400_000],
    [time, '1.5s', 1_500],
    [time, '250ms', 250],
    [number, '6', 6],
    [texts('', ''), 'a,b', ['a', 'b']],
    [texts('', ''), 'a,,b,', ['a', 'b']],
    [choice(['a', 'b'], ''), 'b', 'b'],
  ])('a value, row %#', (of, text, value) => {
    expect(of.parse(text)).toEqual(value);
  });

  it.each<[Flag<unknown>, string]>([
    ...['', 'yes', 'tRue', '2'].map((text): [Flag<unknown>, string] => [flag, text]),
    ...['', 'm', '5x', '1h 30m', '-5s', '5m!'].map((text): [Flag<unknown>, string] => [time, text]),
    ...['', '-1', '1.5', '0x1', '9999999999'].map((text): [Flag<unknown>, string] => [number, text]),
    [choice(['a', 'b'], ''), 'A'],
    [choice(['a', 'b'], ''), ''],
  ])('no value, row %#', (of, text) => {
    expect(() => of.parse(text)).toThrow(FlagError);
  });

  it.each([
    ['dryRun', 'dry-run'],
    ['namespace', 'namespace'],
    ['fromImage', 'from-image'],
  ])('%s is --%s', (key, name) => expect(longName(key)).toBe(name));
});
