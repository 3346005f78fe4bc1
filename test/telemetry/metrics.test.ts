import { describe, expect, test } from '@jest/globals';
import { createMetrics } from '../../src/telemetry/metrics.ts';

/** The lines of one metric, without its comments. */
async function seriesOf(metrics: ReturnType<typeof createMetrics>, name: string): Promise<string[]> {
  return (await metrics.text()).split('\n').filter((line) => line.startsWith(name));
}

describe('a counter', () => {
  test('has all its series from the start, at 0', async () => {
    const metrics = createMetrics();
    metrics.counter('c_total', 'A count.', { colour: ['red', 'blue'], size: ['s', 'l'] });
    expect(await seriesOf(metrics, 'c_total')).toEqual([
      'c_total{colour="red",size="s"} 0',
      'c_total{colour="red",size="l"} 0',
      'c_total{colour="blue",size="s"} 0',
      'c_total{colour="blue",size="l"} 0',
    ]);
  });

  test('counts each combination of values by itself, however they are ordered', async () => {
    const metrics = createMetrics();
    const count = metrics.counter('c_total', 'A count.', { colour: ['red', 'blue'], size: ['s', 'l'] });
    count({ colour: 'blue', size: 's' });
    count({ size: 's', colour: 'blue' }, 2);
    count({ colour: 'red', size: 'l' });
    await metrics.text();
    expect(await seriesOf(metrics, 'c_total')).toEqual([
      'c_total{colour="red",size="s"} 0',
      'c_total{colour="red",size="l"} 1',
      'c_total{colour="blue",size="s"} 3',
      'c_total{colour="blue",size="l"} 0',
    ]);
  });

  test.each(['green', '', '__proto__', 'constructor'])(
    'takes no value "%s" that is not on its list',
    async (colour) => {
      const metrics = createMetrics();
      const count = metrics.counter('c_total', 'A count.', { colour: ['red'] });
      count({ colour: colour as 'red' });
      expect(await seriesOf(metrics, 'c_total')).toEqual(['c_total{colour="red"} 0']);
    },
  );

  test('asked for again it is the same one', async () => {
    const metrics = createMetrics();
    for (let times = 0; times < 2; times += 1)
      metrics.counter('c_total', 'A count.', { colour: ['red'] })({ colour: 'red' });
    expect(await seriesOf(metrics, 'c_total')).toEqual(['c_total{colour="red"} 2']);
  });
});

test('a histogram begins with the series that it is told of, and takes no value that is not on a list', async () => {
  const metrics = createMetrics();
  const observe = metrics.histogram('h_seconds', 'A time.', {
    labels: { kind: ['a', 'b'] },
    buckets: [1],
    zero: [{ kind: 'a' }],
  });
  expect(await seriesOf(metrics, 'h_seconds_count')).toEqual(['h_seconds_count{kind="a"} 0']);
  observe({ kind: 'b' }, 0.5);
  observe({ kind: 'c' as 'a' }, 0.5);
  expect(await seriesOf(metrics, 'h_seconds_count')).toEqual([
    'h_seconds_count{kind="a"} 0',
    'h_seconds_count{kind="b"} 1',
  ]);
});

describe('a gauge', () => {
  test('has no series while it has no value', async () => {
    const metrics = createMetrics();
    let value: number | undefined;
    metrics.gauge('g', 'A value.', () => value);
    expect(await seriesOf(metrics, 'g ')).toEqual([]);
    value = 7;
    expect(await seriesOf(metrics, 'g ')).toEqual(['g 7']);
    value = undefined;
    expect(await seriesOf(metrics, 'g ')).toEqual([]);
  });

  test('of several kinds forgets a kind that is there no longer', async () => {
    const metrics = createMetrics();
    let values: Record<string, number> = { a: 1, b: 2 };
    metrics.gauges('g', 'Values.', () => values);
    expect(await seriesOf(metrics, 'g{')).toEqual(['g{kind="a"} 1', 'g{kind="b"} 2']);
    values = { a: 3 };
    expect(await seriesOf(metrics, 'g{')).toEqual(['g{kind="a"} 3']);
  });
});
