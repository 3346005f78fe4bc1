import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Linter } from 'eslint';
import { parseSelector } from '../../src/commands/selector.ts';
import { ConfigurationError, parseConfiguration } from '../../src/config/parse.ts';
import { parseDockerConfig } from '../../src/credentials/docker-config.ts';
import { parseRegistryKey } from '../../src/credentials/registry-key.ts';
import { validateStream } from '../../src/imagestream/validate.ts';
import { parseDuration } from '../../src/importer/turn.ts';
import { placeText, readDocuments } from '../../src/manifest/documents.ts';
import { readPattern } from '../../src/policy/registry-pattern.ts';
import { parseReference } from '../../src/reference/parse.ts';
import { parseChallenges } from '../../src/registry/challenge.ts';
import { nextPage } from '../../src/registry/paging.ts';
import { retryAfterMs } from '../../src/registry/retry-after.ts';
import { clean } from '../../src/registry/text.ts';
import { readTriggers } from '../../src/trigger/annotation.ts';
import { locateContainer } from '../../src/trigger/field-path.ts';
import { kindNamed } from '../../src/workload/kinds.ts';
import config from '../../eslint.config.js';

/** Whatever reads a text that a tenant or a registry writes. Each gives a value or says no; none throws. */
const readers: readonly (readonly [string, (text: string) => unknown])[] = [
  ['an image reference', parseReference],
  ['a trigger annotation', readTriggers],
  ['a field path', (text) => locateContainer(text, deployment(), {})],
  ['a duration', parseDuration],
  ['a docker configuration', (text) => parseDockerConfig(text, 'config', 'secret "x"')],
  ['auth of a docker configuration', (text) => parseDockerConfig(auths(text), 'config', 'secret "x"')],
  ['a key of a docker configuration', parseRegistryKey],
  ['a challenge', parseChallenges],
  ['a Link header', (text) => nextPage(text, new URL('https://registry.example/v2/a/tags/list'))],
  ['a Retry-After header', (text) => retryAfterMs({ 'retry-after': text }, 0)],
  ['an entry of the registry rules', readPattern],
  ['a text for people', (text) => clean(text)],
  ['a selector', parseSelector],
  ['an image stream', (text) => validateStream(streamOf(text), undefined, noRules)],
];

const deployment = () => {
  const kind = kindNamed('apps', 'Deployment');
  if (kind === undefined) throw new Error('no kind');
  return kind;
};
const auths = (text: string): string => JSON.stringify({ auths: { 'quay.io': { auth: text } } });
const noRules = { internalRegistryHostname: '', findStream: () => undefined };
const streamOf = (text: string) => ({
  metadata: { name: text, namespace: 'shop', annotations: { 'pinstream.dev/scheduled-interval': text } },
  spec: { dockerImageRepository: text, tags: [{ name: text, from: { kind: 'DockerImage', name: text } }] },
});

/** Runs that a pattern which goes back to try again would spend minutes on. */
const adversarial: readonly (readonly [string, string])[] = (
  [
    '1',
    'a',
    '/',
    ',',
    '=',
    ' ',
    '\t',
    '\n',
    '[',
    '(',
    '{',
    '"',
    '\\',
    '<',
    '.',
    '-',
    ':',
    '@',
    '#',
    '*',
    '%',
    'a ',
    'a=b,',
    '/a',
    '<a>;b="',
    'a: ',
    '1h',
    '\u202e',
    '\ud800',
  ] as const
).map((unit) => [JSON.stringify(unit), `${unit.repeat(Math.ceil(100_000 / unit.length))}\u0000`]);

describe.each(readers)('%s', (_what, read) => {
  test.each(adversarial)('of 100,000 characters, all %s, is answered', (_unit, text) => {
    expect(() => read(text)).not.toThrow();
  });

  test('of any characters is answered', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({
        unit: fc.constantFrom(
          'a',
          '1',
          '/',
          ':',
          '@',
          '.',
          '"',
          '=',
          ',',
          ' ',
          '{',
          '[',
          '\\',
          '<',
          '>',
          ';',
        ),
        maxLength: 60,
      }),
    );
    fc.assert(fc.property(text, (one) => void read(one)));
  });
});

test('lint refuses patterns that go back and try again', () => {
  const rules = Object.assign({}, ...config.map(({ rules: some = {} }) => some)) as Record<string, unknown>;
  for (const name of ['regexp/no-super-linear-backtracking', 'regexp/no-super-linear-move'])
    expect(rules[name]).toEqual(['error', { report: 'potential' }]);
  const { plugins } = config.find(({ plugins: some }) => some?.regexp !== undefined) ?? {};
  if (plugins === undefined) throw new Error('no plugin');
  const only = Object.fromEntries(Object.entries(rules).filter(([name]) => name.startsWith('regexp/')));
  const found = new Linter().verify('/(a+)+$/.test(x); /\\d+x/.exec(y);', [
    { plugins, rules: only as Linter.RulesRecord },
  ]);
  expect(found.map(({ ruleId }) => ruleId)).toEqual(
    expect.arrayContaining(['regexp/no-super-linear-backtracking', 'regexp/no-super-linear-move']),
  );
});

describe('a document that is small and means much', () => {
  const letters = 'a b c d e f g h i j'.split(' ');
  const bomb = (value: (name: string) => string): string =>
    letters
      .map((name, at) => `${name}: &${name} ${at === 0 ? '[1, 2]' : value(letters[at - 1] ?? '')}\n`)
      .join('');
  const many = (count: number, line: (index: number) => string): string =>
    Array.from({ length: count }, (_, index) => line(index)).join('\n');

  test.each<[string, string, RegExp]>([
    ['aliases of aliases', bomb((before) => `[${Array(9).fill(`*${before}`).join(', ')}]`), /alias/i],
    [
      'merge keys of merge keys',
      `base: &a {x: 1}\n${bomb((before) => `{<<: [${Array(9).fill(`*${before}`).join(', ')}]}`)}`,
      /alias|merge/i,
    ],
    [
      'many anchors with an alias each',
      many(5000, (index) => `k${index}: &a${index} 1\nl${index}: *a${index}`),
      /more than 1000 aliases/,
    ],
    [
      'a hundred thousand levels of JSON',
      `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
      /nested deeper|not a Kubernetes object/,
    ],
    ['a hundred thousand levels of YAML', '['.repeat(100_000), /./],
    ['a hundred thousand levels of YAML mappings', '{a: '.repeat(25_000), /./],
    ['levels of block sequences', '- '.repeat(20_000), /./],
    ['more documents than anybody has', '---\na: 1\n'.repeat(10_001), /more than 10000 documents/],
    [
      'a key twice among fifty thousand',
      `${many(50_000, (index) => `k${index}: 1`)}\nk7: 2`,
      /keys must be unique/,
    ],
  ])('%s', (_what, text, message) => {
    const read = readDocuments(text);
    if (read.ok) throw new Error('it was read');
    expect(`${placeText(read.place)}: ${read.message}`).toMatch(message);
  });

  test('fifty thousand keys are read, each looked at once', () => {
    const text = many(50_000, (index) => `k${index}: 1`);
    expect(readDocuments(text)).toMatchObject({ ok: true, objects: [{ k0: 1, k49999: 1 }] });
  });

  test('YAML of more than its limit is not read, JSON is', () => {
    const object = { kind: 'Pod', text: 'x'.repeat(100) };
    expect(readDocuments(`kind: Pod\ntext: ${object.text}`, 50)).toMatchObject({ ok: false, reason: 'size' });
    expect(readDocuments(JSON.stringify(object), 50)).toEqual({ ok: true, objects: [object] });
  });
});

describe('keys that would reach the prototype of all objects', () => {
  const evil = '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}';
  const texts: readonly (readonly [string, string])[] = [
    ['JSON', evil],
    ['YAML', '__proto__: {polluted: 1}\nconstructor: {prototype: {polluted: 1}}\n'],
    ['a merge key', 'a: &a {__proto__: {polluted: 1}}\nb: {<<: *a}\nc: {<<: {__proto__: {polluted: 1}}}\n'],
    ['a tag', '!!map {__proto__: {polluted: 1}}\n'],
    ['a YAML key that is quoted', '"__proto__":\n  polluted: 1\n'],
  ];
  const polluted = (): unknown => (({}) as { readonly polluted?: unknown }).polluted;

  test.each(texts)('%s as a document', (_what, text) => {
    expect(readDocuments(text).ok).toBe(true);
    expect(polluted()).toBeUndefined();
  });

  test.each(texts)('%s as a configuration is refused', (_what, text) => {
    expect(() => parseConfiguration(text, 'config.yaml')).toThrow(ConfigurationError);
    expect(polluted()).toBeUndefined();
  });

  test('a docker configuration', () => {
    parseDockerConfig(
      `{"auths": ${evil}, "credHelpers": ${evil}, "__proto__": {"auths": {}}}`,
      'config',
      'x',
    );
    parseDockerConfig(evil, 'legacy', 'x');
    expect(polluted()).toBeUndefined();
  });

  test('an image stream and a trigger annotation', () => {
    const raw = JSON.parse(
      `{"metadata": ${evil}, "spec": {"tags": [${evil}], "__proto__": {"polluted": 1}}}`,
    ) as unknown;
    validateStream(raw, undefined, noRules);
    readTriggers(`[${evil}]`);
    expect(polluted()).toBeUndefined();
  });
});
