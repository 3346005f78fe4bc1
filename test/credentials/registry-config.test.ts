import { mkdir, mkdtemp, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  findRegistryConfig,
  openRegistryConfig,
  type RegistryConfig,
} from '../../src/credentials/registry-config.ts';
import type { CredentialHelpers, HelperAnswer } from '../../src/credentials/credential-helper.ts';
import { serverCredentials } from '../../src/credentials/server-credentials.ts';
import { createRecordingLog } from '../support/recording-log.ts';

let folder: string;
let log: ReturnType<typeof createRecordingLog>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pinstream-config-'));
  log = createRecordingLog();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const file = (): string => join(folder, 'config.json');
const configOf = (username: string): string =>
  JSON.stringify({ auths: { 'a.test': { username, password: 'hunter2' } } });

/** What one would log in with now, and the notes. */
async function seen(config: RegistryConfig) {
  const { keychain, notes } = await config.current();
  const [credential] = keychain.credentialsFor({ registry: 'a.test', repository: 'web', reference: '1' });
  return { username: credential?.username, notes };
}

describe('where it is', () => {
  const home = (): string => join(folder, 'home');
  const docker = (): string => join(folder, 'docker');
  beforeEach(async () => {
    await mkdir(join(home(), '.docker'), { recursive: true });
    await mkdir(docker());
  });

  test.each<[string, string | undefined, readonly string[], object | undefined]>([
    ['nowhere', undefined, [], undefined],
    ['the flag, there or not', 'flag.json', ['auth.json'], { path: 'flag.json', asked: true }],
    [
      'REGISTRY_AUTH_FILE first',
      undefined,
      ['auth.json', 'docker/config.json', 'home/.docker/config.json'],
      { path: 'auth.json', asked: false },
    ],
    [
      'DOCKER_CONFIG next',
      undefined,
      ['docker/config.json', 'home/.docker/config.json'],
      { path: 'docker/config.json', asked: false },
    ],
    [
      'the home folder at last',
      undefined,
      ['home/.docker/config.json'],
      { path: 'home/.docker/config.json', asked: false },
    ],
  ])('%s', async (_title, flag, files, expected) => {
    for (const name of files) await writeFile(join(folder, name), '{}');
    const env = { REGISTRY_AUTH_FILE: join(folder, 'auth.json'), DOCKER_CONFIG: docker() };
    const place = await findRegistryConfig(flag === undefined ? undefined : join(folder, flag), env, home());
    const shown = place === undefined ? undefined : { ...place, path: place.path.slice(folder.length + 1) };
    expect(shown).toEqual(expected);
  });

  test('nowhere without environment and home', async () => {
    await expect(findRegistryConfig(undefined, {}, '')).resolves.toBeUndefined();
  });
});

describe('at start', () => {
  test.each<[string, () => Promise<unknown>, string]>([
    ['is missing', () => Promise.resolve(), 'does not exist'],
    ['is no JSON', () => writeFile(file(), `${configOf('me')}}`), 'is not JSON'],
    ['is a folder', () => mkdir(file()), 'is not a file'],
    [
      'is too large',
      () => writeFile(file(), '').then(() => truncate(file(), 1024 * 1024 + 1)),
      'is over 1048576 bytes',
    ],
  ])('a file that %s: asked for, it is an error; found, it is a note', async (_title, prepare, problem) => {
    await prepare();
    await expect(openRegistryConfig({ path: file(), asked: true }, log)).rejects.toThrow(
      `--registry-config: ${file()} ${problem}. Give a docker configuration with "auths", as docker login or ` +
        'podman login writes it, or leave the flag out.',
    );
    const config = await openRegistryConfig({ path: file(), asked: false }, log);
    const notes = [`registry config ${file()} ${problem}; it is not used`];
    await expect(seen(config)).resolves.toEqual({ username: undefined, notes });
    expect(log.lines).toHaveLength(1);
    expect(JSON.stringify(log.lines)).not.toContain('hunter2');
  });

  test('entries that cannot be used are logged', async () => {
    await writeFile(file(), JSON.stringify({ auths: { 'a.test': {} } }));
    await openRegistryConfig({ path: file(), asked: true }, log);
    expect(log.lines).toEqual([
      {
        level: 'warn',
        fields: {
          file: file(),
          problem: 'the entry for a.test is skipped: it has neither "auth" nor "username" and "password"',
        },
        message: 'the registry config is not used in full',
      },
    ]);
  });
});

describe('later', () => {
  let config: RegistryConfig;
  beforeEach(async () => {
    await writeFile(file(), configOf('first'));
    config = await openRegistryConfig({ path: file(), asked: true }, log);
    await expect(seen(config)).resolves.toEqual({ username: 'first', notes: [] });
  });

  test('credentials are called after the file', async () => {
    const { keychain } = await config.current();
    const found = keychain.credentialsFor({ registry: 'a.test', repository: 'web', reference: '1' });
    expect(found[0]?.label).toBe(`registry config ${file()}`);
  });

  test.each<[string, () => Promise<unknown>]>([
    ['written', () => writeFile(file(), configOf('second'))],
    [
      'replaced by a file of the same size',
      async () => {
        await writeFile(`${file()}.new`, configOf('other'.slice(0, 5)).replace('other', 'secnd'));
        await rename(`${file()}.new`, file());
      },
    ],
    [
      'swapped as a mounted Secret is',
      async () => {
        await writeFile(join(folder, 'elsewhere'), configOf('second'));
        await symlink(join(folder, 'elsewhere'), join(folder, 'link'));
        await rename(join(folder, 'link'), file());
      },
    ],
  ])('a file that was %s is read again', async (_title, change) => {
    await change();
    expect((await seen(config)).username).toMatch(/^sec/);
    expect(log.lines.map(({ message }) => message)).toEqual(['registry config reloaded']);
  });

  test.each<[string, () => Promise<unknown>, string]>([
    ['broken', () => writeFile(file(), '{'), 'is not JSON'],
    ['gone', () => rm(file()), 'does not exist'],
  ])(
    'while it is %s the last good version stays, with a note; once mended it is used',
    async (_title, change, problem) => {
      await change();
      const notes = [`registry config ${file()} ${problem}; the last good version stays in use`];
      await expect(seen(config)).resolves.toEqual({ username: 'first', notes });
      await expect(seen(config)).resolves.toEqual({ username: 'first', notes });
      expect(log.lines.map(({ level }) => level)).toEqual(['warn']);
      await writeFile(file(), configOf('third'));
      await expect(seen(config)).resolves.toEqual({ username: 'third', notes: [] });
    },
  );

  test('all who ask at once see the change', async () => {
    await writeFile(file(), configOf('second'));
    const all = await Promise.all(Array.from({ length: 50 }, () => seen(config)));
    expect(new Set(all.map(({ username }) => username))).toEqual(new Set(['second']));
    expect(log.lines).toHaveLength(1);
  });
});

describe('with credential helpers', () => {
  const label = (): string => `registry config ${file()}`;
  const ask = async (config: object, answer: HelperAnswer) => {
    await writeFile(file(), JSON.stringify(config));
    const asked: string[] = [];
    const helpers: CredentialHelpers = {
      ask: (helper, server) => {
        asked.push(`${helper} ${server}`);
        return Promise.resolve(answer);
      },
    };
    const opened = await openRegistryConfig({ path: file(), asked: true }, log, helpers);
    const image = { registry: 'a.test', repository: 'web', reference: '1' };
    const choice = await serverCredentials(opened, image, new AbortController().signal);
    return { asked, choice };
  };
  const auths = { 'a.test': { username: 'old', password: 'hunter2' } };
  const old = () => ({ label: label(), username: 'old', password: 'hunter2' });

  test('what the helper has goes before what stands in the file, by a label of its own', async () => {
    const login = { username: 'me', password: 'pw' };
    const { asked, choice } = await ask(
      { auths, credHelpers: { 'a.test': 'cloud' } },
      { kind: 'found', login },
    );
    expect(asked).toEqual(['cloud a.test']);
    expect(choice).toEqual({
      credentials: [{ label: `${label()} (docker-credential-cloud)`, ...login }, old()],
      notes: [],
    });
  });

  test('a helper that fails is a note; what stands in the file is still used', async () => {
    const answer: HelperAnswer = { kind: 'failed', problem: 'docker-credential-cloud is away' };
    const { choice } = await ask({ auths, credsStore: 'cloud' }, answer);
    expect(choice).toEqual({
      credentials: [old()],
      notes: [`${label()}: docker-credential-cloud is away`],
    });
  });

  test.each<[string, object, () => readonly string[]]>([
    ['a store that has none says nothing', { credsStore: 'cloud' }, () => []],
    [
      'a helper that has none for the registry that it is named for says so',
      { credHelpers: { 'a.test': 'cloud' } },
      () => [`${label()}: docker-credential-cloud has nothing for a.test`],
    ],
  ])('%s', async (_title, config, notes) => {
    const { choice } = await ask({ auths, ...config }, { kind: 'none' });
    expect(choice).toEqual({ credentials: [old()], notes: notes() });
  });

  test('none is asked for a registry that it is not for', async () => {
    const { asked, choice } = await ask({ auths, credHelpers: { 'b.test': 'cloud' } }, { kind: 'none' });
    expect(asked).toEqual([]);
    expect(choice.credentials).toEqual([old()]);
  });

  test('they stay in use while the file is broken', async () => {
    await writeFile(file(), JSON.stringify({ credsStore: 'cloud' }));
    const login = { username: 'me', password: 'pw' };
    const helpers: CredentialHelpers = { ask: () => Promise.resolve({ kind: 'found', login }) };
    const opened = await openRegistryConfig({ path: file(), asked: true }, log, helpers);
    await writeFile(file(), '{');
    const image = { registry: 'a.test', repository: 'web', reference: '1' };
    const choice = await serverCredentials(opened, image, new AbortController().signal);
    expect(choice.credentials.map(({ username }) => username)).toEqual(['me']);
    expect(choice.notes).toEqual([`${label()} is not JSON; the last good version stays in use`]);
  });
});
