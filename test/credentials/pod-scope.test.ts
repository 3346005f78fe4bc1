import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { podScopeKey, readPodScope, type PodScope } from '../../src/credentials/pod-scope.ts';

const scope = (change: Partial<PodScope> = {}): PodScope => ({
  namespace: 'demo',
  serviceAccount: 'web',
  names: ['b', 'a'],
  ...change,
});

describe('the key of a scope reads back', () => {
  test.each<[string, Partial<PodScope>, Partial<PodScope>]>([
    ['as it is, the order of names kept', {}, {}],
    ['without names', { names: [] }, { names: [] }],
    ['with the service account that a Pod gets', { serviceAccount: '' }, { serviceAccount: 'default' }],
    ['with each name once', { names: ['a', 'b', 'a'] }, { names: ['a', 'b'] }],
    ['with dots in names', { names: ['a.b-c'] }, { names: ['a.b-c'] }],
    [
      'without names that no secret has',
      { names: ['..', '.', '', 'A', '-a', 'a-', 'a..b', 'a/b', 'a,b', 'a b', 'x'.repeat(254), 'ok'] },
      { names: ['ok'] },
    ],
    [
      'without a service account that there cannot be',
      { serviceAccount: '../secrets' },
      { serviceAccount: '' },
    ],
    [
      'with twenty names at most',
      { names: Array.from({ length: 30 }, (_, index) => `s${index}`) },
      { names: Array.from({ length: 20 }, (_, index) => `s${index}`) },
    ],
  ])('%s', (_title, change, expected) => {
    expect(readPodScope(podScopeKey(scope(change)))).toEqual(scope(expected));
  });

  test('and is another one for every other scope', () => {
    const name = fc.stringMatching(/^[a-c]([-.a-c]{0,3}[a-c])?$/);
    const scopes = fc.record({
      namespace: fc.stringMatching(/^[a-c]([-a-c]{0,3}[a-c])?$/),
      serviceAccount: name,
      names: fc.array(name, { maxLength: 4 }),
    });
    fc.assert(
      fc.property(scopes, scopes, (one, other) => {
        const read = [one, other].map((each) => readPodScope(podScopeKey(each)));
        expect(podScopeKey(one) === podScopeKey(other)).toBe(
          JSON.stringify(read[0]) === JSON.stringify(read[1]),
        );
        expect(read[0]?.namespace).toBe(one.namespace);
      }),
    );
  });
});

test.each(['', '..', 'a/b', 'A', 'a.b', 'x'.repeat(64)])('the namespace %j has no key', (namespace) => {
  expect(podScopeKey(scope({ namespace }))).toBe('');
});

test.each([
  '',
  'demo',
  'demo/web',
  'demo/web/a/b',
  '/web/',
  '../web/a',
  'demo/../a',
  'demo/web/..',
  'demo/web/a,',
  `demo/web/${Array.from({ length: 21 }, (_, index) => `s${index}`).join(',')}`,
])('%j is no key', (key) => {
  expect(readPodScope(key)).toBeUndefined();
});

test('any text: nothing is thrown, and what is read makes the same key', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[ab.]{0,3}\/[ab.]{0,3}\/[ab.,]{0,5}$/)), (key) => {
      const read = readPodScope(key);
      if (read !== undefined && read.serviceAccount !== '' && new Set(read.names).size === read.names.length)
        expect(podScopeKey(read)).toBe(key);
    }),
  );
});
