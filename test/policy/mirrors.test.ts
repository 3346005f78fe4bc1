import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  placesOf,
  type MirrorRule,
  type MirrorRules,
  type RepositoryPlace,
} from '../../src/policy/mirrors.ts';

/** "host/path" as a place. */
function place(text: string): RepositoryPlace {
  const slash = text.indexOf('/');
  return { registry: text.slice(0, slash), repository: text.slice(slash + 1) };
}

function rule(source: string, mirrors: readonly string[], never?: 'never'): MirrorRule {
  return { source, mirrors, neverContactSource: never !== undefined };
}

const digests = (...rules: MirrorRule[]): MirrorRules => ({ digestMirrors: rules, tagMirrors: [] });
const tags = (...rules: MirrorRule[]): MirrorRules => ({ digestMirrors: [], tagMirrors: rules });

function placesFor(source: string, rules: MirrorRules, by: 'tag' | 'digest' = 'digest'): string[] {
  const { places } = placesOf(place(source), by === 'digest', rules);
  return places.map(({ registry, repository }) => `${registry}/${repository}`);
}

describe('the mirrors of a repository', () => {
  test.each<[string, string, MirrorRule[], string[]]>([
    ['none without rules', 'quay.io/a/b', [], ['quay.io/a/b']],
    [
      'of its registry, with the whole path',
      'quay.io/a/b',
      [rule('quay.io', ['m.example/quay'])],
      ['m.example/quay/a/b', 'quay.io/a/b'],
    ],
    [
      'of a registry, on a host of its own',
      'quay.io/a/b',
      [rule('quay.io', ['m.example:5000'])],
      ['m.example:5000/a/b', 'quay.io/a/b'],
    ],
    [
      'of a namespace',
      'quay.io/a/b/c',
      [rule('quay.io/a', ['m.example/x/y'])],
      ['m.example/x/y/b/c', 'quay.io/a/b/c'],
    ],
    [
      'of the repository itself',
      'quay.io/a/b',
      [rule('quay.io/a/b', ['m.example/app'])],
      ['m.example/app', 'quay.io/a/b'],
    ],
    ['not of what begins alike', 'quay.io/acme/b', [rule('quay.io/ac', ['m.example'])], ['quay.io/acme/b']],
    ['not of another port', 'quay.io:8443/a/b', [rule('quay.io', ['m.example'])], ['quay.io:8443/a/b']],
    [
      'in their order',
      'quay.io/a/b',
      [rule('quay.io', ['z.example', 'm.example'])],
      ['z.example/a/b', 'm.example/a/b', 'quay.io/a/b'],
    ],
    [
      'of the longest source only, wherever it stands',
      'quay.io/a/b',
      [rule('quay.io', ['m.example']), rule('quay.io/a', ['n.example']), rule('*.io', ['o.example'])],
      ['n.example/b', 'quay.io/a/b'],
    ],
    [
      'of hosts below a domain: the mirror stands for the host',
      'eu.gcr.example/a/b',
      [rule('*.gcr.example', ['m.example/gcr'])],
      ['m.example/gcr/a/b', 'eu.gcr.example/a/b'],
    ],
    [
      'of hosts below a domain, on any port',
      'eu.gcr.example:5000/a/b',
      [rule('*.gcr.example', ['m.example'])],
      ['m.example/a/b', 'eu.gcr.example:5000/a/b'],
    ],
    ['not of the domain itself', 'gcr.example/a', [rule('*.gcr.example', ['m.example'])], ['gcr.example/a']],
    [
      'of a host that is written out before those of its domain',
      'a.io/b',
      [rule('*.io', ['m.example']), rule('a.io', ['n.example'])],
      ['n.example/b', 'a.io/b'],
    ],
    [
      'of Docker Hub under any of its names',
      'docker.io/library/nginx',
      [rule('registry-1.docker.io/library', ['m.example/hub'])],
      ['m.example/hub/nginx', 'docker.io/library/nginx'],
    ],
    [
      'on Docker Hub, where short names are in its library',
      'quay.io/a/nginx',
      [rule('quay.io/a', ['index.docker.io'])],
      ['docker.io/library/nginx', 'quay.io/a/nginx'],
    ],
    [
      'however its host is written',
      'Quay.IO/a/b',
      [rule('QUAY.io/a', ['M.example'])],
      ['m.example/b', 'Quay.IO/a/b'],
    ],
    [
      'without those that are no place',
      'quay.io/a',
      [rule('quay.io/a', ['', '*.example', 'm.example/b:1', 'm.example/b@sha256:0', 'm.example'])],
      ['quay.io/a'],
    ],
    [
      'none of a source that is no source',
      'quay.io/a',
      [rule('quay.io/a:1', ['m.example/a'])],
      ['quay.io/a'],
    ],
    [
      'once each',
      'quay.io/a/b',
      [rule('quay.io', ['m.example', 'M.example', 'n.example'])],
      ['m.example/a/b', 'n.example/a/b', 'quay.io/a/b'],
    ],
    [
      'with the source where the rule has it',
      'quay.io/a/b',
      [rule('quay.io', ['m.example', 'quay.io', 'n.example'])],
      ['m.example/a/b', 'quay.io/a/b', 'n.example/a/b'],
    ],
    [
      'of several rules for one source: in an order that suits all',
      'quay.io/a/b',
      [rule('quay.io', ['x.example', 'y.example']), rule('quay.io', ['z.example', 'x.example'])],
      ['z.example/a/b', 'x.example/a/b', 'y.example/a/b', 'quay.io/a/b'],
    ],
    [
      'of several rules for one source that contradict each other: as the first has it',
      'quay.io/a/b',
      [rule('quay.io', ['x.example', 'y.example']), rule('quay.io', ['y.example', 'x.example'])],
      ['x.example/a/b', 'y.example/a/b', 'quay.io/a/b'],
    ],
  ])('%s', (_title, source, rules, expected) => {
    expect(placesFor(source, digests(...rules))).toEqual(expected);
    expect(placesFor(source, tags(...rules), 'tag')).toEqual(expected);
  });

  test('for digests are not for tags, nor the other way about', () => {
    const rules = [rule('quay.io', ['m.example'])];
    expect(placesFor('quay.io/a/b', digests(...rules), 'tag')).toEqual(['quay.io/a/b']);
    expect(placesFor('quay.io/a/b', tags(...rules), 'digest')).toEqual(['quay.io/a/b']);
  });

  test('for tags of a registry do not end where a namespace has mirrors for digests', () => {
    const rules = {
      digestMirrors: [rule('quay.io/a', ['d.example'])],
      tagMirrors: [rule('quay.io', ['t.example'])],
    };
    expect(placesFor('quay.io/a/b', rules, 'tag')).toEqual(['t.example/a/b', 'quay.io/a/b']);
    expect(placesFor('quay.io/a/b', rules, 'digest')).toEqual(['d.example/b', 'quay.io/a/b']);
  });

  test('the source is given as the very object that was asked about', () => {
    const source = place('docker.io/library/nginx');
    const { places } = placesOf(source, true, digests(rule('docker.io', ['m.example', 'index.docker.io'])));
    expect(places).toHaveLength(2);
    expect(places[1]).toBe(source);
  });
});

describe('NeverContactSource', () => {
  const mirrored = rule('quay.io', ['m.example']);
  const never = rule('quay.io', ['n.example'], 'never');
  const neverBelow = rule('quay.io/a', ['n.example'], 'never');

  test.each<[string, MirrorRules, 'tag' | 'digest', string[]]>([
    ['leaves the mirrors', digests(never), 'digest', ['n.example/a/b']],
    [
      'holds where the rule names the source as a mirror',
      digests(rule('quay.io', ['quay.io', 'm.example'], 'never')),
      'digest',
      ['m.example/a/b'],
    ],
    ['holds without any mirror', digests(rule('quay.io', [], 'never')), 'digest', []],
    ['of digests holds for tags, too', digests(never), 'tag', []],
    ['of tags holds for digests, too', tags(never), 'digest', []],
    [
      'of a rule holds against another for the same source',
      digests(mirrored, never),
      'digest',
      ['m.example/a/b', 'n.example/a/b'],
    ],
    [
      'of one kind holds against the other for the same source',
      { digestMirrors: [mirrored], tagMirrors: [never] },
      'digest',
      ['m.example/a/b'],
    ],
    [
      'of one kind holds for what the other says of more',
      { digestMirrors: [mirrored], tagMirrors: [neverBelow] },
      'digest',
      ['m.example/a/b'],
    ],
    [
      'of one kind does not hold for what the other says of less',
      { digestMirrors: [rule('quay.io/a', ['m.example'])], tagMirrors: [never] },
      'digest',
      ['m.example/b', 'quay.io/a/b'],
    ],
    [
      'of a shorter source is not asked',
      digests(never, rule('quay.io/a', ['m.example'])),
      'digest',
      ['m.example/b', 'quay.io/a/b'],
    ],
  ])('%s', (_title, rules, by, expected) => {
    expect(placesFor('quay.io/a/b', rules, by)).toEqual(expected);
  });
});

describe('whatever the rules say', () => {
  const part = fc.constantFrom('a', 'b', 'lib');
  const path = fc.array(part, { maxLength: 3 }).map((parts) => parts.join('/'));
  const host = fc.constantFrom('a.io', 'b.io', 'x.a.io', 'a.io:5000', '*.io', '*.a.io', 'docker.io', '');
  const entry = fc.tuple(host, path).map(([name, below]) => (below === '' ? name : `${name}/${below}`));
  const anyRule = fc.record({
    source: entry,
    mirrors: fc.array(entry, { maxLength: 4 }),
    neverContactSource: fc.boolean(),
  });
  const anyRules = fc.record({
    digestMirrors: fc.array(anyRule, { maxLength: 5 }),
    tagMirrors: fc.array(anyRule, { maxLength: 5 }),
  });
  const anySource = fc.record({
    registry: fc.constantFrom('a.io', 'x.a.io', 'a.io:5000', 'docker.io'),
    repository: fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
  });

  test('places are whole, different, and the source is there unless some rule forbids it', () => {
    fc.assert(
      fc.property(anySource, fc.boolean(), anyRules, (source, isDigest, rules) => {
        const { places } = placesOf(source, isDigest, rules);
        const names = places.map(({ registry, repository }) => `${registry}/${repository}`);
        expect(new Set(names).size).toBe(names.length);
        for (const { registry, repository } of places) {
          expect(registry).not.toMatch(/^$|\*/);
          expect(repository).not.toMatch(/^$|^\/|\/$|\/\//);
        }
        const isForbidden = [...rules.digestMirrors, ...rules.tagMirrors].some(
          (one) => one.neverContactSource,
        );
        if (!isForbidden) expect(places).toContain(source);
      }),
      { numRuns: 500 },
    );
  });
});
