import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { changeObject } from '../../src/manifest/change-object.ts';
import { readValues } from '../../src/manifest/values.ts';

type Values = Readonly<Record<string, unknown>>;

const text = fc.oneof(
  fc.constantFrom('yes', '1', '', '# no', 'a: b', '- a', '2026-01-02', '*a', 'it\'s "so"', 'a, b', 'a\nb\n'),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
);
/** `<<` is YAML's own. */
const key = fc
  .oneof(fc.constantFrom('a', 'b', 'c', 'on', 'name', '80'), fc.string({ minLength: 1, maxLength: 4 }))
  .filter((name) => name !== '<<');
const scalar = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null));
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(scalar, { maxLength: 4 }),
    fc
      .uniqueArray(fc.tuple(fc.constantFrom('v1', 'v2', 'v3', 'v4'), tie('value')), {
        maxLength: 4,
        selector: ([name]) => name,
      })
      .map((items) => items.map(([name, inner]) => ({ name, inner }))),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));
const object = fc.dictionary(key, value, { minKeys: 1, maxKeys: 5, noNullPrototype: true });
const dice = fc.array(fc.nat(99), { minLength: 30, maxLength: 120 });

/** Numbers below 100, again and again. */
function roller(numbers: readonly number[]): () => number {
  let at = 0;
  return () => numbers[at++ % numbers.length] ?? 0;
}

function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a person would make of a value: here and there something else. */
function mutated(value: unknown, roll: () => number, other: unknown): unknown {
  if (roll() < 8) return other;
  if (Array.isArray(value)) {
    const items = (value as unknown[]).flatMap((item) => {
      const luck = roll();
      if (luck < 12) return [];
      return [luck < 40 ? mutated(item, roll, other) : item];
    });
    if (roll() < 25) items.splice(roll() % (items.length + 1), 0, other);
    if (roll() < 25) items.unshift(...items.splice(-1));
    return items;
  }
  if (!isValues(value)) return roll() < 40 ? 'changed' : value;
  const fields = Object.entries(value).flatMap(([name, inner]) => {
    const luck = roll();
    if (luck < 12) return [];
    return [[name, luck < 60 ? mutated(inner, roll, other) : inner] as const];
  });
  const more = roll() < 25 ? [[`new${roll()}`, other] as const] : [];
  return Object.fromEntries([...fields, ...more]);
}

interface Style {
  readonly indent: number;
  readonly indentSeq: boolean;
  readonly roll: () => number;
}

interface Comment {
  readonly text: string;
  /** Whether it has to be there when this is what the object has become. */
  readonly stays: (next: unknown) => boolean;
}

/** Writes a mapping or a list in block style, with comments above and beside its entries. */
function written(
  value: object,
  style: Style,
  margin: string,
  comments: Comment[],
  find: (next: unknown) => unknown,
): string[] {
  const isList = Array.isArray(value);
  const same = (next: unknown) => (isList ? Array.isArray(find(next)) : isValues(find(next)));
  const items = Object.entries(value) as [string, unknown][];
  return items.flatMap(([name, inner], index) => {
    const findInner = (next: unknown) => counterpart(value, find(next), name, inner);
    const note = (stays: Comment['stays']): string => {
      const comment = { text: `# comment ${comments.length}.`, stays };
      comments.push(comment);
      return comment.text;
    };
    const lines: string[] = [];
    if (style.roll() < 25) lines.push(margin + note((next) => same(next)));
    if (style.roll() < 10) lines.push('');
    const head = margin + (isList ? '-' : `${stringify({ [name]: 0 }).slice(0, -4)}:`);
    const beside = style.roll() < 30 ? ` ${note((next) => same(next) && findInner(next) !== undefined)}` : '';
    const isBlock =
      typeof inner === 'object' && inner !== null && Object.keys(inner).length > 0 && style.roll() < 85;
    if (!isBlock) {
      const flow = stringify([inner], {
        collectionStyle: 'flow',
        lineWidth: 0,
        flowCollectionPadding: index % 2 === 0,
      });
      return [...lines, `${head} ${flow.replace(/^\[ ?/, '').replace(/ ?\]\n$/, '')}${beside}`];
    }
    const deeper = isList ? '  ' : Array.isArray(inner) && !style.indentSeq ? '' : ' '.repeat(style.indent);
    const below = written(inner, style, margin + deeper, comments, findInner);
    const [first = ''] = below;
    // The first field of an item stands beside its `-`, unless a comment is there already.
    const isCompact = isList && beside === '' && /^ *[^ #]/.test(first) && first !== '';
    return isCompact
      ? [...lines, `${head} ${first.trimStart()}`, ...below.slice(1)]
      : [...lines, head + beside, ...below];
  });
}

/** What an entry has become: by its key, by its name, or by being equal to one only; undefined where that is not known. */
function counterpart(old: object, next: unknown, name: string, inner: unknown): unknown {
  if (!Array.isArray(old)) return isValues(next) && Object.hasOwn(next, name) ? next[name] : undefined;
  if (!Array.isArray(next)) return undefined;
  const json = JSON.stringify(inner);
  const isOnly = (list: readonly unknown[]) =>
    list.filter((one) => JSON.stringify(one) === json).length === 1;
  return isOnly(old) && isOnly(next as unknown[]) ? inner : undefined;
}

const style = fc.record({
  indent: fc.constantFrom(2, 4),
  indentSeq: fc.boolean(),
  windows: fc.boolean(),
  dice,
});

test('an object reads back as what it was changed to, and comments on other lines stay', () => {
  fc.assert(
    fc.property(object, value, dice, style, (old, other, luck, { windows, dice: sprinkle, ...rest }) => {
      const comments: Comment[] = [];
      const lines = written(old, { ...rest, roll: roller(sprinkle) }, '', comments, (next) => next);
      const before = lines.join(windows ? '\r\n' : '\n') + (windows ? '\r\n' : '\n');
      const read = readValues(before);
      if (!read.ok) throw new Error(`${read.message}\n${before}`);
      expect(read.values[0]?.value).toEqual(old);
      const roll = roller(luck);
      const next = Object.fromEntries([
        ['kept', 1],
        ...Object.entries(old).map(([name, inner]) => [name, mutated(inner, roll, other)]),
      ]) as object;
      const edit = changeObject(before, { document: 0 }, next);
      if (!edit.ok) throw new Error(`${edit.message}\n${before}`);
      const after = readValues(edit.text);
      expect(after.ok && after.values.map((document) => document.value)).toEqual([next]);
      for (const { text: comment, stays } of comments) {
        if (stays(next) && !edit.text.includes(comment))
          throw new Error(`${comment} is lost:\n${before}\n${edit.text}`);
      }
      if (windows) expect(edit.text.replaceAll('\r\n', '')).not.toContain('\n');
      expect(changeObject(edit.text, { document: 0 }, next)).toEqual(edit);
      expect(changeObject(before, { document: 0 }, old)).toEqual({ ok: true, text: before });
    }),
    { numRuns: 500 },
  );
});

test('JSON stays JSON', () => {
  fc.assert(
    fc.property(object, value, dice, fc.constantFrom(undefined, 1, 2, '\t'), (old, other, luck, indent) => {
      const next = { kept: 1, ...(isValues(mutated(old, roller(luck), other)) ? { old, other } : { other }) };
      const edit = changeObject(JSON.stringify(old, null, indent), { document: 0 }, next);
      if (!edit.ok) throw new Error(edit.message);
      expect(JSON.parse(edit.text)).toEqual(next);
    }),
    { numRuns: 200 },
  );
});
