import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { Agent, request } from 'undici';
import { namespaceOf, streamName } from '../../bench/scene/large-streams.ts';
import { startServer, type ServerProcess } from '../../bench/server-process.ts';
import type { StreamApiProgress } from '../../bench/servers/stream-api.ts';
import { asObject, objectAt } from '../../src/json/untyped.ts';
import { createHttpClient } from '../../src/kube/http-client.ts';
import { listPages } from '../../src/kube/list.ts';
import { eventually } from '../support/eventually.ts';

const streams = 501;
const path = '/apis/image.openshift.io/v1/imagestreams';
const ending = new AbortController();
const dispatcher = new Agent();
let server: ServerProcess;

beforeAll(async () => {
  server = await startServer([
    fileURLToPath(new URL('../../bench/servers/stream-api.ts', import.meta.url)),
    `${streams}`,
  ]);
}, 60_000);
afterAll(async () => {
  ending.abort();
  await dispatcher.destroy();
  await server.stop();
});

const client = () =>
  createHttpClient({
    server: server.url,
    credentials: () => Promise.resolve({ headers: {}, dispatcher }),
    userAgent: 'test',
  });
const namesIn = async (of: string): Promise<readonly unknown[]> => {
  const names: unknown[] = [];
  const put = (raw: unknown): void => void names.push(objectAt(raw, 'metadata').name);
  await listPages(client(), of, { signal: ending.signal, put });
  return names;
};
const progress = async (): Promise<StreamApiProgress> =>
  (await (await request(`${server.url}/bench/progress`, { dispatcher })).body.json()) as StreamApiProgress;

test('lists every stream once, over its pages, and counts the list', async () => {
  const { lists } = await progress();
  expect(await namesIn(path)).toEqual(Array.from({ length: streams }, (_, index) => streamName(index)));
  expect((await progress()).lists).toBe(lists + 1);
});

test('has the namespaces of its streams', async () => {
  expect(await namesIn('/api/v1/namespaces')).toEqual([namespaceOf(0), namespaceOf(256)]);
});

test('tells watchers of as many changes as it is asked for, and that their position expired', async () => {
  const events = client().watch(`${path}?watch=1`, ending.signal)[Symbol.asyncIterator]();
  const first = events.next();
  await eventually(
    async () => {
      if ((await progress()).watches === 0) throw new Error('no watch is open');
    },
    { describe: 'the watch is open' },
  );
  await (await request(`${server.url}/bench/change?count=2`, { dispatcher })).body.dump();
  const told = [await first, await events.next()].map(({ value }) => asObject(value).type);
  expect(told).toEqual(['MODIFIED', 'MODIFIED']);
  await (await request(`${server.url}/bench/expire`, { dispatcher })).body.dump();
  await expect(events.next()).rejects.toMatchObject({ code: 410 });
});
