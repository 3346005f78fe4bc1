import { describe, expect, test } from '@jest/globals';
import { readPullSecrets, type RawSecret } from '../../src/credentials/pull-secrets.ts';
import { dockerConfigJson, secret } from './secrets.ts';

const auths = { 'a.test': { username: 'me', password: 'pw' } };
const opaque = (name: string, data: object): RawSecret => ({ metadata: { name }, type: 'Opaque', data });
const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64');

function read(secrets: readonly RawSecret[], pullSecretNames: readonly string[] = []) {
  const { entries, notes } = readPullSecrets({ secrets, pullSecretNames });
  return { labels: entries.map(({ credential }) => credential.label), notes };
}

describe('is used', () => {
  test.each<[string, RawSecret, readonly string[]]>([
    ['a dockerconfigjson', secret('x', { auths }), []],
    ['a dockercfg', secret('x', auths, 'dockercfg'), []],
    [
      'one of another type that the service account names',
      opaque('x', { '.dockerconfigjson': encoded({ auths }) }),
      ['x'],
    ],
    ['the same with a dockercfg', opaque('x', { '.dockercfg': encoded(auths) }), ['x']],
    [
      'stringData before data',
      { ...secret('x', '{'), stringData: { '.dockerconfigjson': JSON.stringify({ auths }) } },
      [],
    ],
  ])('%s', (_title, raw, names) => {
    expect(read([raw], names)).toEqual({ labels: ['secret "x"'], notes: [] });
  });
});

describe('is passed over in silence', () => {
  test.each<[string, RawSecret, readonly string[]]>([
    [
      'an excluded one',
      {
        ...secret('x', '{'),
        metadata: { name: 'x', annotations: { 'openshift.io/image.excludeSecret': 'true' } },
      },
      [],
    ],
    [
      'an excluded one that the service account names',
      {
        ...secret('x', '{'),
        metadata: { name: 'x', annotations: { 'openshift.io/image.excludeSecret': 'true' } },
      },
      ['x'],
    ],
    ['one of another type that nobody names', opaque('x', { '.dockerconfigjson': encoded({ auths }) }), []],
    ['one of another type without a configuration', opaque('x', { token: 'eA==' }), ['x']],
    ['one whose type is a property of every object', { ...secret('x', { auths }), type: 'constructor' }, []],
  ])('%s', (_title, raw, names) => {
    expect(read([raw], names)).toEqual({ labels: [], notes: [] });
  });
});

test('only the value "true" excludes', () => {
  const annotations = { 'openshift.io/image.excludeSecret': 'false' };
  const raw = { ...secret('x', { auths }), metadata: { name: 'x', annotations } };
  expect(read([raw]).labels).toEqual(['secret "x"']);
});

describe('is a note, and the others are used', () => {
  test.each<[string, RawSecret, string]>([
    ['no JSON', secret('x', '{'), 'secret "x" is skipped: .dockerconfigjson is not JSON'],
    [
      'a bad dockercfg',
      secret('x', '[]', 'dockercfg'),
      'secret "x" is skipped: .dockercfg is not a JSON object',
    ],
    [
      'no configuration',
      { metadata: { name: 'x' }, type: 'kubernetes.io/dockercfg' },
      'secret "x" is skipped: it has no .dockercfg',
    ],
    [
      'no base64',
      { metadata: { name: 'x' }, type: 'kubernetes.io/dockercfg', data: { '.dockercfg': '%' } },
      'secret "x" is skipped: .dockercfg is not text in base64',
    ],
    [
      'a bad entry',
      secret('x', { auths: { 'b.test': {} } }),
      'secret "x": the entry for b.test is skipped: it has neither "auth" nor "username" and "password"',
    ],
  ])('%s', (_title, raw, note) => {
    expect(read([raw, dockerConfigJson('good', 'a.test')])).toEqual({
      labels: ['secret "good"'],
      notes: [note],
    });
  });

  test('a secret that the service account names and is not there', () => {
    expect(read([], ['gone']).notes).toEqual([
      'the service account default names secret "gone", which is missing',
    ]);
  });

  test('at most ten of them', () => {
    const { notes } = read(Array.from({ length: 30 }, (_, index) => secret(`x${index}`, '{')));
    expect(notes).toHaveLength(10);
    expect(notes.at(-1)).toBe('and 21 more notes on secrets');
  });
});

test('the service account’s go first in its order, then by name', () => {
  const secrets = ['d', 'a', 'c', 'b'].map((name) => dockerConfigJson(name, 'a.test'));
  expect(read(secrets, ['c', 'b']).labels).toEqual(['c', 'b', 'a', 'd'].map((name) => `secret "${name}"`));
});

test('a secret cannot have this server run a program', () => {
  const raw = secret('x', { auths, credsStore: 'desktop', credHelpers: { 'b.test': 'cloud' } });
  expect(read([raw])).toEqual({
    labels: ['secret "x"'],
    notes: ['secret "x": credential helpers of a secret are not used'],
  });
});
