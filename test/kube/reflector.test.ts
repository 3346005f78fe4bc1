import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startReflector, type Reflector, type ReflectorState } from '../../src/kube/reflector.ts';
import type { Resource } from '../../src/kube/resource.ts';
import { expired, statusBody, type StubCollection } from '../support/api-collection.ts';
import { sendJson, startStubApiServer, type StubApiServer, type StubRequest } from '../support/api-server.ts';
import { eventually } from '../support/eventually.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { createMirror } from '../support/mirror.ts';
import { createStubClient } from '../support/stub-client.ts';

const path = '/apis/example.dev/v1/things';
const resource = { name: 'things', path, grantedBy: 'the ClusterRole thing-reader' };
const watchdogMs = 30_000;

let server: StubApiServer;
let things: StubCollection;
let connection: ReturnType<typeof createStubClient>;
let clock: FakeClock;
let mirror: ReturnType<typeof createMirror>;
let stopping: AbortController;
let reflector: Reflector;
let seen: ReflectorState[];

beforeEach(async () => {
  server = await startStubApiServer();
  things = server.collection(path);
  connection = createStubClient(server.url);
  clock = createFakeClock();
  mirror = createMirror();
  stopping = new AbortController();
  seen = [];
});

afterEach(async () => {
  stopping.abort();
  await reflector.done;
  await connection.close();
  await server.stop();
});

function start(random = 0, notServedRetryMs?: number, own: Partial<Resource> = {}): void {
  reflector = startReflector({
    client: connection.client,
    resource: { ...resource, ...own },
    handler: mirror,
    clock,
    random: () => random,
    signal: stopping.signal,
    ...(notServedRetryMs === undefined ? {} : { notServedRetryMs }),
    onChange: (state) => void seen.push(state),
  });
}

const thing = (name: string) => ({ metadata: { name } });
const put = (...names: string[]): void => names.forEach((name) => things.put(thing(name)));
const isWatch = ({ query }: StubRequest): boolean => query.watch === '1';
const lists = (): StubRequest[] => server.requests.filter((request) => !isWatch(request));
const watches = (): StubRequest[] => server.requests.filter(isWatch);
const until = (describe: string, check: () => void): Promise<void> =>
  eventually(check, { describe, timeoutMs: 5000, intervalMs: 2 });
const names = (...expected: string[]): Promise<void> =>
  until(`knows ${expected.join(' ')}`, () => expect(mirror.names()).toEqual(expected));
const watching = (times = 1): Promise<void> =>
  until(`watch ${times} is open`, () => {
    expect(watches()).toHaveLength(times);
    expect(things.watches.size).toBe(1);
  });

/** Waits until the loop pauses after a failure, and gives for how long. */
async function pause(): Promise<number> {
  const pauses = (): number[] => clock.sleeping().filter((ms) => ms !== watchdogMs);
  await until('the loop pauses', () => expect(pauses()).toHaveLength(1));
  return pauses()[0] ?? 0;
}

async function passPause(): Promise<number> {
  const ms = await pause();
  clock.advance(ms);
  return ms;
}

/** Fails every request that `which` picks, until it is told otherwise. */
function refuse(which: (request: StubRequest) => boolean, code: number, reason = 'Refused'): void {
  server.answer((request, response) => {
    if (!which(request)) return false;
    sendJson(response, code, statusBody({ code, reason, message: 'no' }));
    return true;
  });
}

const obey = (): void => server.answer(() => false);

describe('listing', () => {
  test('reads a collection in pages of 500, hands objects on one at a time, commits once', async () => {
    for (let i = 0; i < 1201; i += 1) put(`t${i}`);
    start();
    await watching();
    expect(lists().map(({ query }) => [query.limit, query.continue !== undefined])).toEqual([
      ['500', false],
      ['500', true],
      ['500', true],
    ]);
    expect(mirror.calls).toEqual(['startList', 'commit 1201']);
    expect(reflector.state()).toEqual({ phase: 'synced', lastContactMs: clock.now(), restarts: 0 });
  });

  test('reads smaller pages of what has large objects', async () => {
    put('a', 'b', 'c');
    start(0, undefined, { pageSize: 2 });
    await watching();
    expect(lists().map(({ query }) => query.limit)).toEqual(['2', '2']);
    expect(mirror.calls).toEqual(['startList', 'commit 3']);
  });

  test.each([
    ['objects', /^application\/json$/],
    ['metadata', /as=PartialObjectMetadata(List)?;/],
  ] as const)('asks for %s where those are wanted, in list and watch', async (view, accept) => {
    start(0, undefined, { view });
    await watching();
    const accepts = server.requests.map(({ headers }) => headers.accept);
    expect(accepts).toEqual([expect.stringMatching(accept), expect.stringMatching(accept)]);
  });

  test('starts over when a continue token expires in the middle, and never shows the half list', async () => {
    for (let i = 0; i < 600; i += 1) put(`t${i}`);
    let compacted = false;
    server.answer(({ query }) => {
      if (query.continue !== undefined && !compacted) {
        compacted = true;
        things.remove('t7');
        things.compact();
      }
      return false;
    });
    start();
    await passPause();
    await watching();
    expect(mirror.calls).toEqual(['startList', 'startList', 'commit 599']);
    expect(lists().map(({ query }) => query.continue !== undefined)).toEqual([false, true, false, true]);
  });

  test('asks for smaller pages when a page is over the size limit', async () => {
    connection = createStubClient(server.url, { bodyBytesMax: 4000 });
    for (let i = 0; i < 9; i += 1) things.put({ ...thing(`t${i}`), padding: 'x'.repeat(1000) });
    start();
    await watching();
    expect(lists().map(({ query }) => query.limit)).toEqual([
      ...['500', '250', '125', '62', '31', '15', '7'],
      ...['3', '3', '3'],
    ]);
    expect(mirror.names()).toHaveLength(9);
  });

  test('gives up with a clear reason when a single object is over the size limit', async () => {
    connection = createStubClient(server.url, { bodyBytesMax: 4000 });
    things.put({ ...thing('huge'), padding: 'x'.repeat(5000) });
    start();
    await pause();
    expect(reflector.state()).toMatchObject({ phase: 'starting', restarts: 1 });
    expect(reflector.state().lastError).toBe(
      `cannot list things: GET ${server.url}${path}: the answer is over 4000 bytes`,
    );
  });

  test.each([
    [
      403,
      'Forbidden',
      'cannot list things: forbidden: GET {}: 403 no; the ClusterRole thing-reader grants it',
    ],
    [401, 'Unauthorized', 'cannot list things: GET {}: 401 no'],
    [500, 'InternalError', 'cannot list things: GET {}: 500 no'],
  ])('says why a list fails with %i, and tries again', async (code, reason, message) => {
    refuse(() => true, code, reason);
    put('a');
    start();
    await pause();
    expect(reflector.state().lastError).toBe(message.replace('{}', server.url + path));
    obey();
    await passPause();
    await names('a');
    expect(reflector.state().lastError).toBeUndefined();
  });

  test('an answer that is no list is a failure, not an empty list', async () => {
    server.answer((_request, response) => (sendJson(response, 200, { kind: 'Thing' }), true));
    start();
    await pause();
    expect(reflector.state().lastError).toContain('the answer is not a list');
    expect(mirror.calls).not.toContain('commit 0');
  });
});

describe('watching', () => {
  test('follows what is added, changed and deleted', async () => {
    put('a', 'b');
    start();
    await watching();
    put('c', 'a');
    things.remove('b');
    await names('a', 'c');
    expect(mirror.calls.slice(2)).toEqual(['put c', 'put a', 'remove b']);
  });

  test('asks for bookmarks and for an end after 5 to 10 minutes', async () => {
    start(0.5);
    await watching();
    const [request] = watches();
    expect(request?.query).toMatchObject({ allowWatchBookmarks: 'true', timeoutSeconds: '450' });
    expect(Number(request?.query.resourceVersion)).toBeGreaterThan(0);
  });

  test('resumes at once after the server closed the watch, and misses nothing in between', async () => {
    start();
    await watching();
    clock.advance(5000);
    things.closeWatches();
    put('meanwhile');
    await names('meanwhile');
    await watching(2);
    expect(lists()).toHaveLength(1);
    expect(reflector.state().restarts).toBe(0);
  });

  test('resumes from the last bookmark after a dropped connection, without a new list', async () => {
    start();
    await watching();
    things.compact();
    clock.advance(5000);
    things.bookmark();
    await until('the bookmark arrives', () => expect(reflector.state().lastContactMs).toBe(clock.now()));
    things.dropWatches();
    put('meanwhile');
    expect(await passPause()).toBe(400);
    await names('meanwhile');
    expect(lists()).toHaveLength(1);
    expect(reflector.state()).toMatchObject({ phase: 'synced', restarts: 1 });
  });

  test('lists again after 410, and what was deleted in between disappears', async () => {
    put('a', 'b', 'c');
    start();
    await watching();
    clock.advance(5000);
    refuse(isWatch, 503);
    things.dropWatches();
    things.remove('b');
    things.compact();
    await passPause();
    await pause();
    obey();
    await passPause();
    await passPause();
    await names('a', 'c');
    expect(lists()).toHaveLength(2);
    expect(seen.map(({ lastError }) => lastError)).toContainEqual(
      `cannot watch things from where it ended: GET ${server.url}${path}: 410 ${expired.message}; listing again`,
    );
  });

  test.each([
    ['410', () => things.sendError(expired), 2],
    ['500', () => things.sendError({ code: 500, reason: 'InternalError', message: 'decode' }), 2],
    ['503', () => things.sendError({ code: 503, reason: 'ServiceUnavailable', message: 'wait' }), 1],
    ['429', () => things.sendError({ code: 429, reason: 'TooManyRequests', message: 'wait' }), 1],
    ['not JSON', () => things.sendLine('{"type":"ADDED",'), 2],
    ['not an event', () => things.sendLine('{"type":"HELLO"}'), 2],
  ])(
    'an ERROR event or a broken line (%s) ends the watch: lists afterwards %#',
    async (_what, send, listCount) => {
      put('a');
      start();
      await watching();
      send();
      await passPause();
      await watching(2);
      put('b');
      await names('a', 'b');
      expect(lists()).toHaveLength(listCount);
      expect(reflector.state().restarts).toBe(1);
    },
  );

  test('an event over the size limit is not asked for again: the list brings what can be read', async () => {
    connection = createStubClient(server.url, { lineBytesMax: 2000 });
    start();
    await watching();
    things.put({ ...thing('big'), padding: 'x'.repeat(3000) });
    await pause();
    expect(reflector.state().lastError).toContain('a line is over 2000 bytes');
    await passPause();
    await names('big');
  });

  test('a watch that may not be opened is reported as such', async () => {
    refuse(isWatch, 403);
    start();
    await pause();
    expect(reflector.state()).toMatchObject({ phase: 'synced' });
    expect(reflector.state().lastError).toMatch(/^cannot watch things: forbidden: /);
  });

  test('a server that closes every watch at once is not asked in a tight loop', async () => {
    start();
    await watching();
    things.closeWatches();
    expect(await pause()).toBe(400);
    expect(watches()).toHaveLength(1);
    expect(reflector.state().lastError).toBe('cannot watch things: the server closed the watch at once');
  });

  test('a connection that says nothing for four minutes is given up and opened anew', async () => {
    start();
    await watching();
    for (let passed = 0; passed < 240_000; passed += watchdogMs) {
      await until('the watchdog sleeps', () => expect(clock.sleeping()).toEqual([watchdogMs]));
      expect(watches()).toHaveLength(1);
      clock.advance(watchdogMs);
    }
    await watching(2);
    expect(reflector.state().restarts).toBe(0);
    expect(lists()).toHaveLength(1);
  });
});

describe('a resource that comes and goes', () => {
  test('is looked for every ten seconds or so until it is served', async () => {
    things.served = false;
    start(0.5);
    expect(await pause()).toBe(10_000);
    expect(reflector.state()).toEqual({ phase: 'notServed', lastContactMs: clock.now(), restarts: 0 });
    await passPause();
    await until('it looks again', () => expect(lists()).toHaveLength(2));
    things.served = true;
    put('a');
    await passPause();
    await names('a');
    expect(seen.map(({ phase }) => phase)).toEqual(['notServed', 'synced']);
  });

  test('is looked for a second time soon, then as seldom as is wanted', async () => {
    things.served = false;
    start(0.5, 300_000);
    expect(await passPause()).toBe(10_000);
    await until('it looks again', () => expect(lists()).toHaveLength(2));
    expect(await passPause()).toBe(300_000);
    await until('it looks again', () => expect(lists()).toHaveLength(3));
    expect(await pause()).toBe(300_000);
    expect(reflector.state().phase).toBe('notServed');
  });

  test('is forgotten when it is still gone at the second look', async () => {
    put('a');
    start(0.5);
    await watching();
    things.served = false;
    clock.advance(5000);
    things.closeWatches();
    await passPause(); // the watch is refused
    expect(await pause()).toBe(10_000); // the first list is
    expect(mirror.names()).toEqual(['a']);
    expect(reflector.state().phase).toBe('synced');
    await passPause();
    await names();
    expect(reflector.state().phase).toBe('notServed');
  });

  test('keeps everything when a 404 was a passing thing', async () => {
    put('a');
    start(0.5);
    await watching();
    things.served = false;
    clock.advance(5000);
    things.closeWatches();
    await passPause();
    await pause();
    things.served = true;
    await passPause();
    await watching(3);
    expect(seen.map(({ phase }) => phase)).not.toContain('notServed');
    expect(mirror.calls).not.toContain('commit 0');
  });
});

describe('waiting after failures', () => {
  test.each([
    ['the least', 0, [400, 800, 1600, 3200, 6400, 12_800, 15_000, 15_000]],
    ['the middle', 0.5, [600, 1200, 2400, 4800, 9600, 19_200, 22_500, 22_500]],
  ])(
    'doubles from 800 ms to 30 s, jittered (%s), and starts small after two good minutes',
    async (_, random, steps) => {
      refuse(() => true, 500);
      start(random);
      for (const step of steps) expect(await passPause()).toBe(step);
      await pause();
      obey();
      await passPause();
      await watching();
      expect(reflector.state().restarts).toBe(steps.length + 1);
      for (let passed = 0; passed < 150_000; passed += watchdogMs) clock.advance(watchdogMs);
      things.dropWatches();
      expect(await pause()).toBe(steps[0]);
    },
  );
});

describe('stopping', () => {
  const hang = (which: (request: StubRequest) => boolean): void => server.answer((request) => which(request));
  test.each<[string, () => Promise<unknown>]>([
    ['in an open watch', () => watching()],
    [
      'while a list is not answered',
      () => (hang(() => true), until('it asks', () => expect(lists()).toHaveLength(1))),
    ],
    [
      'while a watch is not answered',
      () => (hang(isWatch), until('it asks', () => expect(watches()).toHaveLength(1))),
    ],
    ['while it waits after a failure', () => (refuse(() => true, 500), pause())],
    ['while it waits for the resource to be served', () => ((things.served = false), pause())],
  ])('%s ends the loop and its connections promptly', async (_where, reach) => {
    const reached = reach();
    start();
    await reached;
    stopping.abort();
    await reflector.done;
    expect(clock.sleeping()).toEqual([]);
    await until('no watch is left', () => expect(things.watches.size).toBe(0));
  });
});
