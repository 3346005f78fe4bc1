import { describe, expect, test } from '@jest/globals';
import {
  createCredentialSource,
  type SecretAnswer,
  type SecretSource,
} from '../../src/credentials/namespace-credentials.ts';
import { createKeychain } from '../../src/credentials/keychain.ts';
import type { RegistryConfig } from '../../src/credentials/registry-config.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createRecordingLog } from '../support/recording-log.ts';
import { dockerConfigJson, secret } from './secrets.ts';

const image = { registry: 'a.test', repository: 'crew/web', reference: '1' };
const never = new AbortController().signal;

/** A source that counts, and answers when told. */
function scripted(): SecretSource & { readonly asked: string[]; answer: () => Promise<SecretAnswer> } {
  const asked: string[] = [];
  return {
    asked,
    answer: () =>
      Promise.resolve({ ok: true, secrets: [dockerConfigJson('one', 'a.test')], pullSecretNames: [] }),
    secretsOf(namespace) {
      asked.push(namespace);
      return this.answer();
    },
  };
}

function setUp(serverWide?: RegistryConfig) {
  const secrets = scripted();
  const clock = createFakeClock();
  const log = createRecordingLog();
  return { secrets, clock, log, source: createCredentialSource({ secrets, clock, log, serverWide }) };
}

function serverFile(notes: readonly string[] = []): RegistryConfig {
  const credential = { label: 'registry config', username: 'server', password: 'pw' };
  const keychain = createKeychain([{ key: 'a.test/crew', credential }]);
  return { current: () => Promise.resolve({ keychain, notes }) };
}

const deny: SecretAnswer = { ok: false, problem: 'this server may not list secrets in namespace demo' };

describe('the credentials of a namespace', () => {
  test('go before the server’s own, even where its key is longer', async () => {
    const { source } = setUp(serverFile(['the file is broken']));
    const { credentials, notes } = await source.credentialsFor(image, 'demo', never);
    expect(credentials.map(({ label }) => label)).toEqual(['secret "one"', 'registry config']);
    expect(notes).toEqual(['the file is broken']);
  });

  test('are not asked for without a namespace', async () => {
    const { source, secrets } = setUp(serverFile());
    const { credentials } = await source.credentialsFor(image, '', never);
    expect(credentials.map(({ label }) => label)).toEqual(['registry config']);
    expect(secrets.asked).toEqual([]);
  });

  test('are given once where the server has the same', async () => {
    const { source, secrets } = setUp(serverFile());
    secrets.answer = () =>
      Promise.resolve({
        ok: true,
        secrets: [secret('same', { auths: { 'a.test': { username: 'server', password: 'pw' } } })],
        pullSecretNames: [],
      });
    const { credentials } = await source.credentialsFor(image, 'demo', never);
    expect(credentials.map(({ label }) => label)).toEqual(['secret "same"']);
  });

  test('that cannot be read are a note and one log line; the server’s own are still given', async () => {
    const { source, secrets, clock, log } = setUp(serverFile());
    secrets.answer = () => Promise.resolve(deny);
    for (let round = 0; round < 3; round += 1) {
      const { credentials, notes } = await source.credentialsFor(image, 'demo', never);
      expect(credentials).toHaveLength(1);
      expect(notes).toEqual(['this server may not list secrets in namespace demo']);
      clock.advance(60_000);
    }
    expect(log.lines.map(({ level }) => level)).toEqual(['warn']);
  });

  test('come with the notes of their source, then those on single secrets', async () => {
    const { source, secrets } = setUp();
    secrets.answer = () =>
      Promise.resolve({
        ok: true,
        secrets: [secret('broken', '{')],
        pullSecretNames: [],
        notes: ['not all are used'],
      });
    const { notes } = await source.credentialsFor(image, 'demo', never);
    expect(notes).toEqual(['not all are used', 'secret "broken" is skipped: .dockerconfigjson is not JSON']);
  });
});

describe('a namespace is read', () => {
  test('once for a thousand tags at a time, and once more for the next namespace', async () => {
    const { source, secrets } = setUp();
    const tags = Array.from({ length: 1000 }, () => source.credentialsFor(image, 'demo', never));
    await Promise.all(tags);
    await source.credentialsFor(image, 'other', never);
    expect(secrets.asked).toEqual(['demo', 'other']);
  });

  test.each([
    ['not again within a minute', 59_999, false, 1],
    ['again after a minute', 60_000, false, 2],
    ['again at once when it is forgotten', 0, true, 2],
  ])('%s', async (_title, ms, forget, times) => {
    const { source, secrets, clock } = setUp();
    await source.credentialsFor(image, 'demo', never);
    clock.advance(ms);
    if (forget) source.forget('demo');
    await source.credentialsFor(image, 'demo', never);
    expect(secrets.asked).toHaveLength(times);
  });

  test('again by whoever comes after it was forgotten on the way; the late answer does not come back', async () => {
    const { source, secrets } = setUp();
    const early = Promise.withResolvers<SecretAnswer>();
    secrets.answer = () => early.promise;
    const first = source.credentialsFor(image, 'demo', never);
    source.forget('demo');
    secrets.answer = () =>
      Promise.resolve({ ok: true, secrets: [dockerConfigJson('mended', 'a.test')], pullSecretNames: [] });
    const second = await source.credentialsFor(image, 'demo', never);
    early.resolve({ ok: true, secrets: [], pullSecretNames: [] });
    expect((await first).credentials).toEqual([]);
    const third = await source.credentialsFor(image, 'demo', never);
    for (const { credentials } of [second, third]) expect(credentials[0]?.label).toBe('secret "mended"');
    expect(secrets.asked).toHaveLength(2);
  });

  test('for all who wait, though the first of them gives up', async () => {
    const { source, secrets } = setUp();
    const late = Promise.withResolvers<SecretAnswer>();
    secrets.answer = () => late.promise;
    const impatient = new AbortController();
    const first = source.credentialsFor(image, 'demo', impatient.signal);
    const second = source.credentialsFor(image, 'demo', never);
    impatient.abort(new Error('no longer wanted'));
    await expect(first).rejects.toThrow('no longer wanted');
    late.resolve({ ok: true, secrets: [], pullSecretNames: [] });
    await expect(second).resolves.toEqual({ credentials: [], notes: [] });
    expect(secrets.asked).toHaveLength(1);
  });

  test('again after its source broke down', async () => {
    const { source, secrets } = setUp();
    secrets.answer = () => Promise.reject(new Error('a bug'));
    await expect(source.credentialsFor(image, 'demo', never)).rejects.toThrow('a bug');
    await expect(source.credentialsFor(image, 'demo', never)).rejects.toThrow('a bug');
    expect(secrets.asked).toHaveLength(2);
  });
});
