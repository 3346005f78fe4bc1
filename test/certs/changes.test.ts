import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { watchChanges } from '../../src/certs/changes.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { eventually } from '../support/eventually.ts';
import { sendJson, startStubApiServer, type StubApiServer, type StubRequest } from '../support/api-server.ts';
import { statusBody } from '../support/api-collection.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { createRecordingLog } from '../support/recording-log.ts';
import { createStubClient } from '../support/stub-client.ts';

const secrets = '/api/v1/namespaces/system/secrets';
const mutating = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
const secret = { metadata: { name: 'webhook-tls', namespace: 'system' } };
const configuration = { metadata: { name: 'pinstream' } };

let api: StubApiServer;
let clock: FakeClock;
let log: ReturnType<typeof createRecordingLog>;
let ending: AbortController;
let close: () => Promise<void>;
let told: number;

beforeEach(async () => {
  api = await startStubApiServer();
  clock = createFakeClock();
  log = createRecordingLog();
  ending = new AbortController();
  told = 0;
});
afterEach(async () => {
  ending.abort();
  await close();
  await api.stop();
});

const until = (describe: string, check: () => void): Promise<void> =>
  eventually(check, { describe, timeoutMs: 20_000, intervalMs: 2 });

function watch(): KubeClient {
  const stub = createStubClient(api.url);
  close = () => stub.close();
  watchChanges({
    client: stub.client,
    namespace: 'system',
    secretName: 'webhook-tls',
    webhookConfigurations: [{ kind: 'MutatingWebhookConfiguration', name: 'pinstream' }],
    clock,
    random: () => 0.5,
    log,
    onChange: () => (told += 1),
    signal: ending.signal,
  });
  return stub.client;
}

async function watched(): Promise<void> {
  watch();
  await until('both watches', () => {
    expect([secrets, mutating].map((path) => api.collection(path).watches.size)).toEqual([1, 1]);
  });
}

/** Pauses other than those that look after a silent watch, every 30 s. */
const pauses = (): readonly number[] => clock.sleeping().filter((ms) => ms !== 30_000);

/** Lets a pause end that an event begins. */
async function afterPause(): Promise<number> {
  await until('the pause before a call', () => expect(pauses()).toHaveLength(1));
  const [ms = 0] = pauses();
  clock.advance(ms);
  await until('the call', () => expect(pauses()).toEqual([]));
  return ms;
}

describe('changes of what a keeper looks after', () => {
  beforeEach(() => {
    api.collection(secrets);
    api.collection(mutating);
  });

  test('are watched by name, from where things are, and of the Secret only its metadata', async () => {
    await watched();
    const asked = (path: string): StubRequest | undefined =>
      api.requests.find((request) => request.path === path);
    expect(asked(secrets)).toMatchObject({
      query: { fieldSelector: 'metadata.name=webhook-tls', watch: '1', resourceVersion: '' },
      headers: { accept: expect.stringContaining('as=PartialObjectMetadata;') },
    });
    expect(asked(mutating)).toMatchObject({ query: { fieldSelector: 'metadata.name=pinstream' } });
  });

  test.each<[string, string, (from: ReturnType<StubApiServer['collection']>) => void]>([
    ['made', secrets, (from) => from.put(secret)],
    ['made', mutating, (from) => from.put(configuration)],
  ])('%s in %s: told soon', async (_title, path, change) => {
    await watched();
    change(api.collection(path));
    expect(await afterPause()).toBeLessThanOrEqual(500);
    expect(told).toBe(1);
  });

  test('edited and deleted: told each time', async () => {
    await watched();
    const from = api.collection(secrets);
    from.put(secret);
    await afterPause();
    from.put(secret);
    await afterPause();
    from.remove('webhook-tls', 'system');
    await afterPause();
    expect(told).toBe(3);
  });

  test('many at a time: told once', async () => {
    await watched();
    for (let count = 0; count < 5; count += 1) api.collection(secrets).put(secret);
    api.collection(mutating).put(configuration);
    // One connection keeps its order: after this event all before it have been seen.
    await until('the pause', () => expect(pauses()).toHaveLength(1));
    clock.advance(pauses()[0] ?? 0);
    await until('the call', () => expect(told).toBe(1));
  });

  test('that do not end: told at a falling rate, once a minute at last, and soon again after a calm', async () => {
    await watched();
    const next = async (): Promise<number> => {
      api.collection(mutating).put(configuration);
      return afterPause();
    };
    const paused: number[] = [];
    for (let count = 0; count < 9; count += 1) paused.push(await next());
    expect(paused).toEqual([300, 600, 1200, 2400, 4800, 9600, 19_200, 38_400, 45_000]);
    clock.advance(121_000);
    expect(await next()).toBe(300);
  });

  test('a watch that begins anew tells nothing when nothing changed', async () => {
    await watched();
    const from = api.collection(mutating);
    from.put(configuration);
    await afterPause();
    // Open for a while, so that it is not taken for a server that closes every watch.
    clock.advance(2_000);
    from.closeWatches();
    // The stub begins with the whole history then, as a server begins with what there is.
    await until('the second watch', () => expect(from.watches.size).toBe(1));
    from.bookmark();
    api.collection(secrets).put(secret);
    await afterPause();
    expect(told).toBe(2);
  });

  test('without the right to watch: said once for each, and tried again after minutes', async () => {
    api.answer((_request, response) => {
      sendJson(response, 403, statusBody({ code: 403, reason: 'Forbidden', message: 'no' }));
      return true;
    });
    watch();
    await until('both pauses', () => expect(pauses()).toEqual([300_000, 300_000]));
    clock.advance(300_000);
    await until('both pauses again', () => {
      expect(api.requests).toHaveLength(4);
      expect(pauses()).toEqual([300_000, 300_000]);
    });
    expect(log.lines.map(({ level }) => level)).toEqual(['warn', 'warn']);
  });

  test('an API server that is away is tried again, without a word: the passes say that', async () => {
    api.answer((_request, response) => {
      response.destroy();
      return true;
    });
    watch();
    await until('both pauses', () => expect(pauses()).toEqual([600, 600]));
    api.answer(() => false);
    clock.advance(600);
    await until('both watches', () => {
      expect([secrets, mutating].map((path) => api.collection(path).watches.size)).toEqual([1, 1]);
    });
    expect(log.lines).toEqual([]);
  });

  test('are not watched once it is over', async () => {
    await watched();
    ending.abort();
    await until('no watch', () => {
      expect([secrets, mutating].map((path) => api.collection(path).watches.size)).toEqual([0, 0]);
    });
    expect(clock.sleeping()).toEqual([]);
  });
});
