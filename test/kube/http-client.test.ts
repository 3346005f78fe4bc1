import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import type { KubeClient } from '../../src/kube/client.ts';
import type { HttpClientOptions } from '../../src/kube/http-client.ts';
import { StatusError } from '../../src/kube/status-error.ts';
import { statusBody } from '../support/api-collection.ts';
import { sendJson, startStubApiServer, type StubApiServer } from '../support/api-server.ts';
import { createStubClient } from '../support/stub-client.ts';

let server: StubApiServer;
let connection: ReturnType<typeof createStubClient>;
let client: KubeClient;

function connect(options: Partial<HttpClientOptions> = {}, url = server.url): void {
  connection = createStubClient(url, options);
  client = connection.client;
}

beforeEach(async () => {
  server = await startStubApiServer();
  connect();
});

afterEach(async () => {
  await connection.close();
  await server.stop();
});

const answer = (send: (response: ServerResponse) => void): void =>
  server.answer((_request, response) => (send(response), true));

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error,
  );
}

async function collect(path: string, signal = new AbortController().signal): Promise<unknown[]> {
  const events: unknown[] = [];
  for await (const event of client.watch(path, signal)) events.push(event);
  return events;
}

describe('requests', () => {
  test.each<[string, (client: KubeClient) => Promise<unknown>, object]>([
    ['get', (to) => to.get('/a?limit=1'), { method: 'GET', query: { limit: '1' }, body: '' }],
    ['create', (to) => to.create('/a', { x: 1 }), { method: 'POST', body: '{"x":1}' }],
    ['replace', (to) => to.replace('/a', { x: 1 }), { method: 'PUT', body: '{"x":1}' }],
    ['merge patch', (to) => to.patch('/a', { x: null }, 'merge'), { method: 'PATCH', body: '{"x":null}' }],
    ['JSON patch', (to) => to.patch('/a', [], 'json'), { method: 'PATCH', body: '[]' }],
    ['delete', (to) => to.delete('/a'), { method: 'DELETE', body: '' }],
    [
      'delete of what was read',
      (to) => to.delete('/a', { preconditions: { uid: 'u' } }),
      { method: 'DELETE', body: '{"preconditions":{"uid":"u"}}' },
    ],
  ])('%s sends what it should and gives the parsed answer', async (_name, call, sent) => {
    answer((response) => sendJson(response, 200, { ok: 'ü' }));
    await expect(call(client)).resolves.toEqual({ ok: 'ü' });
    expect(server.requests).toMatchObject([{ path: '/a', ...sent }]);
    expect(server.requests[0]?.headers).toMatchObject({
      accept: 'application/json',
      authorization: 'Bearer sesame',
      'user-agent': 'pinstream/test',
    });
  });

  test.each([
    ['merge', 'application/merge-patch+json'],
    ['json', 'application/json-patch+json'],
    ['strategic', 'application/strategic-merge-patch+json'],
  ] as const)('a %s patch says so in its content type', async (type, contentType) => {
    answer((response) => sendJson(response, 200, {}));
    await client.patch('/a', {}, type);
    expect(server.requests[0]?.headers['content-type']).toBe(contentType);
  });

  test('headers of all requests go along, but not in place of who one is', async () => {
    connect({
      headers: { 'impersonate-user': 'anna', 'impersonate-group': ['a', 'b'], authorization: 'none' },
    });
    answer((response) => sendJson(response, 200, {}));
    await client.get('/a');
    expect(server.requests[0]?.headers).toMatchObject({
      'impersonate-user': 'anna',
      'impersonate-group': 'a, b',
      authorization: 'Bearer sesame',
    });
  });

  test.each<[string, string | string[] | undefined, readonly string[]]>([
    ['none', undefined, []],
    ['one', '299 - "old API"', ['old API']],
    ['two in a header', '299 - "a, b", 299 - "c"', ['a, b', 'c']],
    ['two headers', ['299 - "a"', '299 - "b"'], ['a', 'b']],
    ['quotes', '299 - "say \\"no\\" to \\\\"', ['say "no" to \\']],
    ['a date', '299 - "a" "Wed, 21 Oct 2026 07:28:00 GMT"', ['a']],
    ['another code', '199 - "a"', []],
    ['what is none', 'a', []],
  ])('warnings of an answer are told: %s', async (_what, warning, warnings) => {
    const told: unknown[] = [];
    connect({ onAnswer: (note) => told.push(note) });
    answer((response) => {
      if (warning !== undefined) response.setHeader('warning', warning);
      sendJson(response, 201, {});
    });
    await client.create('/a?x=1', {});
    const ms: unknown = expect.any(Number);
    expect(told).toEqual([{ method: 'POST', url: `${server.url}/a?x=1`, code: 201, ms, warnings }]);
  });

  test('answers that are failures are told, too', async () => {
    const told: unknown[] = [];
    connect({ onAnswer: ({ code }) => told.push(code) });
    answer((response) => response.writeHead(404).end());
    await failureOf(client.get('/a'));
    expect(told).toEqual([404]);
  });

  const firstOf = (events: AsyncIterable<unknown>): Promise<unknown> => events[Symbol.asyncIterator]().next();
  const unending = new AbortController().signal;

  test.each<[string, (to: KubeClient) => Promise<unknown>, string]>([
    ['a list', (to) => to.get('/a', undefined, 'metadata'), 'PartialObjectMetadataList'],
    ['a watch', (to) => firstOf(to.watch('/a', unending, 'metadata')), 'PartialObjectMetadata'],
  ])(
    '%s of metadata alone says so, and takes whole objects where that is unknown',
    async (_what, call, kind) => {
      answer((response) => sendJson(response, 200, { type: 'BOOKMARK', object: {} }));
      await call(client);
      expect(server.requests[0]?.headers.accept).toBe(
        `application/json;as=${kind};g=meta.k8s.io;v=v1,application/json`,
      );
    },
  );

  test('a path prefix of the server is kept', async () => {
    await connection.close();
    connect({}, `${server.url}/k8s/clusters/c-1/`);
    answer((response) => sendJson(response, 200, {}));
    await client.get('/version');
    expect(server.requests[0]?.path).toBe('/k8s/clusters/c-1/version');
  });
});

describe('failures', () => {
  const conflict = { code: 409, reason: 'Conflict', message: 'the object has been modified' };
  test.each<[string, (response: ServerResponse) => void, object]>([
    [
      'a v1 Status',
      (response) => sendJson(response, 409, statusBody(conflict)),
      { code: 409, reason: 'Conflict', message: 'GET {}/a: 409 the object has been modified' },
    ],
    [
      'plain text',
      (response) => response.writeHead(404).end('404 page\n not found\n'),
      { code: 404, reason: '', message: 'GET {}/a: 404 404 page not found' },
    ],
    [
      'nothing',
      (response) => response.writeHead(502).end(),
      { code: 502, message: 'GET {}/a: 502 Bad Gateway' },
    ],
    [
      'a redirect',
      (response) => response.writeHead(302, { location: '/b' }).end(),
      { code: 302, message: 'GET {}/a: 302 Found' },
    ],
    [
      'a megabyte of text',
      (response) => response.writeHead(500).end('x'.repeat(1_000_000)),
      { code: 500, message: `GET {}/a: 500 ${'x'.repeat(200)}` },
    ],
  ])('an answer of %s becomes a StatusError', async (_what, send, expected) => {
    answer(send);
    const error = await failureOf(client.get('/a?continue=secret'));
    expect(error).toBeInstanceOf(StatusError);
    const fill = Object.entries(expected).map(([key, value]: [string, unknown]) => [
      key,
      typeof value === 'string' ? value.replace('{}', server.url) : value,
    ]);
    expect(error).toMatchObject(Object.fromEntries(fill) as object);
  });

  const causes = [
    { field: 'metadata.name', message: 'too long' },
    { field: '', message: '' },
  ];
  test.each<[string, object, object]>([
    ['what the server said', { message: 'no' }, { said: 'no', details: undefined }],
    ['a reason alone', { reason: 'Gone' }, { said: 'Gone', details: undefined }],
    ['nothing', {}, { said: 'no message', details: undefined }],
    [
      'what it is about',
      { message: 'no', details: { kind: 'pods', name: 'web', causes: [causes[0], {}] } },
      { said: 'no', details: { kind: 'pods', name: 'web', causes } },
    ],
    [
      'what it is about, without causes',
      { message: 'no', details: { kind: 'pods' } },
      { said: 'no', details: { kind: 'pods', name: '', causes: [] } },
    ],
    ['details that are none', { message: 'no', details: 'x' }, { said: 'no', details: undefined }],
  ])('a Status tells %s', async (_what, status, expected) => {
    answer((response) => sendJson(response, 409, { kind: 'Status', apiVersion: 'v1', ...status }));
    const { said, details } = (await failureOf(client.get('/a'))) as StatusError;
    expect({ said, details }).toEqual(expected);
  });

  test('plain text is what was said', async () => {
    answer((response) => response.writeHead(404).end('not here\n'));
    expect(await failureOf(client.get('/a'))).toMatchObject({ said: 'not here', details: undefined });
  });

  test.each<[string, Partial<HttpClientOptions>, (response: ServerResponse) => void, string, string]>([
    ['a broken connection', {}, (response) => response.destroy(), 'io', 'other side closed'],
    [
      'an answer that breaks off',
      {},
      (response) => (response.write('{"a":'), setImmediate(() => response.destroy())),
      'io',
      'GET ',
    ],
    ['no answer', { deadlineMs: 50 }, () => undefined, 'deadline', 'no answer within 50 ms'],
    [
      'an answer that never ends',
      { deadlineMs: 50 },
      (response) => response.write('{"a":'),
      'deadline',
      'no answer within 50 ms',
    ],
    [
      'credentials that never come',
      { deadlineMs: 50, credentials: () => new Promise(() => undefined) },
      (response) => response.end('{}'),
      'deadline',
      'no answer within 50 ms',
    ],
    [
      'credentials that fail',
      { credentials: () => Promise.reject(new Error('credentials: plugin said no')) },
      (response) => response.end('{}'),
      'io',
      'credentials: plugin said no',
    ],
    [
      'an answer over the limit',
      { bodyBytesMax: 1000 },
      (response) => response.end(JSON.stringify('x'.repeat(1000))),
      'tooLarge',
      'the answer is over 1000 bytes',
    ],
    [
      'an answer that is not JSON',
      {},
      (response) => response.end('pass: word'),
      'malformed',
      'the answer is not JSON',
    ],
  ])(
    '%s becomes a TransportError that names server and path',
    async (_what, options, send, kind, message) => {
      await connection.close();
      connect(options);
      answer(send);
      const error = await failureOf(client.get('/a?continue=secret'));
      expect(error).toMatchObject({ name: 'TransportError', kind });
      expect(String(error)).toContain(`GET ${server.url}/a: `);
      expect(String(error)).toContain(message);
      expect(String(error)).not.toMatch(/secret|word|sesame/);
    },
  );

  test.each([
    ['0', 1, 2, 'ok'],
    ['0', 3, 4, 'ok'],
    ['0', 4, 4, 429],
    ['6', 1, 1, 429],
    ['Sat, 21 Nov 2026 10:00:00 GMT', 1, 1, 429],
  ])(
    'a server that is busy (Retry-After: %s) %i times is asked %i times: %s',
    async (retryAfter, busyTimes, asked, outcome) => {
      server.answer((_request, response) => {
        const busy = server.requests.length <= busyTimes;
        response.writeHead(busy ? 429 : 200, busy ? { 'retry-after': retryAfter } : {}).end('{}');
        return true;
      });
      const result = await client.create('/a', {}).then(
        () => 'ok',
        (error: unknown) => (error as StatusError).code,
      );
      expect([result, server.requests.length]).toEqual([outcome, asked]);
    },
  );

  test('nobody listening is said with the address', async () => {
    await server.stop();
    const error = await failureOf(client.get('/a'));
    expect(error).toMatchObject({ kind: 'io' });
    expect(String(error)).toContain('ECONNREFUSED');
    server = await startStubApiServer();
  });

  test('a caller that gives up ends the request', async () => {
    const giveUp = new AbortController();
    answer(() => giveUp.abort());
    expect(await failureOf(client.get('/a', giveUp.signal))).toMatchObject({ kind: 'aborted' });
    expect(await failureOf(client.get('/a', giveUp.signal))).toMatchObject({ kind: 'aborted' });
    expect(server.requests).toHaveLength(1);
  });
});

describe('watch', () => {
  const added = (name: string): string => JSON.stringify({ type: 'ADDED', object: { metadata: { name } } });

  test('yields events however the bytes are cut, and ends when the server does', async () => {
    const bytes = Buffer.from(`${added('é')}\n\r\n${added('b')}\r\n${added('half')}`);
    answer((response) => {
      for (const byte of bytes) response.write(Buffer.of(byte));
      response.end();
    });
    await expect(collect('/a')).resolves.toEqual([
      { type: 'ADDED', object: { metadata: { name: 'é' } } },
      { type: 'ADDED', object: { metadata: { name: 'b' } } },
    ]);
  });

  test.each<[string, (response: ServerResponse) => void, object]>([
    [
      'an ERROR event',
      (response) =>
        response.end(
          `${JSON.stringify({ type: 'ERROR', object: statusBody({ code: 410, reason: 'Expired', message: 'old' }) })}\n`,
        ),
      { name: 'StatusError', code: 410, reason: 'Expired' },
    ],
    [
      'an ERROR event without a code',
      (response) => response.end('{"type":"ERROR","object":{}}\n'),
      { name: 'StatusError', code: 500 },
    ],
    ['a refusal', (response) => sendJson(response, 403, {}), { name: 'StatusError', code: 403 }],
    ['an endless line', (response) => response.write('x'.repeat(3000)), { kind: 'tooLarge' }],
    ['no headers in time', () => undefined, { kind: 'deadline' }],
    [
      'a connection that breaks off',
      (response) => (response.write('\n'), setImmediate(() => response.destroy())),
      { kind: 'io' },
    ],
  ])('throws on %s', async (_what, send, expected) => {
    await connection.close();
    connect({ lineBytesMax: 2000, deadlineMs: 300 });
    answer(send);
    expect(await failureOf(collect('/a'))).toMatchObject(expected);
  });

  test('has no deadline once it is open, and ends with the signal', async () => {
    await connection.close();
    connect({ deadlineMs: 30 });
    const giveUp = new AbortController();
    answer((response) => {
      response.flushHeaders();
      setTimeout(() => response.write(`${added('late')}\n`), 100);
    });
    const events: unknown[] = [];
    const error = await failureOf(
      (async () => {
        for await (const event of client.watch('/a', giveUp.signal)) {
          events.push(event);
          giveUp.abort();
        }
      })(),
    );
    expect(events).toHaveLength(1);
    expect(error).toMatchObject({ kind: 'aborted' });
  });
});
