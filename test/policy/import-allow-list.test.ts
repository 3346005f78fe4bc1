import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  judgeImport,
  matchesGlob,
  parseAllowedRegistries,
  type AllowedRegistry,
  type ImportAllowList,
  type ImportQuestion,
} from '../../src/policy/import-allow-list.ts';
import { parseReference } from '../../src/reference/parse.ts';
import type { ImageReference } from '../../src/reference/reference.ts';
import { vectorGroup } from '../support/vectors.ts';

interface Vector {
  readonly id: string;
  readonly entries: readonly AllowedRegistry[];
  readonly via: 'imagestreamimport' | 'imagestream' | 'startup';
  readonly reference: string;
  readonly insecure: boolean;
  readonly internalRegistryHostname?: string;
  readonly pullSpecsAlreadyOnStream?: readonly string[];
  readonly userMayCreate?: readonly string[];
  readonly expect: { readonly allowed: boolean; readonly message?: string } | { readonly error: string };
}

const rows = vectorGroup<Vector>('allowedRegistries');

test.each(rows.filter(([, { via }]) => via !== 'startup'))('%s', (_id, vector) => {
  const { via, reference, insecure, internalRegistryHostname = '', userMayCreate = [] } = vector;
  if (via === 'startup') throw new Error('not for this table');
  const verdict = judgeImport({
    via,
    reference: parse(reference),
    insecure,
    allowList: list(vector.entries),
    internalRegistryHostname,
    alreadyOnStream: (vector.pullSpecsAlreadyOnStream ?? []).map(parse),
    mayCreateImages: userMayCreate.includes('images'),
  });
  expect(verdict).toEqual(vector.expect);
});

test.each(rows.filter(([, { via }]) => via === 'startup'))('%s', (_id, vector) => {
  if (!('error' in vector.expect)) throw new Error('a startup vector expects an error');
  expect(parseAllowedRegistries(vector.entries)).toEqual({ ok: false, errors: [vector.expect.error] });
});

test('every bad entry is reported', () => {
  const parsed = parseAllowedRegistries([
    { domainName: 'a:b:c' },
    { domainName: 'ok' },
    { domainName: '::1' },
  ]);
  expect(parsed).toEqual({
    ok: false,
    errors: [
      'failed to parse allowed registry "a:b:c": too many colons',
      'failed to parse allowed registry "::1": too many colons',
    ],
  });
});

describe('between the vectors', () => {
  const other = { via: 'imagestream', reference: 'b.test/x/y' } as const;

  test.each<[string, readonly AllowedRegistry[], Partial<Ask>, string | undefined]>([
    [
      'an entry that is there twice is shown once',
      [entry('a.test'), entry('b.org'), entry('a.test')],
      other,
      'registry "b.test" not allowed by whitelist: "b.org:443", "a.test:443"',
    ],
    [
      'five entries are shown in full',
      ['1', '2', '3', '4', '5'].map(entry),
      other,
      'registry "b.test" not allowed by whitelist: "1:443", "2:443", "3:443", "4:443", "5:443"',
    ],
    [
      'the internal registry stands first among them',
      [entry('a.test')],
      { ...other, internal: 'reg.internal:5000' },
      'registry "b.test" not allowed by whitelist: "reg.internal:5000", "a.test:443"',
    ],
    [
      'an internal registry that is no host and port is passed over',
      [entry('a.test')],
      { ...other, internal: '::1' },
      'registry "b.test" not allowed by whitelist: "a.test:443"',
    ],
    [
      'an insecure tag with a port needs that port',
      [entry('a.test')],
      { reference: 'a.test:5000/x/y', insecure: true },
      'registry "a.test:5000" not allowed by whitelist: "a.test:443"',
    ],
    [
      'an insecure tag with a port, listed',
      [entry('a.test:5000')],
      { reference: 'a.test:5000/x/y', insecure: true },
      undefined,
    ],
    [
      'a saved short name is shown with host and port',
      [entry('a.test')],
      { reference: 'web' },
      'registry "docker.io:443" not allowed by whitelist: "a.test:443"',
    ],
    [
      'a saved insecure short name is shown without',
      [entry('a.test')],
      { reference: 'web', insecure: true },
      'registry "docker.io" not allowed by whitelist: "a.test:443"',
    ],
    [
      'what is on the stream counts by its full name',
      [entry('a.test')],
      { reference: 'docker.io/library/web:2', already: ['web:1'] },
      undefined,
    ],
    [
      'and not when an import is asked for',
      [entry('a.test')],
      { via: 'imagestreamimport', reference: 'b.test/x/y', already: ['b.test/x/y:1'] },
      'importing images from registry "b.test:443" is forbidden: registry "b.test:443" not allowed by whitelist: "a.test:443"',
    ],
    [
      'who may create images is asked when the stream is saved',
      [entry('a.test')],
      { ...other, mayCreateImages: true },
      'registry "b.test" not allowed by whitelist: "a.test:443"',
    ],
  ])('%s', (_title, entries, ask, message) => {
    const {
      via = 'imagestream',
      insecure = false,
      internal = '',
      already = [],
      mayCreateImages = false,
    } = ask;
    const verdict = judgeImport({
      via,
      insecure,
      mayCreateImages,
      reference: parse(ask.reference ?? ''),
      allowList: list(entries),
      internalRegistryHostname: internal,
      alreadyOnStream: already.map(parse),
    });
    expect(verdict).toEqual(message === undefined ? { allowed: true } : { allowed: false, message });
  });
});

describe('globs', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 8 });
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 });

  test('agree with the plain definition', () => {
    fc.assert(
      fc.property(
        letters,
        text,
        (pattern, subject) => matchesGlob(pattern, subject) === plain(pattern, subject),
      ),
      { numRuns: 2000 },
    );
  });

  test('a hostile pattern costs no more than pattern × text', () => {
    const pattern = `${'a*'.repeat(2000)}b`;
    const before = performance.now();
    expect(matchesGlob(pattern, 'a'.repeat(4000))).toBe(false);
    // Backtracking over every star would outlast the universe; this takes milliseconds.
    expect(performance.now() - before).toBeLessThan(2000);
  });

  /** By definition, exponential, for short texts. */
  function plain(pattern: string, subject: string): boolean {
    if (pattern === '') return subject === '';
    const rest = pattern.slice(1);
    if (pattern.startsWith('*'))
      return plain(rest, subject) || (subject !== '' && plain(pattern, subject.slice(1)));
    const one = pattern.startsWith('?') || subject.startsWith(pattern.charAt(0));
    return subject !== '' && one && plain(rest, subject.slice(1));
  }
});

interface Ask {
  readonly via: ImportQuestion['via'];
  readonly reference: string;
  readonly insecure: boolean;
  readonly internal: string;
  readonly already: readonly string[];
  readonly mayCreateImages: boolean;
}

function entry(domainName: string): AllowedRegistry {
  return { domainName };
}

function list(entries: readonly AllowedRegistry[]): ImportAllowList {
  const parsed = parseAllowedRegistries(entries);
  if (!parsed.ok) throw new Error(parsed.errors.join('; '));
  return parsed.allowList;
}

function parse(text: string): ImageReference {
  const parsed = parseReference(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.error}`);
  return parsed.reference;
}
