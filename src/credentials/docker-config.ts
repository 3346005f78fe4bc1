import { isUtf8 } from 'node:buffer';
import { isObject, stringAt, type JsonObject } from '../json/untyped.ts';
import { readHelperNames, type HelperNames } from './helper-names.ts';
import type { KeyedCredential } from './keychain.ts';
import { parseRegistryKey } from './registry-key.ts';

/**
 * - `config`: `config.json` and `.dockerconfigjson`, entries under `auths`.
 * - `legacy`: `.dockercfg`, the entries themselves.
 */
export type DockerConfigForm = 'config' | 'legacy';

/**
 * Sentences never quote the content: it is made of secrets. `problem` follows the name of the text ("… is not JSON");
 * `problems` stand for themselves, are about single entries, and all others are used.
 */
export type DockerConfigReading =
  | {
      readonly ok: true;
      readonly entries: readonly KeyedCredential[];
      /** Where it names some. Whose text it is decides whether they may be run: never for a tenant's. */
      readonly helpers?: HelperNames;
      readonly problems: readonly string[];
    }
  | { readonly ok: false; readonly problem: string };

/** Reads a docker configuration; `label` is what its credentials are called in messages. Never throws. */
export function parseDockerConfig(text: string, form: DockerConfigForm, label: string): DockerConfigReading {
  const config = parseJson(text);
  if (config === undefined) return { ok: false, problem: 'is not JSON' };
  if (!isObject(config)) return { ok: false, problem: 'is not a JSON object' };
  if (form === 'legacy') return { ok: true, ...readEntries(config, label, false) };
  const { names, problems: helperProblems } = readHelperNames(config);
  const helped = names.store !== '' || names.byRegistry.size > 0;
  const helpers = helped ? { helpers: names } : {};
  if (config.auths === undefined || config.auths === null) {
    const empty = helped ? [] : ['it has no "auths", so it holds no credential'];
    return { ok: true, entries: [], ...helpers, problems: [...helperProblems, ...empty] };
  }
  if (!isObject(config.auths)) return { ok: false, problem: 'has "auths" that is not a JSON object' };
  const { entries, problems } = readEntries(config.auths, label, helped);
  return { ok: true, entries, ...helpers, problems: [...helperProblems, ...problems] };
}

function readEntries(
  auths: JsonObject,
  label: string,
  helped: boolean,
): { readonly entries: readonly KeyedCredential[]; readonly problems: readonly string[] } {
  const entries: KeyedCredential[] = [];
  const problems: string[] = [];
  for (const [index, [key, raw]] of Object.entries(auths).entries()) {
    const entry = readEntry(key, raw, label);
    if (entry.ok) {
      entries.push(entry.value);
      // What `echo user:password | base64` makes; upstream sends it, so do we, but nobody finds this by looking.
      if (/[\r\n]$/.test(entry.value.credential.password))
        problems.push(`the password of ${nameOf(key, index)} ends with a line break`);
    } else if (!(helped && entry.empty)) {
      problems.push(`${nameOf(key, index)} is skipped: ${entry.problem}`);
    }
  }
  return { entries, problems };
}

type EntryReading =
  | { readonly ok: true; readonly value: KeyedCredential }
  /** `empty`: what docker leaves where a helper keeps the credential. */
  | { readonly ok: false; readonly problem: string; readonly empty: boolean };

function readEntry(key: string, raw: unknown, label: string): EntryReading {
  if (parseRegistryKey(key) === undefined) return refuse('its key is not a registry');
  if (!isObject(raw)) return refuse('it is not a JSON object');
  const identityToken = stringAt(raw, 'identitytoken');
  const login = loginOf(raw);
  if (identityToken !== undefined) {
    const { username, password } = login.ok ? login : { username: '', password: '' };
    return { ok: true, value: { key, credential: { label, username, password, identityToken } } };
  }
  if (!login.ok) return refuse(login.problem);
  const { username, password } = login;
  if (username === '' && password === '') {
    return stringAt(raw, 'registrytoken') === undefined
      ? { ok: false, problem: 'it has neither "auth" nor "username" and "password"', empty: true }
      : refuse('"registrytoken" is not used');
  }
  return { ok: true, value: { key, credential: { label, username, password } } };
}

type Login =
  | { readonly ok: true; readonly username: string; readonly password: string }
  | { readonly ok: false; readonly problem: string };

/** `auth` wins over `username` and `password`, as upstream's. */
function loginOf(raw: JsonObject): Login {
  const auth = stringAt(raw, 'auth');
  if (auth === undefined)
    return { ok: true, username: stringAt(raw, 'username') ?? '', password: stringAt(raw, 'password') ?? '' };
  const text = decodeBase64(auth);
  if (text === undefined) return { ok: false, problem: 'its "auth" is not text in base64' };
  const colon = text.indexOf(':');
  if (colon < 0) return { ok: false, problem: 'its "auth" is not USERNAME:PASSWORD in base64' };
  return { ok: true, username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Base64 with or without padding and line breaks; undefined where it is something else, or no text. */
export function decodeBase64(encoded: string): string | undefined {
  const compact = encoded.replace(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(compact) || compact.replace(/(?<!=)=+$/, '').length % 4 === 1)
    return undefined;
  const bytes = Buffer.from(compact, 'base64');
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

/** The key where it is plainly a registry; some people paste a password there. Its place otherwise. */
function nameOf(key: string, index: number): string {
  const parsed = parseRegistryKey(key);
  const plain = parsed !== undefined && parsed.labels.length > 1 && /^[^@]{1,100}$/.test(parsed.text);
  return plain ? `the entry for ${parsed.text}` : `entry ${index + 1}`;
}

function refuse(problem: string): EntryReading {
  return { ok: false, problem, empty: false };
}

/** The parser's own message would quote the text. `undefined` is no JSON value, so it can say "not JSON". */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
