import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Credential } from '../../src/registry/credential.ts';
import { createKeychain, distinct, matches } from '../../src/credentials/keychain.ts';
import { vectorGroup } from '../support/vectors.ts';

interface Vector {
  readonly id: string;
  readonly configKeys: readonly string[];
  readonly lookupString: string;
  readonly expect: { readonly matched: readonly string[]; readonly used: string | null };
}

test.each(vectorGroup<Vector>('pullSecretMatch'))(
  '%s',
  (_id, { configKeys, lookupString, expect: wanted }) => {
    const matched = matches(configKeys, lookupString);
    expect(matched).toEqual(wanted.matched);
    expect(matched[0] ?? null).toBe(wanted.used);
  },
);

describe('between the vectors', () => {
  test.each<[string, readonly string[], string, readonly string[]]>([
    [
      'the order of keys does not matter',
      ['a.test', 'a.test/b/c', 'a.test/b'],
      'a.test/b/c:1',
      ['a.test/b/c', 'a.test/b', 'a.test'],
    ],
    [
      'equal keys stay in their order',
      ['https://a.test', 'a.test', 'http://a.test/'],
      'a.test/b:1',
      ['https://a.test', 'a.test', 'http://a.test/'],
    ],
    [
      'a key for Docker Hub wins over its fallback',
      ['https://index.docker.io/v1/', 'docker.io'],
      'docker.io/crew/web:1',
      ['docker.io'],
    ],
    [
      'the fallback is for the whole of Docker Hub only',
      ['index.docker.io/crew'],
      'docker.io/crew/web:1',
      [],
    ],
    ['the fallback is not for localhost, unlike upstream', ['index.docker.io'], 'localhost/crew/web:1', []],
    ['a glob in the middle of a label', ['r*g.a.test'], 'reg.a.test/b:1', ['r*g.a.test']],
    ['several in one label', ['*e*s*.a.test'], 'registries.a.test/b:1', ['*e*s*.a.test']],
    ['ends of a glob do not overlap', ['re*eg.a.test'], 'reg.a.test/b:1', []],
    ['a glob and a port', ['*.a.test:5000'], 'reg.a.test:5000/b:1', ['*.a.test:5000']],
    ['no glob in a port', ['reg.a.test:*'], 'reg.a.test:5000/b:1', []],
    ['no question mark: it would begin a query', ['reg?.a.test'], 'reg1.a.test/b:1', []],
    ['no brackets', ['reg[12].a.test'], 'reg1.a.test/b:1', []],
    ['a user in the key is not looked at', ['https://me:pw@a.test'], 'a.test/b:1', ['https://me:pw@a.test']],
    ['hosts compare with their case', ['A.test'], 'a.test/b:1', []],
    [
      'a repository called v2',
      ['a.test/web', 'a.test/v2', 'a.test/v2/web'],
      'a.test/v2/web:1',
      ['a.test/v2'],
    ],
    ['no key at all', ['', '/', 'https://'], 'a.test/b:1', []],
  ])('%s', (_title, keys, lookup, expected) => {
    expect(matches(keys, lookup)).toEqual(expected);
  });

  test('any keys: nothing is thrown, nothing invented, and a plain host is always found', () => {
    const key = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom('a', '.', '*', ':', '/', '5', '@', '?', 'v1/'), maxLength: 12 }),
    );
    fc.assert(
      fc.property(fc.array(key), (keys) => {
        const matched = matches([...keys, 'a.test'], 'a.test/b:1');
        expect(matched).toContain('a.test');
        expect([...keys, 'a.test']).toEqual(expect.arrayContaining([...matched]));
      }),
    );
  });

  test('a hostile glob is answered at once', () => {
    const before = performance.now();
    expect(matches([`${'a*'.repeat(20_000)}b`], `${'a'.repeat(60_000)}/b:1`)).toEqual([]);
    expect(performance.now() - before).toBeLessThan(2000);
  });
});

describe('the credentials for an image', () => {
  const credential = (label: string): Credential => ({ label, username: label, password: 'pw' });
  const keychain = createKeychain([
    { key: 'a.test', credential: credential('first') },
    { key: 'a.test/b', credential: credential('longer') },
    { key: 'https://a.test/v2/', credential: credential('second') },
    { key: 'a.test/b:1', credential: credential('one tag') },
    { key: 'a.test/b@sha256:0', credential: credential('one digest') },
  ]);

  test.each([
    ['all that match, the longest path first', 'other', '1', ['first', 'second']],
    ['a tag', 'b', '1', ['one tag', 'longer', 'first', 'second']],
    ['a digest', 'b', 'sha256:00', ['one digest', 'longer', 'first', 'second']],
  ])('%s', (_title, repository, reference, labels) => {
    const found = keychain.credentialsFor({ registry: 'a.test', repository, reference });
    expect(found.map(({ label }) => label)).toEqual(labels);
  });

  test.each<[string, Partial<Credential>, number]>([
    ['the same user and password', {}, 1],
    ['another password', { password: 'other' }, 2],
    ['another user', { username: 'other' }, 2],
    ['a token', { identityToken: 'token' }, 2],
  ])('are shown once: %s', (_title, change, count) => {
    const one = credential('one');
    expect(distinct([one, { ...one, label: 'two', ...change }])).toHaveLength(count);
  });
});
