import { request as httpsRequest } from 'node:https';
import { gzipSync, brotliCompressSync, deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openStream } from '../support/objects.ts';
import { reviewOf, startServer, type TestServer } from '../support/server.ts';

/** What HTTP carries, and what it must not: the answers that are no admission decisions. */
let server: TestServer;
beforeAll(async () => {
  server = await startServer({ objects: [openStream('shop', 'app', ['v1'])] });
});
afterAll(() => server.stop());

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'x', namespace: 'shop' },
  spec: { containers: [{ name: 'c', image: 'app:v1' }] },
};
const request = {
  uid: 'u1',
  operation: 'CREATE',
  namespace: 'shop',
  kind: { group: '', version: 'v1', kind: 'Pod' },
  resource: { group: '', version: 'v1', resource: 'pods' },
  object: pod,
};
const review = reviewOf(request);
const text = JSON.stringify(review);
/** One byte more than the server reads: 8 MiB. */
const tooLarge = ' '.repeat(8 * 1024 * 1024 + 1);

const failure = (code: number, reason: string, message: RegExp) => ({
  code,
  body: {
    apiVersion: 'v1',
    kind: 'Status',
    status: 'Failure',
    code,
    reason,
    message: expect.stringMatching(message),
  },
});

describe.each(['/mutate', '/validate'])('%s', (path) => {
  test.each<[string, unknown, RegExp]>([
    ['an empty body', '', /not JSON/],
    ['text', 'hello', /not JSON/],
    ['broken JSON', text.slice(0, -1), /not JSON/],
    ['random bytes', Buffer.from([0xff, 0xfe, 0x00, 0x80]), /not JSON/],
    ['null', 'null', /kind: expected AdmissionReview, got nothing/],
    ['a list', '[]', /kind: expected AdmissionReview, got nothing/],
    ['another kind', pod, /kind: expected AdmissionReview, got "Pod"/],
    [
      'v1beta1',
      { ...review, apiVersion: 'admission.k8s.io/v1beta1' },
      /apiVersion: expected admission\.k8s\.io\/v1, got "admission\.k8s\.io\/v1beta1"/,
    ],
    ['a review without request', { ...review, request: undefined }, /request: missing/],
    ['a request without uid', reviewOf({ ...request, uid: undefined }), /request\.uid: missing/],
    ['a request with an empty uid', reviewOf({ ...request, uid: '' }), /request\.uid: missing/],
    ['a uid that is no text', reviewOf({ ...request, uid: 1 }), /request\.uid: missing/],
    [
      'a request without operation',
      reviewOf({ ...request, operation: undefined }),
      /request\.operation: missing/,
    ],
    [
      'a request without resource',
      reviewOf({ ...request, resource: undefined }),
      /request\.resource: missing/,
    ],
  ])('%s is no review: 400', async (_title, body, message) => {
    const answer = await server.post(path, body);
    expect({ code: answer.code, body: answer.json() }).toEqual(failure(400, 'BadRequest', message));
  });

  test.each([
    ['gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['br', brotliCompressSync(text)],
    ['identity', Buffer.from(text)],
    ['GZIP', gzipSync(text)],
  ])('a body packed with %s is read', async (encoding, body) => {
    const answer = await server.post(path, body, { 'content-encoding': encoding });
    expect(answer.code).toBe(200);
  });

  test('a body that is not packed as it says is refused', async () => {
    const answer = await server.post(path, text, { 'content-encoding': 'gzip' });
    expect({ code: answer.code, body: answer.json() }).toEqual(failure(400, 'BadRequest', /not valid gzip/));
  });

  test.each(['zstd', 'gzip, gzip', '__proto__'])('content-encoding %s: 415', async (encoding) => {
    const answer = await server.post(path, text, { 'content-encoding': encoding });
    expect({ code: answer.code, body: answer.json() }).toEqual(
      failure(415, 'UnsupportedMediaType', /use gzip, deflate, br or none/),
    );
  });

  test('a small body that unpacks to a large one: 413', async () => {
    const answer = await server.post(path, gzipSync(tooLarge), { 'content-encoding': 'gzip' });
    expect({ code: answer.code, body: answer.json() }).toEqual(
      failure(413, 'RequestEntityTooLarge', /larger than 8388608 bytes/),
    );
  });

  test.each(['content-length', 'chunked'] as const)(
    'a body that is too large (%s): 413, read to the end by whoever sends it',
    async (kind) => {
      const answer = await upload(path, ' '.repeat(32 * 1024 * 1024), kind);
      expect({ code: answer.code, body: JSON.parse(answer.text) as unknown }).toEqual(
        failure(413, 'RequestEntityTooLarge', /larger than/),
      );
    },
  );

  test.each([undefined, 'application/json', 'application/x-www-form-urlencoded', 'text/plain', 'nonsense'])(
    'the content type is advisory: %s',
    async (type) => {
      const answer = await server.post(path, text, type === undefined ? {} : { 'content-type': type });
      expect(answer.code).toBe(200);
    },
  );

  test.each(['GET', 'PUT', 'DELETE'] as const)('%s: 405', async (method) => {
    const answer = await server.send(path, { method });
    expect({ code: answer.code, body: answer.json() }).toEqual(failure(405, 'MethodNotAllowed', /use POST/));
    expect(answer.headers.allow).toBe('POST');
  });

  test.each(['?timeout=10s', '/'])('is found with %s behind it', async (suffix) => {
    expect((await server.post(`${path}${suffix}`, text)).code).toBe(200);
  });
});

test('a large review, two objects of 3 MiB each, is read', async () => {
  const padded = {
    ...pod,
    metadata: { ...pod.metadata, annotations: { padding: 'x'.repeat(3 * 1024 * 1024) } },
  };
  const answer = await server.review('/mutate', {
    ...request,
    operation: 'UPDATE',
    object: padded,
    oldObject: padded,
  });
  expect(answer.allowed).toBe(true);
});

test.each(['/', '/mutat', '/mutate/x', '/..%2f..', '/%00'])('nothing at %s: 404', async (path) => {
  const answer = await server.post(path, text);
  expect({ code: answer.code, body: answer.json() }).toEqual(
    failure(404, 'NotFound', /there are \/mutate, \/validate, \/dry-run, \/healthz and \/readyz/),
  );
});

test('a path that does not decode is no bug of the server', async () => {
  const answer = await server.post('/%', text);
  expect(answer.code).toBe(404);
});

test.each(['/healthz', '/readyz'])('%s answers ok', async (path) => {
  expect(await server.send(path)).toMatchObject({ code: 200, text: 'ok\n' });
});

test('what the server is made of is nobody’s business', async () => {
  const { headers } = await server.post('/mutate', text);
  expect(headers).not.toHaveProperty('x-powered-by');
  expect(headers['content-type']).toBe('application/json; charset=utf-8');
});

test('one connection serves one review after another, refused ones in between', async () => {
  for (const body of [text, 'broken', text, text]) {
    expect((await server.post('/mutate', body)).code).toBe(body === text ? 200 : 400);
  }
});

/** Sends all of a body, whatever the server says meanwhile, and gives the answer. */
function upload(
  path: string,
  body: string,
  kind: 'content-length' | 'chunked',
): Promise<{ code: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers =
      kind === 'chunked' ? { 'transfer-encoding': 'chunked' } : { 'content-length': body.length };
    const sending = httpsRequest(
      `${server.url}${path}`,
      { method: 'POST', headers, rejectUnauthorized: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          resolve({ code: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
        });
      },
    );
    sending.on('error', reject);
    sending.end(body);
  });
}
