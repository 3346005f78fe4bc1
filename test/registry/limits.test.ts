import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { eventually } from '../support/eventually.ts';
import { closeSources, createSource, failureOf, never, queryOf } from './fixture.ts';
import {
  configDigest,
  sendError,
  serveTiny,
  startStubRegistry,
  type StubRegistry,
  type StubRequest,
} from './stub-registry.ts';

let registry: StubRegistry;
let other: StubRegistry;
let clock: FakeClock;

beforeEach(async () => {
  [registry, other] = await Promise.all([startStubRegistry(), startStubRegistry()]);
  clock = createFakeClock();
});

afterEach(async () => {
  await closeSources();
  await Promise.all([registry.stop(), other.stop()]);
});

describe('our own limit', () => {
  test('is of one registry, and ends with the signal of who waits', async () => {
    const source = createSource({ clock, perRegistryPerMinute: () => 1 });
    await source.digest(queryOf(registry), never);
    const giveUp = new AbortController();
    const waiting = source.digest(queryOf(registry), giveUp.signal);
    expect(await source.digest(queryOf(other), never)).toMatchObject({ ok: true });
    giveUp.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(registry.requests).toHaveLength(1);
  });

  test('counts operations, not the requests that one takes', async () => {
    registry.answer((request, response) => {
      if (request.headers.authorization === 'Bearer t') serveTiny(request, response);
      else if (request.path === '/token') response.writeHead(200).end('{"token":"t"}');
      else {
        response.setHeader('www-authenticate', `Bearer realm="${registry.url}/token"`);
        sendError(response, 401, 'UNAUTHORIZED', 'no');
      }
    });
    const source = createSource({ clock, perRegistryPerMinute: () => 1 });
    expect(await source.digest(queryOf(registry), never)).toMatchObject({ ok: true });
    expect(registry.requests).toHaveLength(3);
    // Blobs do not count.
    expect(await source.config(queryOf(registry), configDigest, never)).toMatchObject({ ok: true });
    const waiting = source.tags(queryOf(registry), never);
    await eventually(() => expect(clock.sleeping()).toHaveLength(1), {
      describe: 'it waits',
      timeoutMs: 2000,
    });
    expect(registry.requests).toHaveLength(4);
    clock.advance(60_000);
    await waiting;
    // The token is over by then.
    expect(registry.requests).toHaveLength(6);
  });

  test('one waits for its turn', async () => {
    const source = createSource({ clock, perRegistryPerMinute: () => 1 });
    await source.digest(queryOf(registry), never);
    const waiting = source.digest(queryOf(registry), never);
    await eventually(() => expect(clock.sleeping()).toHaveLength(1), {
      describe: 'it waits',
      timeoutMs: 2000,
    });
    clock.advance(60_000);
    expect(await waiting).toMatchObject({ ok: true });
  });

  test('no more than eight at a time are under way', async () => {
    const held: (() => void)[] = [];
    registry.answer((request: StubRequest, response) => {
      held.push(() => serveTiny(request, response));
    });
    const source = createSource({ clock });
    const answers = Promise.all(Array.from({ length: 12 }, () => source.digest(queryOf(registry), never)));
    await eventually(() => expect(held).toHaveLength(8), { describe: 'eight came', timeoutMs: 5000 });
    registry.answer(serveTiny);
    // The others of twelve would have come by the time that another registry has answered.
    await source.digest(queryOf(other), never);
    expect(registry.requests).toHaveLength(8);
    for (const answer of held) answer();
    expect((await answers).every(({ ok }) => ok)).toBe(true);
    expect(registry.requests).toHaveLength(12);
  });
});

describe('a registry that asks for a pause', () => {
  test.each([
    ['in seconds', '120', 120_000],
    ['by a date', new Date(1_000_000 + 90_000).toUTCString(), 90_000],
  ])('%s gets it: nothing is sent until then', async (_what, retryAfter, pauseMs) => {
    registry.answer((_request, response) => response.writeHead(429, { 'retry-after': retryAfter }).end());
    const source = createSource({ clock });
    const failure = failureOf(await source.digest(queryOf(registry), never));
    expect(failure).toMatchObject({ kind: 'rateLimited', retryAfterMs: pauseMs });
    registry.answer(serveTiny);
    registry.forget();
    clock.advance(pauseMs - 1000);
    expect(failureOf(await source.digest(queryOf(registry), never))).toMatchObject({
      kind: 'rateLimited',
      retryAfterMs: 1000,
    });
    expect(await source.digest(queryOf(other), never)).toMatchObject({ ok: true });
    expect(registry.requests).toEqual([]);
    clock.advance(1000);
    expect(await source.digest(queryOf(registry), never)).toMatchObject({ ok: true });
  });

  test('without saying for how long gets ten seconds', async () => {
    registry.answer((_request, response) => response.writeHead(429).end());
    const source = createSource({ clock });
    expect(failureOf(await source.digest(queryOf(registry), never))).not.toHaveProperty('retryAfterMs');
    expect(failureOf(await source.digest(queryOf(registry), never))).toMatchObject({ retryAfterMs: 10_000 });
  });

  test('that says our quota is used up is left alone but for blobs', async () => {
    registry.answer((request, response) => {
      response.setHeader('ratelimit-limit', '100;w=21600');
      response.setHeader('ratelimit-remaining', '0;w=21600');
      serveTiny(request, response);
    });
    const source = createSource({ clock });
    expect(await source.manifest(queryOf(registry), never)).toMatchObject({ ok: true });
    expect(await source.config(queryOf(registry), configDigest, never)).toMatchObject({ ok: true });
    expect(failureOf(await source.digest(queryOf(registry), never))).toMatchObject({
      kind: 'rateLimited',
      retryAfterMs: 216_000,
    });
  });
});

describe('a registry that fails', () => {
  test.each<[string, number, number]>([
    ['five times with 5xx is left alone', 503, 5],
    ['with 404 is not', 404, 20],
    ['with 401 is not', 401, 10],
  ])('%s', async (_what, status, requests) => {
    registry.answer((_request, response) => response.writeHead(status).end());
    const source = createSource({ clock });
    const kinds: string[] = [];
    for (let time = 0; time < 10; time += 1) {
      kinds.push(failureOf(await source.digest(queryOf(registry), never)).kind);
    }
    expect(registry.requests).toHaveLength(requests);
    expect(kinds.filter((kind) => kind === 'paused')).toHaveLength(status === 503 ? 5 : 0);
    expect(await source.digest(queryOf(other), never)).toMatchObject({ ok: true });
  });

  test('is tried by one when the pause is over, and is back when that succeeds', async () => {
    registry.answer((_request, response) => response.writeHead(500).end());
    const source = createSource({ clock });
    for (let time = 0; time < 5; time += 1) await source.digest(queryOf(registry), never);
    expect(failureOf(await source.digest(queryOf(registry), never))).toMatchObject({
      kind: 'paused',
      retryAfterMs: 1000,
    });
    registry.answer(serveTiny);
    clock.advance(1000);
    expect(await source.digest(queryOf(registry), never)).toMatchObject({ ok: true });
    expect(await source.digest(queryOf(registry), never)).toMatchObject({ ok: true });
  });

  test('that only waits takes nobody else any time', async () => {
    registry.answer(() => undefined);
    const source = createSource({ timeouts: { connectMs: 500, headersMs: 5000, operationMs: 5000 } });
    const controller = new AbortController();
    const stuck = Array.from({ length: 30 }, () => source.digest(queryOf(registry), controller.signal));
    await eventually(() => expect(registry.requests).toHaveLength(8), { describe: 'stuck', timeoutMs: 4000 });
    expect(await source.digest(queryOf(other), never)).toMatchObject({ ok: true });
    expect(other.requests).toHaveLength(1);
    controller.abort(new Error('enough'));
    const ended = await Promise.allSettled(stuck);
    expect(ended.every(({ status }) => status === 'rejected')).toBe(true);
  });
});
