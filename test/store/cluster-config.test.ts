import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ClusterConfig } from '../../src/policy/cluster-config.ts';
import { startClusterConfig, type ClusterConfigWatch } from '../../src/store/cluster-config.ts';
import { statusBody, type StubCollection } from '../support/api-collection.ts';
import { sendJson, startStubApiServer, type StubApiServer } from '../support/api-server.ts';
import { eventually } from '../support/eventually.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { createRecordingLog } from '../support/recording-log.ts';
import { createStubClient } from '../support/stub-client.ts';

const plurals = ['images', 'imagedigestmirrorsets', 'imagetagmirrorsets'] as const;
const pathOf = (plural: string) => `/apis/config.openshift.io/v1/${plural}`;

let server: StubApiServer;
let connection: ReturnType<typeof createStubClient>;
let clock: FakeClock;
let log: ReturnType<typeof createRecordingLog>;
let config: ClusterConfigWatch;
let seen: ClusterConfig[];

beforeEach(async () => {
  server = await startStubApiServer();
  connection = createStubClient(server.url);
  clock = createFakeClock();
  log = createRecordingLog();
  seen = [];
});

afterEach(async () => {
  await config.stop();
  await connection.close();
  await server.stop();
});

function start(signal?: AbortSignal): void {
  config = startClusterConfig({
    client: connection.client,
    log,
    clock,
    random: () => 0.5,
    onChange: (next) => void seen.push(next),
    ...(signal ? { signal } : {}),
  });
}

const collection = (plural: (typeof plurals)[number]): StubCollection => server.collection(pathOf(plural));
const serveAll = (): StubCollection[] => plurals.map(collection);
const until = (describe: string, check: () => void): Promise<void> =>
  eventually(check, { describe, timeoutMs: 5000, intervalMs: 2 });
const synced = (): Promise<void> => until('it is synced', () => expect(config.synced()).toBe(true));
const watched = (): Promise<void> =>
  until('all is watched', () => expect(serveAll().map(({ watches }) => watches.size)).toEqual([1, 1, 1]));
const told = (): string[] => log.lines.map(({ level, message }) => `${level} ${message}`);
const blocked = (): readonly string[] | undefined => config.current().registrySources?.blockedRegistries;

const image = (name: string, ...blockedRegistries: string[]) => ({
  metadata: { name },
  spec: { registrySources: { blockedRegistries } },
});
const mirrorSet = (name: string, kind: 'Digest' | 'Tag', source: string) => ({
  metadata: { name },
  spec: { [`image${kind}Mirrors`]: [{ source, mirrors: ['m.example'] }] },
});
const nothing = { mirrors: { digestMirrors: [], tagMirrors: [] } };

describe('a cluster that serves config.openshift.io', () => {
  beforeEach(() => void serveAll());

  test('says what its Image and its mirror sets say', async () => {
    collection('images').put(image('cluster', 'evil.example'));
    collection('images').put(image('other', 'other.example'));
    collection('imagedigestmirrorsets').put(mirrorSet('a', 'Digest', 'quay.io'));
    collection('imagetagmirrorsets').put(mirrorSet('a', 'Tag', 'ghcr.io'));
    start();
    expect(config.synced()).toBe(false);
    expect(config.current()).toEqual(nothing);
    expect(config.notes()).toEqual(plurals.map((plural) => `${plural}.config.openshift.io is not read yet`));
    await synced();
    expect(blocked()).toEqual(['evil.example']);
    expect(config.current().mirrors).toEqual({
      digestMirrors: [{ source: 'quay.io', mirrors: ['m.example'], neverContactSource: false }],
      tagMirrors: [{ source: 'ghcr.io', mirrors: ['m.example'], neverContactSource: false }],
    });
    expect(seen.at(-1)).toEqual(config.current());
    expect(config.notes()).toEqual([]);
    expect(told()).toEqual(['info registry rules and mirrors of the cluster count']);
  });

  test('follows changes; what is taken away is no longer said', async () => {
    start();
    await watched();
    collection('images').put(image('cluster', 'evil.example'));
    await until('it is blocked', () => expect(blocked()).toEqual(['evil.example']));
    collection('imagetagmirrorsets').put(mirrorSet('a', 'Tag', 'ghcr.io'));
    await until('it is mirrored', () => expect(config.current().mirrors.tagMirrors).toHaveLength(1));
    collection('images').remove('cluster');
    collection('imagetagmirrorsets').remove('a');
    await until('nothing is said', () => expect(config.current()).toEqual(nothing));
    expect(seen.at(-1)).toEqual(nothing);
  });

  test('tells of a change only where something else is said', async () => {
    collection('images').put(image('cluster', 'evil.example'));
    start();
    await watched();
    await until('it is said', () => expect(seen).toHaveLength(1));
    collection('images').put({ ...image('cluster', 'evil.example'), status: { unread: 1 } });
    collection('images').put(image('other', 'other.example'));
    collection('images').put(image('cluster', 'worse.example'));
    await until('the change is said', () => expect(blocked()).toEqual(['worse.example']));
    expect(seen).toHaveLength(2);
  });

  test('what was said last stays in force on an outage, with a warning', async () => {
    collection('images').put(image('cluster', 'evil.example'));
    start();
    await watched();
    clock.advance(5000);
    server.answer((_request, response) => {
      sendJson(response, 503, statusBody({ code: 503, reason: 'ServiceUnavailable', message: 'away' }));
      return true;
    });
    for (const each of serveAll()) each.dropWatches();
    await until('it warns', () => expect(told().filter((line) => line.startsWith('warn'))).toHaveLength(3));
    clock.advance(25_000);
    await until('it says why', () => expect(config.notes()[0]).toContain('last heard of 30 s ago'));
    expect(blocked()).toEqual(['evil.example']);
    expect(config.synced()).toBe(true);
  });

  test('is not synced while it may not be read, and says what grants it', async () => {
    server.answer(({ path }, response) => {
      if (path !== pathOf('images')) return false;
      sendJson(response, 403, statusBody({ code: 403, reason: 'Forbidden', message: 'no' }));
      return true;
    });
    start();
    await until('it says so', () => expect(config.notes()).toHaveLength(1));
    await until('it says why', () =>
      expect(config.notes()[0]).toMatch(
        /^images\.config\.openshift\.io is not read yet: cannot list .*: forbidden: .*; the ClusterRole of this program/,
      ),
    );
    expect(config.synced()).toBe(false);
  });

  test('ends with the signal as with stop', async () => {
    const ending = new AbortController();
    start(ending.signal);
    await watched();
    ending.abort();
    await until('nothing is watched', () => {
      expect(serveAll().map(({ watches }) => watches.size)).toEqual([0, 0, 0]);
    });
  });
});

describe('any other cluster', () => {
  const pauses = (): number[] => clock.sleeping().filter((ms) => ms !== 30_000);

  async function passPauses(): Promise<number[]> {
    await until('all wait', () => expect(pauses()).toHaveLength(3));
    const waited = pauses();
    clock.advance(Math.max(...waited));
    return waited;
  }

  test('says nothing, is told of once, and is looked at every five minutes', async () => {
    start();
    await synced();
    expect(config.current()).toEqual(nothing);
    expect(config.notes()).toEqual([]);
    expect(await passPauses()).toEqual([10_000, 10_000, 10_000]);
    await until('it looks again', () => expect(server.requests).toHaveLength(6));
    expect(await passPauses()).toEqual([300_000, 300_000, 300_000]);
    await until('it looks again', () => expect(server.requests).toHaveLength(9));
    expect(seen).toEqual([]);
    expect(told()).toEqual([
      'info config.openshift.io is not served here: registry rules and mirrors of the configuration count',
    ]);
  });

  test('may serve it later', async () => {
    start();
    await synced();
    collection('images').put(image('cluster', 'evil.example'));
    await passPauses();
    await until('it is read', () => expect(blocked()).toEqual(['evil.example']));
    expect(told()).toContain('info served by this cluster now');
  });

  test('may have only some of it', async () => {
    collection('images').put(image('cluster', 'evil.example'));
    start();
    await synced();
    expect(blocked()).toEqual(['evil.example']);
    expect(log.lines.at(-1)?.fields).toEqual({ resources: ['images.config.openshift.io'] });
  });
});
