import { describe, expect, test } from '@jest/globals';
import { helperFor, type HelperNames } from '../../src/credentials/helper-names.ts';

const names = (credHelpers: Readonly<Record<string, string>>, store = ''): HelperNames => ({
  byRegistry: new Map(Object.entries(credHelpers)),
  store,
});
const hub = 'https://index.docker.io/v1/';

describe('the helper', () => {
  test.each<[string, HelperNames, string, object | undefined]>([
    ['of its registry', names({ 'a.test': 'x' }), 'a.test', { helper: 'x', named: true, server: 'a.test' }],
    [
      'with its port',
      names({ 'a.test:5000': 'x' }),
      'a.test:5000',
      { helper: 'x', named: true, server: 'a.test:5000' },
    ],
    ['of another port is not asked', names({ 'a.test:5000': 'x' }), 'a.test', undefined],
    ['of a parent domain is not asked', names({ 'a.test': 'x' }), 'b.a.test', undefined],
    ['of a glob is not asked', names({ '*.test': 'x' }), 'a.test', undefined],
    [
      'of its registry before the store',
      names({ 'a.test': 'x' }, 's'),
      'a.test',
      { helper: 'x', named: true, server: 'a.test' },
    ],
    [
      'of the store for all others',
      names({ 'a.test': 'x' }, 's'),
      'b.test',
      { helper: 's', named: false, server: 'b.test' },
    ],
    ['of no registry where it is to be none', names({ 'a.test': '' }, 's'), 'a.test', undefined],
    [
      'of Docker Hub by the name that docker uses',
      names({ [hub]: 'x' }),
      'docker.io',
      { helper: 'x', named: true, server: hub },
    ],
    [
      'of Docker Hub by its short name',
      names({ 'docker.io': 'x' }),
      'docker.io',
      { helper: 'x', named: true, server: hub },
    ],
    [
      'of Docker Hub by its old name',
      names({ 'index.docker.io': 'x' }),
      'docker.io',
      { helper: 'x', named: true, server: hub },
    ],
    [
      'of the store for Docker Hub',
      names({}, 's'),
      'index.docker.io',
      { helper: 's', named: false, server: hub },
    ],
    ['is not asked about what is no host', names({}, 's'), 'a.test\nb.test', undefined],
    ['is not asked about a user', names({}, 's'), 'me@a.test', undefined],
  ])('%s', (_title, helpers, registry, expected) => {
    expect(helperFor(helpers, registry)).toEqual(expected);
  });
});
