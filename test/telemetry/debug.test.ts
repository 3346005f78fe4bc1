import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { request } from 'undici';
import { createProfiler } from '../../src/telemetry/profiler.ts';
import { isLocalCaller } from '../../src/webhook/local-caller.ts';
import { startToldServer, type ToldServer } from './program.ts';

describe('--debug-endpoints', () => {
  let server: ToldServer;
  beforeAll(async () => {
    server = await startToldServer({
      config: { registrySources: { allowedRegistries: ['registry.example'] } },
      flags: ['--debug-endpoints'],
    });
  }, 120_000);
  afterAll(() => server.stop());

  async function ask(path: string, headers: Record<string, string> = {}, method: 'GET' | 'POST' = 'GET') {
    const answer = await request(`${server.metricsUrl}${path}`, { method, headers });
    return { code: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
  }

  test('/debug/state tells what is in memory and in force, and no key', async () => {
    const { code, text } = await ask('/debug/state');
    expect(code).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      unready: null,
      controllers: { importing: 'off', works: null },
      store: { objects: { ImageStream: 0 }, synced: true, staleSeconds: 0 },
      configuration: { registrySources: { allowedRegistries: ['registry.example'] } },
    });
    expect(text).not.toMatch(/PRIVATE|BEGIN|password|token/i);
  });

  test('/debug/cpu-profile gives what the developer tools read', async () => {
    const { code, headers, text } = await ask('/debug/cpu-profile?seconds=1');
    expect({ code, name: headers['content-disposition'] }).toEqual({
      code: 200,
      name: 'attachment; filename="pinstream.cpuprofile"',
    });
    const { nodes, samples } = JSON.parse(text) as { nodes: unknown[]; samples: unknown[] };
    expect(nodes.length).toBeGreaterThan(1);
    expect(samples.length).toBeGreaterThan(0);
  });

  test('/debug/heap-snapshot gives what the developer tools read', async () => {
    const { code, text } = await ask('/debug/heap-snapshot');
    expect(code).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ snapshot: { meta: { node_fields: expect.any(Array) } } });
  });

  test.each([
    ['no time at all', '/debug/cpu-profile?seconds=0', 400],
    ['more than a minute', '/debug/cpu-profile?seconds=61', 400],
    ['no number', '/debug/cpu-profile?seconds=1e1', 400],
    ['less than nothing', '/debug/cpu-profile?seconds=-5', 400],
    ['something else', '/debug/environment', 404],
  ])('refuses %s', async (_, path, code) => {
    expect(await ask(path)).toMatchObject({ code });
  });

  test('refuses what is no question', async () => {
    expect(await ask('/debug/heap-snapshot', {}, 'POST')).toMatchObject({
      code: 405,
      headers: { allow: 'GET' },
    });
  });

  test.each([
    ['by another name', '/debug/state', { host: 'pinstream.example' }],
    ['from a page of the web', '/debug/heap-snapshot', { 'sec-fetch-site': 'cross-site' }],
    ['by another name', '/imports', { host: 'pinstream.example' }],
  ])('who asks %s for %s finds nothing', async (_, path, headers) => {
    expect(await ask(path, headers)).toMatchObject({ code: 404 });
  });
});

describe('a caller on the same machine', () => {
  const from = (remoteAddress: string | undefined, headers: object): IncomingMessage =>
    ({ socket: { remoteAddress }, headers }) as unknown as IncomingMessage;

  test.each([
    ['127.0.0.1', { host: 'localhost:9090' }],
    ['127.0.0.1', { host: '127.0.0.1:9090' }],
    ['::1', { host: '[::1]:9090' }],
    ['::ffff:127.0.0.1', { host: 'LOCALHOST' }],
    ['127.0.0.1', { host: 'localhost:9090', 'sec-fetch-site': 'none' }],
  ])('%s %j is one', (address, headers) => expect(isLocalCaller(from(address, headers))).toBe(true));

  test.each([
    ['10.0.0.7', { host: 'localhost:9090' }],
    ['127.0.0.6', { host: 'localhost:9090' }],
    ['::ffff:10.0.0.7', { host: 'localhost:9090' }],
    [undefined, { host: 'localhost:9090' }],
    ['127.0.0.1', {}],
    ['127.0.0.1', { host: 'evil.example:9090' }],
    ['127.0.0.1', { host: 'localhost.evil.example' }],
    ['127.0.0.1', { host: 'localhost:9090', 'sec-fetch-site': 'cross-site' }],
    ['127.0.0.1', { host: 'localhost:9090', 'sec-fetch-site': 'same-site' }],
  ])('%s %j is none', (address, headers) => expect(isLocalCaller(from(address, headers))).toBe(false));
});

describe('the profiler', () => {
  test('takes one profile or snapshot at a time, and is free again afterwards', async () => {
    const profiler = createProfiler();
    const enough = new AbortController();
    const first = profiler.cpuProfile(60, enough.signal);
    expect(await profiler.cpuProfile(1, enough.signal)).toBeUndefined();
    expect(profiler.heapSnapshot()).toBeUndefined();
    enough.abort();
    expect(JSON.parse((await first) ?? '')).toHaveProperty('nodes');
    expect(await profiler.cpuProfile(60, enough.signal)).toBeDefined();
  });

  test('is free again when nobody reads a snapshot to its end', async () => {
    const profiler = createProfiler();
    const snapshot = profiler.heapSnapshot();
    expect(profiler.heapSnapshot()).toBeUndefined();
    const closed = new Promise((resolve) => snapshot?.once('close', resolve));
    snapshot?.destroy();
    await closed;
    expect(await profiler.cpuProfile(60, AbortSignal.abort())).toBeDefined();
  });
});
