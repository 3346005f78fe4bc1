import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject, stringAt } from '../json/untyped.ts';
import { systemClock } from '../kube/clock.ts';
import type { Log } from '../telemetry/log.ts';
import { createCredentialHelpers, type CredentialHelpers } from './credential-helper.ts';
import { parseDockerConfig } from './docker-config.ts';
import { helperCredentials, type HelperCredentials } from './helper-credentials.ts';
import type { HelperNames } from './helper-names.ts';
import { createKeychain, type Keychain } from './keychain.ts';

/** The docker configuration of the server itself: shown for images of every namespace, after its own secrets. */
export interface RegistryConfig {
  /** As the file is now; it is read again when it has changed. Never rejects. */
  current(): Promise<RegistryConfigState>;
}

export interface RegistryConfigState {
  readonly keychain: Keychain;
  /** Where the file names credential helpers. */
  readonly helped?: HelperCredentials;
  /** That the file cannot be used as it is now, and what is used instead. */
  readonly notes: readonly string[];
}

export interface RegistryConfigPlace {
  readonly path: string;
  /** Somebody named it with `--registry-config`, so it must be usable; otherwise it was found. */
  readonly asked: boolean;
}

const bytesMax = 1024 * 1024;

/**
 * Where the server's docker configuration is: `--registry-config`, else the first that exists of `$REGISTRY_AUTH_FILE`,
 * `$DOCKER_CONFIG/config.json` and `~/.docker/config.json`; undefined when there is none.
 */
export async function findRegistryConfig(
  flag: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): Promise<RegistryConfigPlace | undefined> {
  if (flag !== undefined && flag !== '') return { path: flag, asked: true };
  const { REGISTRY_AUTH_FILE: authFile = '', DOCKER_CONFIG: dockerFolder = '' } = env;
  const candidates = [
    authFile,
    dockerFolder === '' ? '' : join(dockerFolder, 'config.json'),
    home === '' ? '' : join(home, '.docker', 'config.json'),
  ];
  for (const path of candidates) if (path !== '' && (await isFile(path))) return { path, asked: false };
  return undefined;
}

/**
 * Reads the file and follows it. Throws when a file that was asked for cannot be used at start. Later, and for a file that
 * was merely found, that is a note, and the last good version stays in use.
 */
export async function openRegistryConfig(
  place: RegistryConfigPlace,
  log: Log,
  helpers: CredentialHelpers = createCredentialHelpers({ env: process.env, clock: systemClock, log }),
): Promise<RegistryConfig> {
  const { path, asked } = place;
  const label = `registry config ${path}`;
  let signature = '';
  let lastGood: Omit<RegistryConfigState, 'notes'> | undefined;
  let state: RegistryConfigState = { keychain: createKeychain([]), notes: [] };

  const refresh = async (): Promise<void> => {
    const now = await signatureOf(path);
    if (now === signature) return;
    // Of before the reading: what changes in between is seen next time.
    signature = now;
    const loaded = await load(path, label);
    if (loaded.ok) {
      for (const problem of loaded.problems)
        log.warn({ file: path, problem }, 'the registry config is not used in full');
      if (lastGood !== undefined) log.info({ file: path }, 'registry config reloaded');
      const { keychain, helpers: names } = loaded;
      lastGood =
        names === undefined ? { keychain } : { keychain, helped: helperCredentials(names, helpers, label) };
      state = { ...lastGood, notes: [] };
      return;
    }
    const { problem } = loaded;
    log.warn({ file: path, problem }, 'the registry config cannot be used');
    const instead = lastGood === undefined ? 'it is not used' : 'the last good version stays in use';
    state = { ...state, notes: [`${label} ${problem}; ${instead}`] };
  };

  if (asked) await mustLoad(path, label);
  await refresh();
  let refreshing: Promise<void> | undefined;
  return {
    async current() {
      refreshing ??= refresh().finally(() => {
        refreshing = undefined;
      });
      await refreshing;
      return state;
    },
  };
}

type Loaded =
  | {
      readonly ok: true;
      readonly keychain: Keychain;
      readonly helpers?: HelperNames;
      readonly problems: readonly string[];
    }
  | { readonly ok: false; readonly problem: string };

async function mustLoad(path: string, label: string): Promise<void> {
  const loaded = await load(path, label);
  if (loaded.ok) return;
  throw new Error(
    `--registry-config: ${path} ${loaded.problem}. Give a docker configuration with "auths", as docker login or ` +
      `podman login writes it, or leave the flag out.`,
  );
}

async function load(path: string, label: string): Promise<Loaded> {
  try {
    const stats = await stat(path);
    // A pipe could be read once, and would be waited for.
    if (!stats.isFile()) return { ok: false, problem: 'is not a file' };
    if (stats.size > bytesMax) return { ok: false, problem: `is over ${bytesMax} bytes` };
    const reading = parseDockerConfig(await readFile(path, 'utf8'), 'config', label);
    if (!reading.ok) return reading;
    return { ...reading, keychain: createKeychain(reading.entries) };
  } catch (error) {
    return { ok: false, problem: problemOf(error) };
  }
}

/** Changes whenever the file does: it is another file, was written, or cannot be read any more. */
async function signatureOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = await stat(path);
    return [dev, ino, size, mtimeMs, ctimeMs].join(' ');
  } catch (error) {
    return problemOf(error);
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function problemOf(error: unknown): string {
  const code = isObject(error) ? stringAt(error, 'code') : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this process';
  return `cannot be read (${code ?? String(error)})`;
}
