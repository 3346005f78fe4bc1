import { describe, expect, it } from '@jest/globals';
import { humanDuration, shortAge, timeAgo } from '../../src/printers/age.ts';
import { humanSize } from '../../src/printers/size.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

describe('ages in words, as Docker writes them', () => {
  it.each([
    [-minute, 'Less than a second'],
    [0, 'Less than a second'],
    [999, 'Less than a second'],
    [second, '1 second'],
    [1999, '1 second'],
    [2 * second, '2 seconds'],
    [29 * second, '29 seconds'],
    [minute - 1, '59 seconds'],
    [minute, 'About a minute'],
    [2 * minute - 1, 'About a minute'],
    [2 * minute, '2 minutes'],
    [59 * minute + 59 * second, '59 minutes'],
    [hour, 'About an hour'],
    [1.5 * hour - 1, 'About an hour'],
    [1.5 * hour, '2 hours'],
    [23.5 * hour, '24 hours'],
    [47.5 * hour - 1, '47 hours'],
    [47.5 * hour, '2 days'],
    [3 * day, '3 days'],
    [14 * day - hour, '13 days'],
    [14 * day - hour / 2, '2 weeks'],
    [3 * 7 * day, '3 weeks'],
    [60 * day - hour, '8 weeks'],
    [60 * day, '2 months'],
    [2 * year - hour, '24 months'],
    [2 * year, '2 years'],
    [3 * year - 1, '2 years'],
  ])('%d ms: %s', (ms, text) => {
    expect(humanDuration(ms)).toBe(text);
  });

  it.each([
    ['2024-05-01T10:00:00Z', '2 hours ago'],
    ['', undefined],
    [undefined, undefined],
    ['yesterday', undefined],
  ])('since %s: %s', (time, text) => {
    expect(timeAgo(time, Date.parse('2024-05-01T12:00:00Z'))).toBe(text);
  });
});

describe('ages in columns, as kubectl writes them', () => {
  it.each([
    [-2 * second, '<invalid>'],
    [-1500, '0s'],
    [-999, '0s'],
    [5 * second, '5s'],
    [119 * second, '119s'],
    [2 * minute, '2m'],
    [2.5 * minute, '2m30s'],
    [10 * minute + 30 * second, '10m'],
    [179 * minute, '179m'],
    [3 * hour, '3h'],
    [3 * hour + 5 * minute, '3h5m'],
    [8 * hour + 5 * minute, '8h'],
    [47 * hour, '47h'],
    [2 * day, '2d'],
    [4 * day + 5 * hour, '4d5h'],
    [8 * day + 5 * hour, '8d'],
    [2 * year - 1, '729d'],
    [2 * year + 40 * day, '2y40d'],
    [3 * year, '3y'],
    [8 * year + day, '8y'],
  ])('%d ms: %s', (ms, text) => {
    expect(shortAge(ms)).toBe(text);
  });
});

describe('sizes, as Docker writes them', () => {
  it.each([
    [0, '0B'],
    [999, '999B'],
    [1000, '1kB'],
    [1123, '1.123kB'],
    [45_123_456, '45.12MB'],
    [123_456, '123.5kB'],
    [999_990, '1000kB'],
    // A half goes to the even digit, where it is one in binary digits, too.
    [554_250, '554.2kB'],
    [554_750, '554.8kB'],
    [12_340_000_000, '12.34GB'],
  ])('%d: %s', (bytes, text) => {
    expect(humanSize(bytes)).toBe(text);
  });
});
