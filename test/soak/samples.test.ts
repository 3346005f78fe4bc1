import { expect, test } from '@jest/globals';
import { floors, sampleOf, trendOf } from './samples.ts';

const text = `# HELP nodejs_heap_size_used_bytes x
nodejs_heap_size_used_bytes 100
process_resident_memory_bytes 200
process_open_fds 30
nodejs_active_handles{type="Socket"} 4
nodejs_active_handles_total 5
`;

test('a sample is read from the text of the metrics', () => {
  expect(sampleOf(text, 1, 2)).toEqual({
    seconds: 1,
    right: 2,
    heapBytes: 100,
    rssBytes: 200,
    files: 30,
    handles: 5,
    series: 5,
  });
});

test('a metric that is not there is an error, not a nought', () => {
  expect(() => sampleOf('process_open_fds 1\n', 1, 2)).toThrow(
    '/metrics does not tell nodejs_heap_size_used_bytes',
  );
});

test.each([
  ['level', [9, 9, 9, 5, 5, 5, 5, 5, 5], { second: 5, last: 5 }],
  ['one that grows', [1, 2, 3, 4, 5, 6, 7, 8, 9], { second: 5, last: 8 }],
  ['one peak', [1, 1, 1, 1, 1, 1, 1, 99, 1], { second: 1, last: 1 }],
  ['an even number in each third', [0, 0, 1, 3, 2, 4], { second: 2, last: 3 }],
])('the trend of %s', (_, values, trend) => {
  expect(trendOf(values)).toEqual(trend);
});

test('two values have no trend', () => {
  expect(() => trendOf([1, 2])).toThrow('2 samples tell no trend');
});

test('a saw has a level floor', () => {
  expect(floors([3, 1, 5, 4, 9, 1, 7], 2)).toEqual([1, 4, 1]);
});
