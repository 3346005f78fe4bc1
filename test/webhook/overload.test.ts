import { gzipSync } from 'node:zlib';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { openStream, pinned } from '../support/objects.ts';
import { creation, podOf } from '../support/reviews.ts';
import { reviewOf, startServer, type TestServer } from '../support/server.ts';
import { serverLookingIn, startImageRegistry, type ImageRegistry } from './fallback-fixture.ts';
import { connectRaw, posted, type RawClient } from './raw-client.ts';

/** More than the server can do at once: it says so at once, and goes on with what it can (docs/high-availability.md). */
const patient = { timeoutMs: 60_000 };
const fromStream = creation(podOf('app:v1'));
const fromRegistry = podOf('web:1');

let clients: RawClient[] = [];
afterEach(() => {
  for (const client of clients) client.end();
  clients = [];
});

async function open(server: TestServer, count: number): Promise<readonly RawClient[]> {
  const opened = await Promise.all(Array.from({ length: count }, () => connectRaw(server.url)));
  clients.push(...opened);
  return opened;
}

async function expectHonestAnswer(server: TestServer): Promise<void> {
  const { patch } = await server.review('/mutate', fromStream);
  expect(patch[0]?.value).toBe(pinned('app', '1'));
}

function tooBusy(server: TestServer): Promise<unknown> {
  return eventually(
    () =>
      expect(server.logLines).toContainEqual(
        expect.objectContaining({ msg: expect.stringMatching(/^too busy/) }),
      ),
    { describe: 'the server says that it is too busy', ...patient },
  );
}

describe('requests that all wait for a registry', () => {
  let registry: ImageRegistry;
  let server: TestServer;
  beforeEach(async () => {
    registry = await startImageRegistry();
    server = await serverLookingIn([registry], { fallback: { timeout: '30s' } });
  });
  afterEach(async () => {
    await server.stop();
    await registry.stop();
  });

  test.each([
    { path: '/mutate', waiting: 1000, body: reviewOf(creation(fromRegistry)) },
    { path: '/dry-run?namespace=shop', waiting: 32, body: fromRegistry },
  ])(
    '$path: $waiting of them wait, more are refused at once, others are answered',
    async ({ path, waiting, body }) => {
      const release = registry.hangs({ 'web:1': '1' });
      const more = 10;
      // Ten on a connection: what is sent before the answer to what was sent before is worked on all the same.
      const connections = await open(server, (waiting + more) / 10 + 1);
      const request = posted(path, JSON.stringify(body));
      let left = waiting + more;
      for (const connection of connections) {
        connection.write(request.repeat(Math.min(10, left)));
        left -= Math.min(10, left);
      }
      await tooBusy(server);
      await expectHonestAnswer(server);
      const refused = await server.post(path, body);
      expect(refused.code).toBe(503);
      expect(refused.headers['retry-after']).toBe('1');
      expect(refused.json()).toMatchObject({
        kind: 'Status',
        reason: 'ServiceUnavailable',
        message: expect.stringMatching(/too many requests wait for registries/),
      });

      release();
      const codes = await eventually(
        () => {
          const all = connections.flatMap((connection) => connection.codes());
          expect(all).toHaveLength(waiting + more);
          return all;
        },
        { describe: 'all are answered', ...patient },
      );
      expect(codes.filter((code) => code === 503)).toHaveLength(more);
      expect(codes.filter((code) => code === 200)).toHaveLength(waiting);
      expect((await server.post(path, body)).code).toBe(200);
    },
  );
});

describe('a server without registries', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ objects: [openStream('shop', 'app', ['v1'])] });
  });
  afterAll(() => server.stop());

  test('large bodies at the same time: what finds no room is refused, the rest is answered', async () => {
    const body = JSON.stringify(reviewOf(fromStream)).padEnd(8 * 1024 * 1024, ' ');
    const request = posted('/mutate', body);
    const uploads = await open(server, 10);
    for (const upload of uploads) upload.write(request.slice(0, -1));
    await eventually(() => expect(uploads.flatMap((upload) => upload.codes())).toContain(503), {
      describe: 'some are refused',
      ...patient,
    });
    await expectHonestAnswer(server);
    for (const upload of uploads) upload.write(request.slice(-1));
    const codes = await eventually(
      () => {
        const all = uploads.map((upload) => upload.codes()[0]);
        expect(all).not.toContain(undefined);
        return all;
      },
      { describe: 'all are answered', ...patient },
    );
    expect(new Set(codes)).toEqual(new Set([200, 503]));
    expect(uploads.find((upload) => upload.codes()[0] === 503)?.said()).toMatch(
      /retry-after: 1\r\n[^]*too many large requests/i,
    );
  });

  test('bodies that unpack to very much: refused, and others are answered meanwhile', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const answers = Array.from({ length: 40 }, () =>
      server.post('/mutate', bomb, { 'content-encoding': 'gzip' }),
    );
    await expectHonestAnswer(server);
    const codes = new Set((await Promise.all(answers)).map(({ code }) => code));
    expect([...codes].filter((code) => code !== 413 && code !== 503)).toEqual([]);
    expect(codes).toContain(413);
    await expectHonestAnswer(server);
  });

  test('a review that was left lying longer than its caller waits is refused', async () => {
    const body = reviewOf(fromStream);
    await eventually(
      async () => {
        // On a connection that is there already: one that is new has to shake hands first.
        expect((await server.post('/mutate', body)).code).toBe(200);
        process.kill(server.pid, 'SIGSTOP');
        const answer = server.post('/mutate?timeout=1s', body);
        // The time that passes is what is tested.
        await delay(2_000);
        process.kill(server.pid, 'SIGCONT');
        const { code, text } = await answer;
        expect([code, text]).toEqual([503, expect.stringMatching(/after the time that its caller waits/)]);
      },
      { describe: 'it is refused', ...patient },
    );
    await expectHonestAnswer(server);
  });
});
