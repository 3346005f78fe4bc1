import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  minimal,
  mostSpecific,
  registryApiHost,
  registryHostPort,
  withDockerDefaults,
  withLibrary,
} from '../../src/reference/docker-defaults.ts';
import { formatReference, repositoryPath } from '../../src/reference/format.ts';
import { parseReference } from '../../src/reference/parse.ts';
import type { ImageReference } from '../../src/reference/reference.ts';
import { vectorGroup } from '../support/vectors.ts';

interface Vector {
  readonly id: string;
  readonly input: string;
  readonly expect: ImageReference | { readonly error: string };
  readonly derived?: Readonly<Record<string, unknown>>;
}

const derivations: Readonly<Record<string, (reference: ImageReference) => unknown>> = {
  exact: formatReference,
  string: (reference) => formatReference(withLibrary(reference)),
  clientDefaultsExact: (reference) => formatReference(withDockerDefaults(reference)),
  daemonMinimalExact: (reference) => formatReference(minimal(reference)),
  mostSpecificExact: (reference) => formatReference(mostSpecific(reference)),
  repositoryName: repositoryPath,
  v2Host: ({ registry }) => registryApiHost(registry),
  hostPortSecure: (reference) => registryHostPort(reference, false),
  hostPortInsecure: (reference) => registryHostPort(reference, true),
};

describe('image references are read as upstream reads them', () => {
  test.each(vectorGroup<Vector>('imageReference'))('%s', (_id, vector) => {
    const parsed = parseReference(vector.input);
    if ('error' in vector.expect) {
      expect(parsed).toEqual({ ok: false, error: vector.expect.error });
      return;
    }
    expect(parsed).toEqual({ ok: true, reference: vector.expect });
    for (const [view, expected] of Object.entries(vector.derived ?? {})) {
      expect({ view, value: derivations[view]?.(vector.expect) }).toEqual({ view, value: expected });
    }
  });

  test.each([
    ['a very long run of letters', 'a'.repeat(200_000) + '!'],
    ['a very long run of separators', 'a' + '-'.repeat(200_000) + '!'],
    ['a very long run of path components', 'a/'.repeat(100_000) + '!'],
    ['a very long host', 'a.'.repeat(100_000) + '!'],
  ])('%s is refused without backtracking', (_title, text) => {
    expect(parseReference(text)).toEqual({ ok: false, error: 'invalid reference format' });
  });
});

const word = fc.stringMatching(/^[a-z0-9]{1,8}(?:(?:[._]|__|-{1,2})[a-z0-9]{1,8}){0,2}$/);
const reference: fc.Arbitrary<ImageReference> = fc
  .record({
    registry: fc.constantFrom('', 'quay.io', 'localhost', 'REG.example.com:5000', '10.2.3.4', 'host:5000'),
    namespace: word,
    name: fc.array(word, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
    version: fc.oneof(
      fc.constant({ tag: '', id: '' }),
      fc.stringMatching(/^\w[\w.-]{0,20}$/).map((tag) => ({ tag, id: '' })),
      fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => ({ tag: '', id: `sha256:${hex}` })),
    ),
  })
  .map(({ version, ...rest }) => ({ ...rest, ...version }))
  .filter(
    ({ registry, namespace }) => registry !== '' || (!namespace.includes('.') && namespace !== 'localhost'),
  );

test('formatting a reference and reading it again gives the same reference', () => {
  fc.assert(
    fc.property(reference, (value) => {
      expect(parseReference(formatReference(value))).toEqual({ ok: true, reference: value });
    }),
  );
});

test('what is read and formatted is the text that was given, unless it held a tag beside a digest', () => {
  fc.assert(
    fc.property(reference, (value) => {
      const text = formatReference(value);
      const parsed = parseReference(text);
      expect(parsed.ok && formatReference(parsed.reference)).toBe(text);
    }),
  );
});
