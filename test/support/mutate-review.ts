import type { Random } from './random.ts';

/**
 * Spoils a valid AdmissionReview in one of the ways that clients, bugs and attackers do: wrong types, missing or doubled
 * parts, hostile keys, huge or deep values, broken text. What comes out may be any bytes at all.
 */
export function mutatedReview(review: Review, random: Random): Buffer {
  const kind = random.below(100);
  if (kind < 3) return randomBytes(random.below(2_000), random);
  let text = JSON.stringify(kind < 15 ? review : structurallyMutated(review, random));
  if (kind >= 15 && kind < 35) text = withHostileKey(text, random);
  if (kind >= 35 && kind < 40) text = withDeepValue(text, random);
  if (kind >= 40 && kind < 45) text = withDoubledKey(text, random);
  return kind < 15 ? brokenText(text, random) : Buffer.from(text);
}

export interface Review {
  readonly request: { readonly object: unknown };
}

/** The envelope is read in a few lines, the object in many: mostly the object is changed. */
function structurallyMutated(review: Review, random: Random): unknown {
  if (random.once(6)) return mutatedValue(review, random);
  return { ...review, request: { ...review.request, object: mutatedValue(review.request.object, random) } };
}

/** A copy with one to four places changed. */
function mutatedValue(value: unknown, random: Random): unknown {
  let mutated = structuredClone(value);
  for (let count = 1 + random.below(4); count > 0; count--) mutated = changedSomewhere(mutated, random);
  return mutated;
}

/** Walks down from the root; the deeper, the likelier it changes what it has come to. */
function changedSomewhere(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.once(8)) return changed(value, random);
  if (Array.isArray(value)) return changedList(value, random);
  const keys = Object.keys(value);
  if (keys.length === 0) return changed(value, random);
  const key = random.pick(keys);
  const entries = value as Record<string, unknown>;
  if (random.once(12)) return Object.fromEntries(Object.entries(entries).filter(([name]) => name !== key));
  if (random.once(12)) return { ...entries, [random.pick(knownKeys)]: junk(random) };
  return { ...entries, [key]: changedSomewhere(entries[key], random) };
}

function changedList(list: readonly unknown[], random: Random): unknown {
  if (list.length === 0) return [junk(random)];
  const at = random.below(list.length);
  switch (random.below(6)) {
    case 0:
      return [...list, list[at]];
    case 1:
      return list.toSpliced(at, 1);
    case 2:
      return list.toSpliced(at, 0, junk(random));
    case 3:
      return random.once(10) ? repeated(list[at]) : list.toReversed();
    default:
      return list.with(at, changedSomewhere(list[at], random));
  }
}

/** A great many, but of no more than half a megabyte: lists of lists would soon outgrow what a server reads. */
function repeated(value: unknown): readonly unknown[] {
  const bytes = JSON.stringify(value).length;
  return Array.from({ length: Math.max(1, Math.min(3_000, Math.floor(500_000 / bytes))) }, () => value);
}

function changed(value: unknown, random: Random): unknown {
  if (typeof value === 'string' && random.once(3)) return random.pick(images);
  if (typeof value === 'string' && random.once(2)) return spoiledText(value, random);
  if (random.once(4)) return [value];
  if (random.once(4)) return { [random.pick(knownKeys)]: value };
  return junk(random);
}

function spoiledText(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  return text.slice(0, at) + random.pick(strangeTexts) + text.slice(at + random.below(3));
}

function junk(random: Random): unknown {
  return random.once(25) ? 'x'.repeat(1 << (10 + random.below(8))) : random.pick(junkValues);
}

const strangeTexts = [
  '\u0000',
  '\n',
  '\r\n',
  '\u2028',
  '\u202e',
  '\ud800',
  '\udfff',
  'é',
  '💥',
  '%00',
  '/',
  ':',
  '@',
  '~1',
  '~0',
  ' ',
  '"',
];

const images = [
  'app:v1',
  'app',
  'storefront:v3',
  'storefront@sha256:' + 'a'.repeat(64),
  'registry.internal.example:5000/shop/app:v1',
  'a/b/c/d/e/f:g',
  'UPPER:v1',
  ':',
  '@',
  'app:',
  'app@sha256:short',
  '__proto__:v1',
  'constructor',
  'hasOwnProperty:toString',
  `${'a'.repeat(300)}:v1`,
  '../../etc/passwd',
  'app:v1\napp:v2',
];

const junkValues: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -0,
  -1,
  1.5,
  1e308,
  5e-324,
  '',
  ' ',
  'null',
  [],
  {},
  [[]],
  [null],
  [{}],
  { name: null },
  [[[[]]]],
  { image: 1 },
  { name: 'c0', image: 'app:v1' },
  [{ name: 'c0', image: 'app:v1' }],
  '\ud800',
  '*',
  'CREATE',
  'UPDATE',
  { annotations: { 'pinstream.dev/resolved-images': '{"c0":{"to":"app:v1"}}' } },
  { annotations: { 'pinstream.dev/resolved-images': '[' } },
  {
    annotations: {
      'alpha.image.policy.openshift.io/resolve-names': '*',
      'pinstream.dev/skip-containers': ',,c0, ',
    },
  },
  { ownerReferences: [null, 1, { controller: true }] },
  { containers: { 0: { image: 'app:v1' } } },
];

const knownKeys = [
  'metadata',
  'spec',
  'template',
  'containers',
  'initContainers',
  'ephemeralContainers',
  'volumes',
  'image',
  'name',
  'annotations',
  'object',
  'oldObject',
  'uid',
  'operation',
  'resource',
  'subResource',
  'namespace',
  'kind',
  'length',
  'toJSON',
  'constructor',
  '',
  '0',
];

/** JSON.parse makes own properties of such names, code that assigns them does not: put in as text. */
function withHostileKey(text: string, random: Random): string {
  const hostile = random.pick([
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'toJSON',
  ]);
  const keys = [...text.matchAll(/"[^"\\]*":/g)];
  if (keys.length === 0) return text;
  const { 0: key, index } = random.pick(keys);
  return random.once(2)
    ? `${text.slice(0, index)}"${hostile}":${text.slice(index + key.length)}`
    : `${text.slice(0, index)}"${hostile}":${random.pick(['null', '{}', '{"image":"app:v1"}', '[]'])},${text.slice(index)}`;
}

/** Deeper than any stack: made as text, since writing such a value recurses, too. */
function withDeepValue(text: string, random: Random): string {
  const depth = random.pick([100, 5_000, 100_000]);
  const deep = random.once(2)
    ? '['.repeat(depth) + ']'.repeat(depth)
    : '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);
  const values = [...text.matchAll(/:"[^"\\]*"/g)];
  if (values.length === 0) return deep;
  const { 0: value, index } = random.pick(values);
  return `${text.slice(0, index)}:${deep}${text.slice(index + value.length)}`;
}

function withDoubledKey(text: string, random: Random): string {
  const pairs = [...text.matchAll(/"[^"\\]*":(?:"[^"\\]*"|true|false|null|\d+)/g)];
  if (pairs.length === 0) return text;
  const { 0: pair, index } = random.pick(pairs);
  return `${text.slice(0, index)}${pair},${text.slice(index)}`;
}

function brokenText(text: string, random: Random): Buffer {
  const bytes = Buffer.from(text);
  const at = random.below(bytes.length);
  switch (random.below(4)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Buffer.concat([
        bytes.subarray(0, at),
        randomBytes(1 + random.below(4), random),
        bytes.subarray(at + 1),
      ]);
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes]);
    default:
      return Buffer.concat([bytes, randomBytes(random.below(4), random)]);
  }
}

function randomBytes(length: number, random: Random): Buffer {
  return Buffer.from(Array.from({ length }, () => random.below(256)));
}
