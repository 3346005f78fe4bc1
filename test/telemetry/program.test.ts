import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { triggerMetrics, TriggerState } from '../../src/server/cluster-triggers.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { creation, podOf } from '../support/reviews.ts';
import { documented } from './documented.ts';
import { readExposition, type Exposition } from './exposition.ts';
import { startToldServer, type ToldServer } from './program.ts';

let server: ToldServer;
beforeAll(async () => {
  server = await startToldServer({
    config: { registrySources: { blockedRegistries: ['blocked.example'] } },
    flags: ['--import', '--log-level', 'debug'],
  });
}, 120_000);
afterAll(() => server.stop());

async function get(path: string): Promise<{ readonly code: number; readonly text: string }> {
  const answer = await request(`${server.metricsUrl}${path}`);
  return { code: answer.statusCode, text: await answer.body.text() };
}

/** What the program tells, and triggers, which it has on a cluster only. */
async function exposed(): Promise<Exposition> {
  const triggers = createMetrics();
  triggerMetrics(triggers, new TriggerState());
  const { code, text } = await get('/metrics');
  expect(code).toBe(200);
  const parts = [readExposition(text), readExposition(await triggers.text())];
  return {
    types: new Map(parts.flatMap(({ types }) => [...types])),
    samples: parts.flatMap(({ samples }) => samples),
  };
}

describe('docs/metrics.md', () => {
  test('lists exactly the metrics that the program has, with their types', async () => {
    const { types } = await exposed();
    const ours = [...types].filter(([name]) => name.startsWith('pinstream_'));
    expect(Object.fromEntries(ours)).toEqual(
      Object.fromEntries([...documented].map(([name, { type }]) => [name, type])),
    );
  });

  test('everything else is the process’s and Node’s', async () => {
    const { types } = await exposed();
    expect([...types.keys()].filter((name) => !/^(?:pinstream|process|nodejs)_/.test(name))).toEqual([]);
  });

  test.each([...documented])(
    '%s has the labels and the values that are listed',
    async (name, { type, labels }) => {
      const { samples } = await exposed();
      const suffix = type === 'histogram' ? '_count' : '';
      const own = samples.filter((sample) => sample.name === `${name}${suffix}`);
      expect(own.length).toBeGreaterThan(0);
      for (const sample of own) expect(Object.keys(sample.labels)).toEqual(Object.keys(labels));
      for (const [label, values] of Object.entries(labels)) {
        if (values === undefined) continue;
        const seen = new Set(own.map((sample) => sample.labels[label]));
        // A self-signed pair has no authority.
        const expected = name.startsWith('pinstream_certificate') ? ['serving'] : values;
        expect([...seen].sort()).toEqual([...expected].sort());
      }
    },
  );
});

test.each([...documented.keys()])('%s follows the naming rules of Prometheus', (name) => {
  const type = documented.get(name)?.type;
  expect(name).toMatch(/^pinstream_[a-z]+(?:_[a-z]+)+$|^pinstream_(?:ready|leader|connections)$/);
  expect(name.endsWith('_total')).toBe(type === 'counter');
  if (type === 'histogram') expect(name).toMatch(/_seconds$/);
  expect(name).not.toMatch(/_(?:count|sum|bucket|ms|milliseconds|minutes|kilobytes)$/);
});

describe('what comes in', () => {
  const count = async (name: string, labels: Record<string, string>) => {
    const { samples } = await exposed();
    return samples.find(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    )?.value;
  };

  test.each([
    ['an image that stays', 'registry.example/team/app:1', 'allowed', 'unchanged', 'Qualified'],
    ['an image that is refused', 'blocked.example/app:1', 'denied', 'denied', 'RegistryBlocked'],
  ])('%s is counted', async (_, image, result, outcome, reason) => {
    const review = { endpoint: 'mutate', result };
    const decision = { outcome, reason };
    const before = [
      await count('pinstream_reviews_total', review),
      await count('pinstream_image_decisions_total', decision),
      await count('pinstream_request_duration_seconds_count', { endpoint: 'mutate', code: '200' }),
    ];
    await server.review('/mutate', creation(podOf(image)));
    const after = [
      await count('pinstream_reviews_total', review),
      await count('pinstream_image_decisions_total', decision),
      await count('pinstream_request_duration_seconds_count', { endpoint: 'mutate', code: '200' }),
    ];
    expect(after).toEqual(before.map((value) => (value ?? NaN) + 1));
  });

  test('nothing that anybody sends makes a new series', async () => {
    const seriesOf = async () =>
      (await exposed()).samples
        .filter(({ name }) => name.startsWith('pinstream_'))
        .map(({ name, labels }) => `${name}${JSON.stringify(labels)}`);
    const known = new Set((await seriesOf()).filter((series) => !series.includes('"code"')));
    for (const odd of ['a"b', 'x\ny', '__proto__', '🙂', 'constructor']) {
      await server.post(`/${encodeURIComponent(odd)}`, {});
      await server.post(`/mutate?timeout=${encodeURIComponent(odd)}`, { request: { uid: odd } });
      await server.post('/dry-run', podOf(odd), { accept: 'application/x-odd' });
      await server.review('/mutate', creation(podOf(odd), odd));
      await get(`/imports?namespace=${encodeURIComponent(odd)}`);
      await get(`/${encodeURIComponent(odd)}`);
    }
    const later = await seriesOf();
    expect(
      later.filter((series) => !series.includes('"code"')).filter((series) => !known.has(series)),
    ).toEqual([]);
    const codes = (await exposed()).samples.flatMap(({ labels }) => labels.code ?? []);
    expect([...new Set(codes)].filter((code) => !/^[2-5]\d\d$/.test(code))).toEqual([]);
  });
});

describe('the log', () => {
  test('is a JSON object a line, with level, time and a sentence', async () => {
    await server.review('/mutate', creation(podOf('blocked.example/app:1')));
    expect(server.logLines.length).toBeGreaterThan(2);
    for (const line of server.logLines) {
      expect(['debug', 'info', 'warn', 'error']).toContain(line.level);
      expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(line.msg).toMatch(/^\S.*\S$/);
    }
  });

  test('every line about a review has its uid', async () => {
    const denied = creation(podOf('blocked.example/app:1'));
    const admitted = creation(podOf('registry.example/app:1'));
    await server.review('/mutate', denied);
    await server.review('/mutate', admitted);
    const told = (uid: string) =>
      server.logLines.filter((line) => line.uid === uid).map(({ level, msg }) => `${level}: ${msg}`);
    // They are written before the answer, and read by this process a moment later.
    expect(await untilTold(() => told(denied.uid), 2)).toEqual(['info: denied', 'debug: decided']);
    expect(await untilTold(() => told(admitted.uid), 1)).toEqual(['debug: decided']);
    const about = server.logLines.filter(({ phase }) => phase !== undefined);
    expect(about.filter(({ uid }) => typeof uid !== 'string')).toEqual([]);
  });
});

describe('--debug-endpoints, when it is not given', () => {
  test.each(['/debug/state', '/debug/cpu-profile?seconds=1', '/debug/heap-snapshot', '/debug/'])(
    '%s is no path',
    async (path) => {
      expect(await get(path)).toEqual({
        code: 404,
        text: 'there are /metrics, /healthz, /imports and /readyz\n',
      });
    },
  );
});

async function untilTold(read: () => string[], lines: number): Promise<string[]> {
  const { eventually } = await import('../support/eventually.ts');
  return eventually(
    () => {
      const told = read();
      if (told.length < lines) throw new Error(`${told.length} lines`);
      return told;
    },
    { describe: 'the log' },
  );
}
