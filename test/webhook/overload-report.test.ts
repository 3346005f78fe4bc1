import { expect, test } from '@jest/globals';
import type { ShedReason } from '../../src/webhook/load.ts';
import type { Endpoint } from '../../src/webhook/metrics.ts';
import { createOverload } from '../../src/webhook/overload.ts';
import { createRecordingLog } from '../support/recording-log.ts';

test('each request is counted; the log has a line for the first, then one every 10 s that had some', () => {
  const log = createRecordingLog();
  const counted: [Endpoint, ShedReason][] = [];
  const timers: (() => void)[] = [];
  const { shed } = createOverload(
    { read: () => 0 },
    (endpoint, reason) => counted.push([endpoint, reason]),
    log,
    (ms, end) => {
      expect(ms).toBe(10_000);
      timers.push(end);
      return () => undefined;
    },
  );
  const lines = () => log.lines.map(({ fields }) => fields);

  shed('mutate', 'concurrency');
  shed('mutate', 'concurrency');
  shed('dry-run', 'memory');
  expect(counted).toEqual([
    ['mutate', 'concurrency'],
    ['mutate', 'concurrency'],
    ['dry-run', 'memory'],
  ]);
  expect(lines()).toEqual([{ requests: { concurrency: 1 } }]);

  timers.shift()?.();
  expect(lines()).toEqual([{ requests: { concurrency: 1 } }, { requests: { concurrency: 1, memory: 1 } }]);
  timers.shift()?.();
  expect(timers).toEqual([]);
  expect(lines()).toHaveLength(2);

  shed('validate', 'late');
  expect(lines().at(-1)).toEqual({ requests: { late: 1 } });
});
