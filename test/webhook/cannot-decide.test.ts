import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { selfSigned } from '../../src/certs/issue.ts';
import { parseConfiguration } from '../../src/config/parse.ts';
import { admissionSettings } from '../../src/config/settings.ts';
import { ObjectIndex } from '../../src/store/object-index.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { webhookMetrics } from '../../src/webhook/metrics.ts';
import { startTimer } from '../../src/webhook/admit.ts';
import { openAccess, openSourceAccess } from '../../src/webhook/cluster-access.ts';
import { Connections } from '../../src/webhook/connections.ts';
import { createOverload } from '../../src/webhook/overload.ts';
import { webhookApp, webhookServer, type ServerPorts } from '../../src/webhook/server.ts';
import { createRecordingLog } from '../support/recording-log.ts';
import { creation, podOf } from '../support/reviews.ts';
import { reviewOf } from '../support/server.ts';

/** The application on ports that fail, which the program's own do not. */
const index = new ObjectIndex();
const working: ServerPorts = {
  context: () => ({
    settings: admissionSettings(parseConfiguration('', 'none')),
    images: index,
    namespaces: index,
  }),
  undecided: () => undefined,
  streams: {
    judge: () => ({ errors: [], warnings: [], foreignSources: [] }),
    sourceAccess: openSourceAccess,
  },
  unready: () => undefined,
  clientsVerified: false,
  access: openAccess,
  notes: () => [],
  overload: createOverload({ read: () => 0 }, () => undefined, createRecordingLog(), startTimer),
  connections: new Connections({ unprovenMax: 100, max: 100 }, () => undefined),
  closes: () => false,
  log: createRecordingLog(),
  metrics: webhookMetrics(createMetrics()),
};
const fail = (): never => {
  throw new Error('secret of the inside');
};

let ports: ServerPorts = working;
let server: Server;
beforeAll(async () => {
  const delegate = { get: (_target: ServerPorts, name: string | symbol) => ports[name as keyof ServerPorts] };
  server = createServer(webhookApp(new Proxy(working, delegate)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  ports = { ...working, log: createRecordingLog() };
});

async function post(path: string, body: unknown) {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  const answer = await request(url, { method: 'POST', body: JSON.stringify(body), headersTimeout: 5_000 });
  return { code: answer.statusCode, headers: answer.headers, body: await answer.body.json() };
}

const review = reviewOf(creation(podOf('app:v1')));

describe.each(['/mutate', '/validate'])('%s cannot decide', (path) => {
  test('before the streams are read: 503, so that the failure policy governs', async () => {
    ports = { ...ports, undecided: () => 'the streams have not been read yet' };
    expect(await post(path, review)).toMatchObject({
      code: 503,
      body: {
        apiVersion: 'v1',
        kind: 'Status',
        code: 503,
        reason: 'ServiceUnavailable',
        message: expect.stringContaining('have not been read yet'),
      },
    });
  });

  test('because of a bug: 500, and the log names the request', async () => {
    const log = createRecordingLog();
    ports = { ...ports, log, context: fail };
    const answer = await post(path, review);
    expect(answer).toMatchObject({ code: 500, body: { kind: 'Status', code: 500, reason: 'InternalError' } });
    expect(JSON.stringify(answer.body)).not.toContain('secret of the inside');
    expect(log.lines).toEqual([
      {
        level: 'error',
        message: 'a decision failed',
        fields: expect.objectContaining({ uid: review.request.uid }),
      },
    ]);
  });

  test('while it drains it still decides', async () => {
    ports = { ...ports, unready: () => 'shutting down' };
    expect(await post(path, review)).toMatchObject({ code: 200 });
  });
});

describe('/dry-run cannot answer', () => {
  test('before the streams are read: 503', async () => {
    ports = { ...ports, undecided: () => 'not yet' };
    expect(await post('/dry-run', podOf('app:v1'))).toMatchObject({ code: 503, body: { kind: 'Status' } });
  });

  test.each<[string, Partial<ServerPorts>]>([
    ['a failing decision', { context: fail }],
    [
      'a failing access review',
      { access: { refusal: () => Promise.reject(new Error('secret of the inside')) } },
    ],
  ])('%s: 500, not silence', async (_title, failing) => {
    const log = createRecordingLog();
    ports = { ...ports, ...failing, log };
    const answer = await post('/dry-run', podOf('app:v1'));
    expect(answer).toMatchObject({ code: 500, body: { kind: 'Status', code: 500 } });
    expect(JSON.stringify(answer.body)).not.toContain('secret of the inside');
    expect(log.lines).toMatchObject([{ level: 'error', message: 'a request failed' }]);
  });

  test.each([
    [401, 'Unauthorized', 'Bearer'],
    [403, 'Forbidden', undefined],
  ] as const)('%s for who may not ask, with what is missing', async (code, reason, challenge) => {
    ports = { ...ports, access: { refusal: () => Promise.resolve({ code, message: 'what is missing' }) } };
    const answer = await post('/dry-run', podOf('app:v1'));
    expect(answer).toMatchObject({
      code,
      body: { kind: 'Status', code, reason, message: 'what is missing' },
    });
    expect(answer.headers['www-authenticate']).toBe(challenge);
  });

  test('who asks is known by the bearer token, for the namespaces that are asked about', async () => {
    const asked: unknown[] = [];
    const refusal: ServerPorts['access']['refusal'] = (token, namespaces) => {
      asked.push([token, namespaces]);
      return Promise.resolve(undefined);
    };
    ports = { ...ports, access: { refusal } };
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/dry-run?namespace=a`;
    const body = JSON.stringify({
      kind: 'List',
      items: [podOf('x'), podOf('y'), { ...podOf('z'), metadata: { name: 'z', namespace: 'b' } }],
    });
    await (
      await request(url, { method: 'POST', body, headers: { authorization: 'bearer t0ken' } })
    ).body.dump();
    expect(asked).toEqual([
      ['t0ken', []],
      ['t0ken', ['a', 'b']],
    ]);
  });
});

test.each([
  ['?timeout=5s', 503],
  ['?timeout=6s', 503],
  ['?timeout=7s', 200],
  ['', 200],
])('a review that was read 6 s late, of a caller that waits %s: %i', async (query, code) => {
  const shed: unknown[] = [];
  const overload = {
    ...working.overload,
    lag: { read: () => 6_000 },
    shed: (...what: unknown[]) => void shed.push(what),
  };
  ports = { ...ports, overload };
  const answer = await post(`/mutate${query}`, review);
  expect(answer.code).toBe(code);
  expect(shed).toEqual(code === 200 ? [] : [['mutate', 'late']]);
  if (code === 503) {
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.body).toMatchObject({ kind: 'Status', message: expect.stringMatching(/too busy/) });
  }
});

test('/readyz tells why not; /healthz is of the process alone', async () => {
  ports = { ...ports, unready: () => 'shutting down' };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ready = await request(`${url}/readyz`);
  expect([ready.statusCode, await ready.body.text()]).toEqual([503, 'not ready: shutting down\n']);
  const healthy = await request(`${url}/healthz`);
  expect([healthy.statusCode, await healthy.body.text()]).toEqual([200, 'ok\n']);
});

test('idle connections outlast the API server’s pool, which keeps them for 90 s', async () => {
  const https = webhookServer(() => undefined, await selfSigned({ host: '127.0.0.1', now: new Date() }));
  expect(https.keepAliveTimeout).toBeGreaterThan(90_000);
  expect(https.headersTimeout).toBeGreaterThan(0);
  expect(https.requestTimeout).toBeGreaterThan(0);
});
