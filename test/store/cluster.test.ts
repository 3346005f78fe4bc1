import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startClusterStore, type ClusterStore } from '../../src/store/cluster.ts';
import { statusBody } from '../support/api-collection.ts';
import { sendJson, startStubApiServer, type StubApiServer } from '../support/api-server.ts';
import { eventually } from '../support/eventually.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { createRecordingLog } from '../support/recording-log.ts';
import { createRecordingSink } from '../support/recording-sink.ts';
import { createStubClient } from '../support/stub-client.ts';

const paths = {
  streams: '/apis/image.openshift.io/v1/imagestreams',
  images: '/apis/image.openshift.io/v1/images',
  namespaces: '/api/v1/namespaces',
};

let server: StubApiServer;
let connection: ReturnType<typeof createStubClient>;
let clock: FakeClock;
let sink: ReturnType<typeof createRecordingSink>;
let log: ReturnType<typeof createRecordingLog>;
let store: ClusterStore;

beforeEach(async () => {
  server = await startStubApiServer();
  connection = createStubClient(server.url);
  clock = createFakeClock();
  sink = createRecordingSink();
  log = createRecordingLog();
});

afterEach(async () => {
  await store.stop();
  await connection.close();
  await server.stop();
});

const streams = () => server.collection(paths.streams);
const images = () => server.collection(paths.images);
const namespaces = () => server.collection(paths.namespaces);

function start(signal?: AbortSignal): void {
  const { client } = connection;
  store = startClusterStore({ client, sink, log, clock, random: () => 0.5, ...(signal ? { signal } : {}) });
}

const until = (describe: string, check: () => void): Promise<void> =>
  eventually(check, { describe, timeoutMs: 5000, intervalMs: 2 });
const synced = (): Promise<void> => until('it is synced', () => expect(store.synced()).toBe(true));
const watched = (): Promise<void> =>
  until('all is watched', () => {
    expect([streams(), images(), namespaces()].map(({ watches }) => watches.size)).toEqual([1, 1, 1]);
  });
const told = (): string[] => log.lines.map(({ level, message }) => `${level} ${message}`);

function seed(): void {
  streams().put({ metadata: { name: 'keycloak', namespace: 'shop' } });
  images().put({ metadata: { name: `sha256-${'a'.repeat(64)}` } });
  namespaces().put({ metadata: { name: 'shop' } });
  namespaces().put({ metadata: { name: 'bank' } });
}

describe('a cluster with image streams', () => {
  beforeEach(seed);

  test('fills the sink and says once what it found', async () => {
    start();
    expect(store.synced()).toBe(false);
    expect(store.notes()).toEqual([
      'image streams are not read yet',
      'images are not read yet',
      'namespaces are not read yet',
    ]);
    await synced();
    expect(sink.keys()).toEqual([
      `Image /sha256-${'a'.repeat(64)}`,
      'ImageStream shop/keycloak',
      'Namespace /bank',
      'Namespace /shop',
    ]);
    expect(store.notes()).toEqual([]);
    expect(log.lines.at(-1)).toEqual({
      level: 'info',
      fields: { imagestreams: 1, images: 1, namespaces: 2 },
      message: 'synced with the cluster',
    });
    expect(log.lines).toHaveLength(4);
  });

  test('follows changes without a line in the log for each', async () => {
    start();
    await watched();
    const lines = log.lines.length;
    streams().put({ metadata: { name: 'keycloak', namespace: 'bank' } });
    streams().remove('keycloak', 'shop');
    images().remove(`sha256-${'a'.repeat(64)}`);
    await until('the changes are there', () =>
      expect(sink.keys()).toEqual(['ImageStream bank/keycloak', 'Namespace /bank', 'Namespace /shop']),
    );
    expect(log.lines).toHaveLength(lines);
  });

  test('stays ready on an outage, tells how old the answers are, and recovers', async () => {
    start();
    await watched();
    clock.advance(5000);
    server.answer((_request, response) => {
      sendJson(
        response,
        503,
        statusBody({ code: 503, reason: 'ServiceUnavailable', message: 'etcd is away' }),
      );
      return true;
    });
    for (const collection of [streams(), images(), namespaces()]) collection.dropWatches();
    await until('it warns', () => expect(told().filter((line) => line.startsWith('warn'))).toHaveLength(3));
    clock.advance(25_000);
    await until('it says why', () => expect(store.notes()[0]).toContain('etcd is away'));
    expect(store.synced()).toBe(true);
    expect(store.staleSeconds()).toBe(30);
    expect(store.notes()[0]).toMatch(
      /^image streams may be out of date: last heard of 30 s ago: cannot watch /,
    );
    expect(sink.keys()).toHaveLength(4);

    server.answer(() => false);
    await eventually(
      () => {
        clock.advance(2000);
        expect([streams(), images(), namespaces()].every(({ watches }) => watches.size === 1)).toBe(true);
      },
      { describe: 'it watches again', timeoutMs: 5000, intervalMs: 10 },
    );
    for (const collection of [streams(), images(), namespaces()]) collection.bookmark();
    await until('all is well', () => expect(store.notes()).toEqual([]));
    expect(store.staleSeconds()).toBe(0);
    expect(told().filter((line) => line === 'info following the cluster again')).toHaveLength(3);
  });

  test('the age is that of the oldest contact', async () => {
    start();
    await watched();
    clock.advance(20_000);
    streams().bookmark();
    images().bookmark();
    expect(store.staleSeconds()).toBe(20);
    namespaces().bookmark();
    await until('all were heard', () => expect(store.staleSeconds()).toBe(0));
  });

  test('a role that is missing is named', async () => {
    server.answer(({ path }, response) => {
      if (path !== paths.streams) return false;
      sendJson(
        response,
        403,
        statusBody({ code: 403, reason: 'Forbidden', message: 'User "x" cannot list' }),
      );
      return true;
    });
    start();
    const note = new RegExp(
      '^image streams are not read yet: cannot list imagestreams: forbidden: .*; the ClusterRole pinstream-webhook grants it$',
    );
    await until('it says so', () => expect(store.notes()[0]).toMatch(note));
    expect(store.synced()).toBe(false);
    expect(told()).toContain('warn cannot read from the cluster; trying on');
  });

  test('ends with the signal as with stop', async () => {
    const ending = new AbortController();
    start(ending.signal);
    await watched();
    ending.abort();
    await until('nothing is watched', () => expect(streams().watches.size + images().watches.size).toBe(0));
  });
});

describe('a cluster without image streams', () => {
  test('is ready, says so, and picks them up when they are served', async () => {
    namespaces().put({ metadata: { name: 'shop' } });
    start();
    await synced();
    expect(store.notes()).toEqual([
      'image streams are not served by this cluster (no CRD yet)',
      'images are not served by this cluster (no CRD yet)',
    ]);
    expect(told()).toContain('info not served by this cluster yet; looking again every 10 s');
    streams().put({ metadata: { name: 'keycloak', namespace: 'shop' } });
    images();
    clock.advance(12_000);
    await until('it is there', () => expect(sink.keys()).toContain('ImageStream shop/keycloak'));
    await until('nothing is missing', () => expect(store.notes()).toEqual([]));
    expect(told().filter((line) => line === 'info synced with the cluster')).toHaveLength(1);
  });

  test('is not ready when not even namespaces are served: that is no Kubernetes API', async () => {
    start();
    await until('it looked', () =>
      expect(store.notes()[2]).toBe('namespaces are not served by this cluster'),
    );
    expect(store.synced()).toBe(false);
  });
});
