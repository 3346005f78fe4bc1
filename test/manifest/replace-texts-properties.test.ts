import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { replaceTexts, type TextChange } from '../../src/manifest/replace-texts.ts';
import { readValues } from '../../src/manifest/values.ts';

/** One field of a document of containers that use each other's images; `before` says which anchors there are. */
type Field = (
  index: number,
  before: { readonly texts: readonly string[]; readonly maps: readonly string[] },
) => {
  readonly lines: string;
  readonly text?: string;
  readonly map?: string;
};
const pick = <T>(list: readonly T[], at: number): T | undefined => list[at % Math.max(1, list.length)];

const field: fc.Arbitrary<Field> = fc
  .record({
    kind: fc.constantFrom('text', 'alias', 'map', 'merging', 'flow', 'whole', 'list'),
    at: fc.nat(9),
    /** Anchor names are given again now and then. */
    anchor: fc.nat(3),
    quote: fc.constantFrom('', "'", '"'),
    own: fc.boolean(),
  })
  .map(({ kind, at, anchor, quote, own }) => (index, { texts, maps }) => {
    const image = `${quote}old${index}${quote}`;
    const text = pick(texts, at);
    const map = pick(maps, at);
    if (kind === 'alias' && text !== undefined) return { lines: `k${index}: *${text} # ${index}\n` };
    if (kind === 'list' && text !== undefined)
      return { lines: `k${index}: [*${text} , ${image}, {image: *${text} }]\n` };
    if (kind === 'whole' && map !== undefined) return { lines: `k${index}: *${map}\n` };
    if (kind === 'flow' && map !== undefined)
      return { lines: `k${index}: {<<: *${map} , name: n${index}}\n` };
    if (kind === 'merging' && map !== undefined) {
      // A mapping cannot merge one of its own name: that would be itself.
      const name = map === `m${anchor}` ? `m${anchor}${index}` : `m${anchor}`;
      const line = own ? `  image: ${image}\n` : '';
      return {
        lines: `k${index}: &${name}\n  <<: *${map} # ${index}\n${line}  name: n${index}\n`,
        map: name,
      };
    }
    if (kind === 'map')
      return { lines: `k${index}: &m${anchor}\n  image: ${image} # ${index}\n`, map: `m${anchor}` };
    return { lines: `k${index}: &t${anchor} ${image} # ${index}\n`, text: `t${anchor}` };
  });

function documentOf(fields: readonly Field[]): string {
  const texts: string[] = [];
  const maps: string[] = [];
  return fields
    .map((write, index) => {
      const { lines, text, map } = write(index, { texts, maps });
      if (text !== undefined) texts.push(text);
      if (map !== undefined) maps.push(map);
      return lines;
    })
    .join('');
}

type Path = readonly (string | number)[];

function textPaths(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value === 'string') return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    textPaths(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

test('every use reads as asked, whatever it shares with others', () => {
  fc.assert(
    fc.property(
      fc.array(field, { minLength: 1, maxLength: 8 }),
      fc.array(fc.constantFrom(undefined, undefined, 'new', 'other:1', 'a, b'), {
        minLength: 7,
        maxLength: 23,
      }),
      fc.boolean(),
      (fields, values, windows) => {
        const written = documentOf(fields);
        const before = windows ? written.replaceAll('\n', '\r\n') : written;
        const read = readValues(before);
        if (!read.ok) throw new Error(`${read.message}\n${before}`);
        const expected = structuredClone(JSON.parse(JSON.stringify(read.values[0]?.value))) as object;
        const changes: TextChange[] = [];
        for (const [index, path] of textPaths(expected).entries()) {
          const value = values[index % values.length];
          if (value === undefined) continue;
          changes.push({ at: { document: 0 }, path, value });
          let holder = expected as Record<string | number, unknown>;
          for (const step of path.slice(0, -1)) holder = holder[step] as typeof holder;
          holder[path.at(-1) ?? ''] = value;
        }
        const edit = replaceTexts(before, changes);
        if (!edit.ok) throw new Error(`${edit.message}\n${before}`);
        const after = readValues(edit.text);
        expect(after.ok && after.values[0]?.value).toEqual(expected);
        for (const comment of before.match(/ # \d+/g) ?? []) expect(edit.text).toContain(comment);
        expect(replaceTexts(edit.text, changes)).toEqual(edit);
      },
    ),
    { numRuns: 500 },
  );
});
