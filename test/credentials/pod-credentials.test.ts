import { describe, expect, test } from '@jest/globals';
import { createKeychain } from '../../src/credentials/keychain.ts';
import {
  createPodCredentialSource,
  podScopeKey,
  type PodScope,
  type PodSecrets,
  type PodSecretSource,
} from '../../src/credentials/pod-credentials.ts';
import type { RegistryConfig } from '../../src/credentials/registry-config.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createRecordingLog } from '../support/recording-log.ts';
import { dockerConfigJson, secret } from './secrets.ts';

const image = { registry: 'a.test', repository: 'crew/web', reference: '1' };
const never = new AbortController().signal;
const scope: PodScope = { namespace: 'demo', serviceAccount: 'web', names: ['own'] };
const key = podScopeKey(scope);

const found = (change: Partial<PodSecrets> = {}): PodSecrets => ({
  ofPod: [dockerConfigJson('own', 'a.test')],
  ofAccount: [dockerConfigJson('shared', 'a.test')],
  problems: [],
  missing: [],
  ...change,
});

const serverWide: RegistryConfig = {
  current: () =>
    Promise.resolve({
      keychain: createKeychain([
        { key: 'a.test/crew', credential: { label: 'registry config', username: 'server', password: 'pw' } },
      ]),
      helped: (registry) =>
        Promise.resolve({
          credentials: [{ label: 'helper', username: registry, password: 'pw' }],
          notes: ['the helper says'],
        }),
      notes: ['the file says'],
    }),
};

/** A source that counts, and answers when told. */
function setUp(answer: () => Promise<PodSecrets> = () => Promise.resolve(found())) {
  const asked: PodScope[] = [];
  const secrets: PodSecretSource & { answer: typeof answer } = {
    answer,
    secretsOf(of) {
      asked.push(of);
      return this.answer();
    },
  };
  const clock = createFakeClock();
  const log = createRecordingLog();
  const source = createPodCredentialSource({ secrets, serverWide, clock, log });
  const labels = async (of = key) =>
    (await source.credentialsFor(image, of, never)).credentials.map(({ label }) => label);
  return { secrets, asked, clock, log, source, labels };
}

describe('the credentials of a Pod', () => {
  test('are its own, its service account’s, the helper’s, the server’s, in this order', async () => {
    const { source, asked } = setUp();
    const { credentials, notes } = await source.credentialsFor(image, key, never);
    expect(credentials.map(({ label }) => label)).toEqual([
      'secret "own"',
      'secret "shared" of service account web',
      'helper',
      'registry config',
    ]);
    expect(notes).toEqual(['the file says', 'the helper says']);
    expect(asked).toEqual([scope]);
  });

  test('are tried in the order in which it names them, longer keys first', async () => {
    const ofPod = [
      dockerConfigJson('z', 'a.test'),
      dockerConfigJson('a', 'a.test'),
      dockerConfigJson('m', 'a.test/crew'),
    ];
    const { labels } = setUp(() => Promise.resolve(found({ ofPod, ofAccount: [] })));
    expect((await labels()).slice(0, 3)).toEqual(['secret "m"', 'secret "z"', 'secret "a"']);
  });

  test('are only those that match the image', async () => {
    const ofPod = [dockerConfigJson('own', 'b.test')];
    const { labels } = setUp(() => Promise.resolve(found({ ofPod, ofAccount: [] })));
    expect(await labels()).toEqual(['helper', 'registry config']);
  });

  test('run no helper that a secret names', async () => {
    const ofPod = [secret('own', { credHelpers: { 'a.test': 'cloud' } })];
    const { source } = setUp(() => Promise.resolve(found({ ofPod, ofAccount: [] })));
    const { notes } = await source.credentialsFor(image, key, never);
    expect(notes[0]).toBe('secret "own": credential helpers of a secret are not used');
  });

  test('are two thousand at most', async () => {
    const many = (name: string) =>
      secret(name, {
        auths: Object.fromEntries(
          Array.from({ length: 1500 }, (_, index) => [
            `${index}.test`,
            { username: name, password: `p${index}` },
          ]),
        ),
      });
    const ofPod = [many('one'), many('two')];
    const { source } = setUp(() => Promise.resolve(found({ ofPod })));
    const { notes, credentials } = await source.credentialsFor(image, key, never);
    expect(notes[0]).toBe('the pull secrets have 3001 entries; 2000 are used');
    expect(credentials.map(({ label }) => label)).toEqual(['helper', 'registry config']);
  });

  test.each([
    ['', 'no Pod'],
    ['demo', 'a namespace'],
    ['demo/../x', 'a path'],
  ])('%j stands for %s: the server’s own', async (text) => {
    const { labels, asked } = setUp();
    expect(await labels(text)).toEqual(['helper', 'registry config']);
    expect(asked).toEqual([]);
  });

  test('are the server’s own where no secrets may be read', async () => {
    const log = createRecordingLog();
    const source = createPodCredentialSource({ serverWide, clock: createFakeClock(), log });
    const { credentials } = await source.credentialsFor(image, key, never);
    expect(credentials.map(({ label }) => label)).toEqual(['helper', 'registry config']);
  });

  test('are none where there is nothing', async () => {
    const options = { serverWide: undefined, clock: createFakeClock(), log: createRecordingLog() };
    const source = createPodCredentialSource(options);
    await expect(source.credentialsFor(image, key, never)).resolves.toEqual({ credentials: [], notes: [] });
  });
});

describe('what cannot be read', () => {
  const refused = (what: string) => found({ ofPod: [], problems: [what] });

  test('is a note, and the rest is used', async () => {
    const missing = ['the Pod names secret "own", which is missing in namespace demo'];
    const { source, log } = setUp(() => Promise.resolve(found({ ofPod: [], missing })));
    const { notes, credentials } = await source.credentialsFor(image, key, never);
    expect(notes[0]).toBe(missing[0]);
    expect(credentials[0]?.label).toBe('secret "shared" of service account web');
    expect(log.lines).toEqual([]);
  });

  test('is logged once in a while for each namespace, whatever its Pods name', async () => {
    const { labels, secrets, clock, log } = setUp();
    for (const name of ['a', 'b', 'c']) {
      secrets.answer = () => Promise.resolve(refused(`not used: ${name}`));
      await labels(podScopeKey({ ...scope, names: [name] }));
    }
    await labels(podScopeKey({ ...scope, namespace: 'other' }));
    expect(log.lines.map(({ fields }) => fields)).toEqual([
      { namespace: 'demo', problem: 'not used: a' },
      { namespace: 'other', problem: 'not used: c' },
    ]);
    clock.advance(600_000);
    await labels();
    expect(log.lines).toHaveLength(3);
  });
});

describe('a scope is read', () => {
  test('once for a thousand images at a time, and once more for every other scope', async () => {
    const { labels, asked } = setUp();
    await Promise.all(Array.from({ length: 1000 }, () => labels()));
    await labels(podScopeKey({ ...scope, serviceAccount: 'other' }));
    await labels(podScopeKey({ ...scope, names: [] }));
    expect(asked).toHaveLength(3);
  });

  test.each<[string, Partial<PodSecrets>, number, number]>([
    ['not again within a minute', {}, 59_999, 1],
    ['again after a minute', {}, 60_000, 2],
    ['not again within ten seconds when one is missing', { missing: ['x'] }, 9_999, 1],
    ['again after ten seconds when one is missing', { missing: ['x'] }, 10_000, 2],
    ['again after ten seconds when one cannot be read', { problems: ['x'] }, 10_000, 2],
  ])('%s', async (_title, change, ms, times) => {
    const { labels, asked, clock } = setUp(() => Promise.resolve(found(change)));
    await labels();
    clock.advance(ms);
    await labels();
    expect(asked).toHaveLength(times);
  });

  test('again after its source broke down', async () => {
    const { labels, asked } = setUp(() => Promise.reject(new Error('a bug')));
    await expect(labels()).rejects.toThrow('a bug');
    await expect(labels()).rejects.toThrow('a bug');
    expect(asked).toHaveLength(2);
  });

  test('for those who wait on, though the first gives up', async () => {
    const late = Promise.withResolvers<PodSecrets>();
    const { source, labels, asked } = setUp(() => late.promise);
    const impatient = new AbortController();
    const first = source.credentialsFor(image, key, impatient.signal);
    const second = labels();
    impatient.abort(new Error('no longer wanted'));
    await expect(first).rejects.toThrow('no longer wanted');
    late.resolve(found());
    expect((await second)[0]).toBe('secret "own"');
    expect(asked).toHaveLength(1);
  });
});
