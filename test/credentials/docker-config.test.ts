import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseDockerConfig } from '../../src/credentials/docker-config.ts';

const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64');
const login = (username: string, password: string) => ({ label: 'here', username, password });

function parse(config: unknown, form: 'config' | 'legacy' = 'config') {
  return parseDockerConfig(typeof config === 'string' ? config : JSON.stringify(config), form, 'here');
}

describe('an entry', () => {
  test.each<[string, unknown, object]>([
    ['auth', { auth: base64('me:pw') }, login('me', 'pw')],
    ['auth without padding', { auth: base64('me:pw1').replace(/=+$/, '') }, login('me', 'pw1')],
    ['auth in lines', { auth: `${base64('me:pw')}\n` }, login('me', 'pw')],
    ['a password with colons', { auth: base64('me:p:w') }, login('me', 'p:w')],
    ['an empty password', { auth: base64('me:') }, login('me', '')],
    ['username and password', { username: 'me', password: 'pw' }, login('me', 'pw')],
    ['auth before username', { auth: base64('me:pw'), username: 'you', password: 'x' }, login('me', 'pw')],
    [
      'an identity token',
      { auth: base64('me:'), identitytoken: 't' },
      { ...login('me', ''), identityToken: 't' },
    ],
    ['an identity token alone', { identitytoken: 't' }, { ...login('', ''), identityToken: 't' }],
    [
      'an identity token beside a broken auth',
      { auth: '%', identitytoken: 't' },
      { ...login('', ''), identityToken: 't' },
    ],
  ])('with %s', (_title, entry, credential) => {
    const reading = { ok: true, entries: [{ key: 'a.test', credential }], problems: [] };
    expect(parse({ auths: { 'a.test': entry } })).toEqual(reading);
    expect(parse({ 'a.test': entry }, 'legacy')).toEqual(reading);
  });

  test.each<[string, string, unknown, string]>([
    [
      'bad base64',
      'a.test',
      { auth: 'not base64!' },
      'the entry for a.test is skipped: its "auth" is not text in base64',
    ],
    [
      'base64 cut off',
      'a.test',
      { auth: 'YWJjZ' },
      'the entry for a.test is skipped: its "auth" is not text in base64',
    ],
    [
      'bytes that are no text',
      'a.test',
      { auth: base64('m\xe9:pw') },
      'the entry for a.test is skipped: its "auth" is not text in base64',
    ],
    [
      'no colon',
      'a.test',
      { auth: base64('mepw') },
      'the entry for a.test is skipped: its "auth" is not USERNAME:PASSWORD in base64',
    ],
    [
      'nothing',
      'a.test',
      {},
      'the entry for a.test is skipped: it has neither "auth" nor "username" and "password"',
    ],
    [
      'a registry token',
      'a.test',
      { registrytoken: 't' },
      'the entry for a.test is skipped: "registrytoken" is not used',
    ],
    ['no object', 'a.test', 'x', 'the entry for a.test is skipped: it is not a JSON object'],
    [
      'a key that is no registry',
      'a.test:port',
      { auth: base64('me:pw') },
      'entry 1 is skipped: its key is not a registry',
    ],
    [
      'a password as its key',
      base64('me:pw'),
      {},
      'entry 1 is skipped: it has neither "auth" nor "username" and "password"',
    ],
    [
      'a user in its key',
      'https://me:pw@a.test/v2/',
      {},
      'the entry for a.test is skipped: it has neither "auth" nor "username" and "password"',
    ],
  ])('with %s is skipped, the others are used', (_title, key, entry, problem) => {
    expect(parse({ auths: { [key]: entry, 'b.test': { username: 'me', password: 'pw' } } })).toEqual({
      ok: true,
      entries: [{ key: 'b.test', credential: login('me', 'pw') }],
      problems: [problem],
    });
  });

  test('with a line break behind the password is used as it is, and said', () => {
    expect(parse({ auths: { 'a.test': { auth: base64('me:pw\n') } } })).toEqual({
      ok: true,
      entries: [{ key: 'a.test', credential: login('me', 'pw\n') }],
      problems: ['the password of the entry for a.test ends with a line break'],
    });
  });
});

describe('a configuration', () => {
  test.each<[string, unknown, readonly string[]]>([
    ['empty auths', { auths: {} }, []],
    ['no auths', {}, ['it has no "auths", so it holds no credential']],
    ['an empty store', { credsStore: '', credHelpers: {} }, ['it has no "auths", so it holds no credential']],
  ])('with %s holds nothing', (_title, config, problems) => {
    expect(parse(config)).toEqual({ ok: true, entries: [], problems });
  });

  test.each<[string, object, Readonly<Record<string, string>>, string, readonly string[]]>([
    ['a store', { credsStore: 'desktop' }, {}, 'desktop', []],
    [
      'a helper, and what docker leaves in auths',
      { auths: { 'a.test': {} }, credHelpers: { 'a.test': 'ecr-login' } },
      { 'a.test': 'ecr-login' },
      '',
      [],
    ],
    [
      'a store, and none for one registry',
      { credsStore: 'a', credHelpers: { 'a.test': '' } },
      { 'a.test': '' },
      'a',
      [],
    ],
    [
      'a helper that would be a path, and a good one',
      { credHelpers: { 'a.test': '../../bin/evil', 'b.test': 'x' } },
      { 'b.test': 'x' },
      '',
      ['entry 1 of credHelpers is skipped: a helper is named by letters, digits, ".", "_" and "-"'],
    ],
    [
      'a store that would be an option, and a good helper',
      { credHelpers: { 'b.test': 'x' }, credsStore: '-x y' },
      { 'b.test': 'x' },
      '',
      ['credsStore is skipped: a helper is named by letters, digits, ".", "_" and "-"'],
    ],
    [
      'helpers that are a list, and a store',
      { credHelpers: [], credsStore: 'x' },
      {},
      'x',
      ['credHelpers is skipped: it is not a JSON object'],
    ],
  ])('with %s names helpers', (_title, config, byRegistry, store, problems) => {
    const helpers = { byRegistry: new Map(Object.entries(byRegistry)), store };
    expect(parse(config)).toEqual({ ok: true, entries: [], helpers, problems });
  });

  test.each<[string, string, string]>([
    ['no JSON', '{"auths": {"a.test": {"password": "pw"', 'is not JSON'],
    ['nothing', '', 'is not JSON'],
    ['a list', '[]', 'is not a JSON object'],
    ['auths that are a list', '{"auths": []}', 'has "auths" that is not a JSON object'],
  ])('that is %s is refused', (_title, text, problem) => {
    expect(parse(text)).toEqual({ ok: false, problem });
  });

  test('any text: nothing is thrown', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.json()),
        fc.constantFrom('config' as const, 'legacy' as const),
        (text, form) => {
          expect(() => parseDockerConfig(text, form, 'here')).not.toThrow();
        },
      ),
    );
  });

  test('no message quotes a secret, wherever it stands', () => {
    const secret = 'hunter2hunter2';
    const place = fc.constantFrom(secret, base64(secret), base64(`me:${secret}\n`), `%${secret}`);
    const entry = fc.oneof(
      place,
      fc.record(
        { auth: place, username: place, password: place, registrytoken: place },
        { requiredKeys: [] },
      ),
    );
    const key = fc.oneof(fc.constantFrom('a.test', 'a.test:x', `https://me:${secret}@a.test`), place);
    const config = fc.dictionary(key, entry);
    const cut = fc.integer({ min: 0, max: 40 });
    fc.assert(
      fc.property(
        config,
        cut,
        fc.constantFrom('config' as const, 'legacy' as const),
        (auths, length, form) => {
          const text = JSON.stringify(form === 'config' ? { auths } : auths);
          const reading = parseDockerConfig(text.slice(0, text.length - length), form, 'here');
          const said = reading.ok ? reading.problems.join('\n') : reading.problem;
          for (const hidden of [secret, base64(secret), base64(`me:${secret}\n`)])
            expect(said).not.toContain(hidden);
        },
      ),
    );
  });
});
