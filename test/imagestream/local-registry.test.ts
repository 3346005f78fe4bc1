import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mapToLocal, type LocalRegistry } from '../../src/imagestream/local-registry.ts';
import { formatReference } from '../../src/reference/format.ts';
import { parseReference } from '../../src/reference/parse.ts';
import { digestOf } from './streams.ts';

const id = digestOf('a');

/** Where an image is pulled from; undefined where no cache holds it. */
function mapped(pullSpec: string, localRegistry: LocalRegistry): string | undefined {
  const parsed = parseReference(pullSpec);
  if (!parsed.ok) throw new Error(`${pullSpec}: ${parsed.error}`);
  const reference = mapToLocal(parsed.reference, localRegistry);
  return reference === undefined ? undefined : formatReference(reference);
}

const caches = (...pairs: readonly (readonly [source: string, target: string])[]): LocalRegistry =>
  pairs.map(([source, target]) => ({ source, target }));

describe('an image is pulled through the cache that holds it', () => {
  test.each([
    [
      'a registry in a part of a cache',
      'quay.io/crew/web',
      'quay.io',
      'cache.test:5000/quay.io',
      'cache.test:5000/quay.io/crew/web',
    ],
    [
      'a registry that is all the cache holds',
      'quay.io/crew/web',
      'quay.io',
      'cache.test:5000',
      'cache.test:5000/crew/web',
    ],
    ['an organisation', 'quay.io/crew/web', 'quay.io/crew', 'cache.test/ours', 'cache.test/ours/web'],
    ['one repository', 'quay.io/crew/web', 'quay.io/crew/web', 'cache.test/web', 'cache.test/web'],
    [
      'a path of many parts',
      'gitlab.test/a/b/c/d',
      'gitlab.test/a/b',
      'cache.test/x/y',
      'cache.test/x/y/c/d',
    ],
    ['a registry with a port', 'reg.test:5000/web', 'reg.test:5000', 'cache.test/reg', 'cache.test/reg/web'],
    [
      'a source and a target that end in a slash',
      'quay.io/crew/web',
      'quay.io/',
      'cache.test/q/',
      'cache.test/q/crew/web',
    ],
    ['a host in another case', 'quay.io/crew/web', 'Quay.IO', 'cache.test', 'cache.test/crew/web'],
    ['a short name of Docker Hub', 'nginx', 'docker.io', 'cache.test/hub', 'cache.test/hub/library/nginx'],
    [
      'one of an organisation there',
      'grafana/loki',
      'docker.io',
      'cache.test/hub',
      'cache.test/hub/grafana/loki',
    ],
    [
      'Docker Hub under another name',
      'index.docker.io/nginx',
      'docker.io',
      'cache.test',
      'cache.test/library/nginx',
    ],
    [
      'a source that names it otherwise',
      'docker.io/library/nginx',
      'registry-1.docker.io',
      'cache.test',
      'cache.test/library/nginx',
    ],
    [
      'its official images only',
      'nginx',
      'docker.io/library',
      'cache.test/official',
      'cache.test/official/nginx',
    ],
  ])('%s', (_title, image, source, target, expected) => {
    expect(mapped(`${image}@${id}`, caches([source, target]))).toBe(`${expected}@${id}`);
  });
});

describe('no cache holds', () => {
  test.each([
    ['anything where there is none', 'quay.io/crew/web', []],
    ['another registry', 'quay.io/crew/web', [['docker.io', 'cache.test']]],
    ['a registry whose name only begins alike', 'quay.io.test/crew/web', [['quay.io', 'cache.test']]],
    ['a path that only begins alike', 'quay.io/crew2/web', [['quay.io/crew', 'cache.test']]],
    ['another port', 'reg.test:5001/web', [['reg.test:5000', 'cache.test']]],
    ['what is shorter than the source', 'quay.io/crew', [['quay.io/crew/web', 'cache.test']]],
    [
      'an organisation of Docker Hub by a source without library',
      'nginx',
      [['docker.io/nginx', 'cache.test']],
    ],
    ['what its target can give no name', 'quay.io/crew/web', [['quay.io', 'https://cache.test']]],
    [
      'what would be a registry without an image there',
      'quay.io/crew/web',
      [['quay.io/crew/web', 'cache.test']],
    ],
    [
      'what would be too long there',
      `quay.io/${'a'.repeat(200)}`,
      [['quay.io', `cache.test/${'b'.repeat(100)}`]],
    ],
  ] as const)('%s', (_title, image, pairs) => {
    expect(mapped(`${image}@${id}`, caches(...pairs))).toBeUndefined();
  });

  test('what names a registry only', () => {
    expect(mapped('quay.io', caches(['quay.io', 'cache.test']))).toBeUndefined();
  });
});

test.each<[string, LocalRegistry]>([
  ['first', caches(['quay.io/crew', 'long.test'], ['quay.io', 'short.test'])],
  ['last', caches(['quay.io', 'short.test'], ['quay.io/crew', 'long.test'])],
])('the longest source counts, be it the %s', (_where, localRegistry) => {
  expect(mapped(`quay.io/crew/web@${id}`, localRegistry)).toBe(`long.test/web@${id}`);
  expect(mapped(`quay.io/other/web@${id}`, localRegistry)).toBe(`short.test/other/web@${id}`);
});

test('of one source that stands twice the first counts', () => {
  const pairs = caches(['docker.io', 'first.test'], ['index.docker.io', 'second.test']);
  expect(mapped(`nginx@${id}`, pairs)).toBe(`first.test/library/nginx@${id}`);
});

test('the image stays what it is: digest or tag, and all of the name below the source', () => {
  const part = fc.stringMatching(/^[a-z0-9]{1,8}$/);
  const path = fc.array(part, { minLength: 1, maxLength: 4 });
  const suffix = fc.constantFrom(`@${id}`, ':v1', `:v1@${id}`);
  fc.assert(
    fc.property(path, path, path, suffix, (below, inSource, inTarget, end) => {
      const source = ['reg.test', ...inSource].join('/');
      const target = ['cache.test:5000', ...inTarget].join('/');
      const expected = parseReference(`${target}/${below.join('/')}${end}`);
      const image = parseReference(`${source}/${below.join('/')}${end}`);
      if (!image.ok || !expected.ok) throw new Error('not a reference');
      expect(mapToLocal(image.reference, caches([source, target]))).toEqual(expected.reference);
    }),
  );
});
