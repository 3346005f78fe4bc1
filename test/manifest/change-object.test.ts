import { describe, expect, test } from '@jest/globals';
import { changeObject } from '../../src/manifest/change-object.ts';
import type { ObjectPlace } from '../../src/manifest/documents.ts';
import type { Edit } from '../../src/manifest/edit.ts';
import { readValues } from '../../src/manifest/values.ts';

type Values = Record<string, unknown>;
const first: ObjectPlace = { document: 0 };
const lines = (...all: readonly string[]) => `${all.join('\n')}\n`;
const textOf = (edit: Edit) => (edit.ok ? edit.text : edit.message);

/** The object at a place, as it reads. */
function objectAt(text: string, { document, items = [] }: ObjectPlace): Values {
  const read = readValues(text);
  if (!read.ok) throw new Error(read.message);
  let object = read.values[document]?.value as Values;
  for (const item of items) object = (object.items as Values[])[item] ?? {};
  return object;
}

/** An object with the value at a way replaced; `undefined` takes it away. */
function set(object: unknown, way: string, value: unknown): unknown {
  if (way === '') return value;
  const [step = '', ...rest] = way.split('.');
  const copy = structuredClone(object) as Values;
  const inner = set(copy[step], rest.join('.'), value);
  if (inner === undefined) Reflect.deleteProperty(copy, step);
  else copy[step] = inner;
  return copy;
}

/** Changes by way, one after the other. */
function change(text: string, changes: Readonly<Record<string, unknown>>, at = first): Edit {
  let next: unknown = objectAt(text, at);
  for (const [way, value] of Object.entries(changes)) next = set(next, way, value);
  const edit = changeObject(text, at, next as object);
  // Once more changes nothing.
  if (edit.ok) expect(changeObject(edit.text, at, next as object)).toEqual(edit);
  return edit;
}

describe('a scalar is replaced in its place', () => {
  test.each<[string, string, Readonly<Record<string, unknown>>, string]>([
    ['plain', 'a: x # c\nb: 1\n', { a: 'z' }, 'a: z # c\nb: 1\n'],
    ['single quotes', "a: 'x' # c\n", { a: "i's" }, "a: 'i''s' # c\n"],
    ['double quotes', 'a: "x"\n', { a: 'z' }, 'a: "z"\n'],
    ['a text that needs quotes now', 'a: x\n', { a: '1' }, 'a: "1"\n'],
    ['a number', 'a: 1 # c\n', { a: 2 }, 'a: 2 # c\n'],
    ['a truth value', 'a: True\n', { a: false }, 'a: false\n'],
    ['a text by a number', "a: 'x' # c\n", { a: 2 }, 'a: 2 # c\n'],
    ['by nothing', 'a: x # c\n', { a: null }, 'a: null # c\n'],
    ['nothing by a text', 'a: # c\nb: 1\n', { a: 'x' }, 'a: x # c\nb: 1\n'],
    ['a tilde', 'a: ~ # c\n', { a: 'x' }, 'a: x # c\n'],
    ['a literal text', 'a: | # c\n  x\n  z\nb: 1\n', { a: 'w' }, 'a: w # c\nb: 1\n'],
    ['a text of lines stays on one', 'a: x\n', { a: 'x\nz\n' }, 'a: "x\\nz\\n"\n'],
    [
      'deep',
      'a:\n  b:\n  - c: {d: [1, {e: x}]} # c\n',
      { 'a.b.0.c.d.1.e': 'z' },
      'a:\n  b:\n  - c: {d: [1, {e: z}]} # c\n',
    ],
    ['a tag that no longer fits', 'a: !!int "3" # c\n', { a: 'x' }, 'a: x # c\n'],
    ['with Windows line ends', 'a: x # c\r\nb: 1\r\n', { a: 'z', c: 1 }, 'a: z # c\r\nb: 1\r\nc: 1\r\n'],
    ['behind a byte order mark', '\ufeffa: x\n', { a: 'z', b: 1 }, '\ufeffa: z\nb: 1\n'],
    ['with a tab before a comment', 'a: x\t#\tc\n', { a: 'z' }, 'a: z\t#\tc\n'],
    ['JSON', '{"a":"x", "b" : 1}', { a: 'a\u2028"', b: 2 }, '{"a":"a\u2028\\"", "b" : 2}'],
  ])('%s', (_title, before, changes, after) => {
    expect(textOf(change(before, changes))).toBe(after);
  });
});

describe('keys', () => {
  test.each<[string, string, Readonly<Record<string, unknown>>, string]>([
    [
      'added behind the last one',
      'a:\n  b: 1 # b\n# of c\nc: 1\n',
      { 'a.d': { e: 1 } },
      'a:\n  b: 1 # b\n  d:\n    e: 1\n# of c\nc: 1\n',
    ],
    ['added at two depths', 'a:\n  b: 1', { 'a.c': 2, d: 3 }, 'a:\n  b: 1\n  c: 2\nd: 3'],
    [
      'added as the file indents',
      'a:\n    b:\n    - x\n',
      { 'a.c': { d: ['z'] } },
      'a:\n    b:\n    - x\n    c:\n        d:\n          - z\n',
    ],
    ['added to an item', '- a: 1\n'.replace(/^/, 'l:\n'), { 'l.0.b': 2 }, 'l:\n- a: 1\n  b: 2\n'],
    ['added to nothing', 'a: {} # c\nb: 1\n', { 'a.c': 1 }, 'a: # c\n  c: 1\nb: 1\n'],
    ['added between braces', 'a: { b: 1 } # c\n', { 'a.c': 'x' }, 'a: { b: 1, c: "x" } # c\n'],
    [
      'that need quotes',
      'a:\n  "on": 1\n  \'y\': 2\n',
      { 'a.on': { b: 1 }, 'a.y': 3, 'a.no': 1 },
      'a:\n  "on":\n    b: 1\n  \'y\': 3\n  "no": 1\n',
    ],
    ['that are numbers', 'a:\n  80: x\n', { 'a.80': 'z' }, 'a:\n  80: z\n'],
    [
      'removed, with the comment beside',
      'a: 1 # a\n# of b\nb: 2 # b\nc: 3\n',
      { b: undefined },
      'a: 1 # a\n# of b\nc: 3\n',
    ],
    [
      'removed, of many lines',
      'a:\n  b:\n    c: |\n      x\n\n      y\n  d: 1\n',
      { 'a.b': undefined },
      'a:\n  d: 1\n',
    ],
    [
      'removed: the first of an item',
      'l:\n- a: 1 # a\n  # of b\n  b: 2\n',
      { 'l.0.a': undefined },
      'l:\n- # of b\n  b: 2\n',
    ],
    ['removed: the only one', 'a:\n  b: 1\nc: 1\n', { 'a.b': undefined }, 'a: {}\nc: 1\n'],
    [
      'removed: the only one, below a comment',
      'a:\n  # why\n  b: 1 # b\nc: 1\n',
      { 'a.b': undefined },
      'a:\n  # why\n  {}\nc: 1\n',
    ],
    [
      'removed: the first two of an item, a comment between',
      'l:\n- a: 1 # a\n  # of b\n  b: 2\n  c: 3\n',
      { 'l.0.a': undefined, 'l.0.b': undefined },
      'l:\n- # of b\n  c: 3\n',
    ],
    [
      'removed: the first two of an item',
      'l:\n- a: 1 # a\n  b:\n    - 2\n\n  c: 3\n',
      { 'l.0.a': undefined, 'l.0.b': undefined },
      'l:\n- c: 3\n',
    ],
    ['of an item, all exchanged', 'l:\n- a: 1\n  # c\n  b: 2\n', { 'l.0': { d: 3 } }, 'l:\n- d: 3\n  # c\n'],
    ['added where only comments are', 'a:\n  # c\nb: 1\n', { a: { d: 3 } }, 'a:\n  d: 3\n  # c\nb: 1\n'],
    ['removed between braces', '{a: 1, b: 2, c: 3}\n', { a: undefined, c: undefined }, '{b: 2}\n'],
    ['removed and added', 'a: 1\nb: 2\n', { b: undefined, c: 3 }, 'a: 1\nc: 3\n'],
    ['removed and added between braces', '{a: 1, b: 2}\n', { b: undefined, c: 3 }, '{a: 1, c: 3}\n'],
    ['all exchanged', 'x:\n  a: 1\n  b: 2\ny: 1\n', { x: { c: 3 } }, 'x:\n  c: 3\ny: 1\n'],
    [
      'of JSON',
      '{\n  "a": {\n    "b": 1\n  }\n}\n',
      { 'a.c': [1] },
      '{\n  "a": {\n    "b": 1,\n    "c": [\n      1\n    ]\n  }\n}\n',
    ],
    ['of another kind', 'a: x # c\nb:\n  c: 1\n', { a: { d: 1 }, b: [1] }, 'a: # c\n  d: 1\nb:\n  - 1\n'],
  ])('%s', (_title, before, changes, after) => {
    expect(textOf(change(before, changes))).toBe(after);
  });
});

describe('lists', () => {
  test.each<[string, string, unknown, string]>([
    [
      'an item added at the end',
      'l:\n  - a # a\n# of m\nm: 1\n',
      ['a', 'b'],
      'l:\n  - a # a\n  - b\n# of m\nm: 1\n',
    ],
    ['at the front', 'l:\n# of a\n- a # a\n', ['z', 'a'], 'l:\n- z\n# of a\n- a # a\n'],
    ['in between', 'l:\n- a\n# of c\n- c\n', ['a', 'b', 'c'], 'l:\n- a\n- b\n# of c\n- c\n'],
    ['one removed', 'l:\n- a # a\n- b # b\n- c # c\n', ['a', 'c'], 'l:\n- a # a\n- c # c\n'],
    ['all removed', 'l:\n- a # a\n- b # b\nm: 1\n', [], 'l: []\nm: 1\n'],
    ['one replaced', 'l:\n- a # a\n- b # b\n- c # c\n', ['a', 'x', 'c'], 'l:\n- a # a\n- x # b\n- c # c\n'],
    [
      'one moved, with its comments',
      'l:\n- a # a\n- b # b\n# of c\n- c # c\n',
      ['c', 'a', 'b'],
      'l:\n# of c\n- c # c\n- a # a\n- b # b\n',
    ],
    ['one moved from the end of the text', 'l:\n- a\n- b', ['b', 'a'], 'l:\n- b\n- a\n'],
    ['equal ones', 'l:\n- a # 1\n- a # 2\n- b\n', ['a', 'a', 'a', 'b'], 'l:\n- a # 1\n- a # 2\n- a\n- b\n'],
    ['between brackets', 'l: [a, b, c] # l\n', ['z', 'a', 'c', 'd'], 'l: ["z", a, c, "d"] # l\n'],
    ['between brackets, moved', "l: [a, 'b', c]\n", ['c', 'a', 'b'], "l: [c, a, 'b']\n"],
    ['between brackets, all exchanged', 'l: [a, b]\n', ['c'], 'l: [c]\n'],
    [
      'between brackets on lines',
      'l: [\n  a, # a\n  b # b\n]\n',
      ['a', 'b', 'c'],
      'l: [\n  a, # a\n  b,\n  "c" # b\n]\n',
    ],
    ['in lists', 'l:\n- - a # a\n  - b\n- - c\n', [['b'], ['c', 'd']], 'l:\n- - b\n- - c\n  - d\n'],
    ['JSON', '{"l":[1,2,{"a":"b"}]}', [2, { a: 'b', c: [] }, 3], '{"l":[2,{"a":"b","c":[]},3]}'],
    [
      'objects',
      'l:\n- a: 1 # a\n  b: 2\n-\n  a: 3\n',
      [{ a: 1, b: 5 }, { c: 1 }],
      'l:\n- a: 1 # a\n  b: 5\n-\n  c: 1\n',
    ],
    [
      'named ones, in another order',
      'l:\n- name: a # a\n  v: 1\n- name: b # b\n  v: 2 # v\n',
      [{ name: 'b', v: 3 }, { name: 'a', v: 1 }, { name: 'c' }],
      'l:\n- name: b # b\n  v: 3 # v\n- name: a # a\n  v: 1\n- name: c\n',
    ],
    [
      'a named one by another',
      'l:\n- name: a # a\n  v: 1\n- name: b # b\n',
      [{ name: 'x', v: 1 }, { name: 'b' }],
      'l:\n- name: x\n  v: 1\n- name: b # b\n',
    ],
  ])('%s', (_title, before, list, after) => {
    expect(textOf(change(before, { l: list }))).toBe(after);
  });
});

describe('an image stream', () => {
  const stream = [
    '# The stream of the shop.',
    'apiVersion: image.openshift.io/v1',
    'kind: ImageStream',
    'metadata:',
    '  name: shop',
    'spec:',
    '  tags:',
    '    # what production runs',
    '    - name: stable # ask before you move it',
    '      from:',
    '        kind: DockerImage',
    "        name: 'quay.io/shop:1.0' # since May",
    '      importPolicy: {scheduled: true} # every 15 minutes',
    '    # what developers run',
    '    - name: dev',
    '      from: {kind: DockerImage, name: quay.io/shop:dev}',
    'status:',
    '  tags:',
    '  - tag: stable',
    '    items:',
    '    # rolled out on a Friday',
    '    - created: "2026-01-02T03:04:05Z"   # UTC',
    '      generation: 1',
  ];
  const replaced = (line: string, ...by: readonly string[]) =>
    lines(...stream.flatMap((one) => (one === line ? by : [one])));
  test.each<[string, Readonly<Record<string, unknown>>, string]>([
    [
      'its tag moves',
      { 'spec.tags.0.from.name': 'quay.io/shop:2.0' },
      replaced(
        "        name: 'quay.io/shop:1.0' # since May",
        "        name: 'quay.io/shop:2.0' # since May",
      ),
    ],
    [
      'a tag is added',
      { 'spec.tags.2': { name: 'test', from: { kind: 'ImageStreamTag', name: 'dev' } } },
      replaced(
        'status:',
        '    - name: test',
        '      from:',
        '        kind: ImageStreamTag',
        '        name: dev',
        'status:',
      ),
    ],
    [
      'a schedule ends',
      { 'spec.tags.0.importPolicy': {} },
      replaced(
        '      importPolicy: {scheduled: true} # every 15 minutes',
        '      importPolicy: {} # every 15 minutes',
      ),
    ],
    [
      'it is opened for lookup',
      { 'spec.lookupPolicy': { local: true } },
      replaced('status:', '  lookupPolicy:', '    local: true', 'status:'),
    ],
    [
      'a tag event is pushed',
      {
        'status.tags.0.items': [
          { created: '2026-02-03T04:05:06Z', generation: 2 },
          { created: '2026-01-02T03:04:05Z', generation: 1 },
        ],
      },
      replaced(
        '    # rolled out on a Friday',
        '    - created: "2026-02-03T04:05:06Z"',
        '      generation: 2',
        '    # rolled out on a Friday',
      ),
    ],
    [
      'a tag gets its first events',
      { 'status.tags.1': { tag: 'dev', items: [{ generation: 2 }] } },
      lines(...stream, '  - tag: dev', '    items:', '    - generation: 2'),
    ],
  ])('%s', (_title, changes, after) => {
    expect(textOf(change(lines(...stream), changes))).toBe(after);
  });

  test('a tag is taken away', () => {
    const next = set(objectAt(lines(...stream), first), 'spec.tags', [
      { name: 'dev', from: { kind: 'DockerImage', name: 'quay.io/shop:dev' } },
    ]);
    expect(textOf(changeObject(lines(...stream), first, next as object))).toBe(
      lines(...stream.slice(0, 8), ...stream.slice(13)),
    );
  });
});

describe('the place', () => {
  test.each<[string, string, ObjectPlace, string]>([
    ['a later document', 'a: x\n--- # 1\na: x # c\n', { document: 1 }, 'a: x\n--- # 1\na: new # c\n'],
    [
      'in a List',
      'kind: List\nitems:\n- a: x\n- a: x # c\n',
      { document: 0, items: [1] },
      'kind: List\nitems:\n- a: x\n- a: new # c\n',
    ],
    [
      'in a List in a List',
      'kind: List\nitems: [{kind: List, items: [{a: x}]}]\n',
      { document: 0, items: [0, 0] },
      'kind: List\nitems: [{kind: List, items: [{a: new}]}]\n',
    ],
    ['of a document with directives', '%YAML 1.2\n---\na: x\n...\n', first, '%YAML 1.2\n---\na: new\n...\n'],
  ])('%s', (_title, before, at, after) => {
    expect(textOf(change(before, { a: 'new' }, at))).toBe(after);
  });
});

describe('anchors', () => {
  test.each<[string, string, Readonly<Record<string, unknown>>, string]>([
    ['its aliases keep their value', 'a: &x {v: 1}\nb: *x\n', { 'a.v': 2 }, 'a: &x {v: 2}\nb:\n  v: 1\n'],
    ['an alias is written out', 'a: &x 1\nb: *x # b\n', { b: 2 }, 'a: &x 1\nb: 2 # b\n'],
    ['both alike', 'a: &x 1\nb: *x # b\n', { a: 2, b: 2 }, 'a: &x 2\nb: *x # b\n'],
    ['the alias goes', 'a: &x 1\nb: *x\n', { b: undefined }, 'a: &x 1\n'],
    [
      'a merged key is set',
      'a: &x {v: 1}\nb:\n  <<: *x\n',
      { 'b.v': 2 },
      'a: &x {v: 1}\nb:\n  <<: *x\n  v: 2\n',
    ],
    [
      'a merged key goes',
      'a: &x {v: 1, w: 2}\nb:\n  <<: *x # x\n',
      { 'b.v': undefined },
      'a: &x {v: 1, w: 2}\nb:\n  w: 2\n',
    ],
    [
      'what it merges changes',
      'a: &x\n  v: 1\nb:\n  <<: *x\n',
      { 'a.v': 2 },
      'a: &x\n  v: 2\nb:\n  <<: *x\n  v: 1\n',
    ],
    [
      'what it merges gets a key',
      'a: &x\n  v: 1\nb:\n  <<: *x\n',
      { 'a.w': 2, 'b.w': 2 },
      'a: &x\n  v: 1\n  w: 2\nb:\n  <<: *x\n  w: 2\n',
    ],
    ['one in a list that moves', 'a: [&x 1, 2]\nb: *x\n', { a: [2, 1] }, 'a: [2, &x 1]\nb: *x\n'],
  ])('%s', (_title, before, changes, after) => {
    expect(textOf(change(before, changes))).toBe(after);
  });
});

describe('what cannot be changed is left alone', () => {
  test.each<[string, string, Readonly<Record<string, unknown>>, RegExp]>([
    [
      'an anchor in what goes',
      'a: {b: &x 1}\nc: *x\n',
      { a: undefined },
      /^a holds the anchor &x, which is used outside of it$/,
    ],
    ['an anchor in what becomes another kind', 'a: &x 1\nc: *x\n', { a: [1] }, /^a holds the anchor &x/],
    ['what comes by << only', '<<: {a: 1}\nb: 2\n', { a: undefined }, /^a comes from another place by <<$/],
    ['the only field of all', 'a: 1\n', { a: undefined }, /^the object would be left empty$/],
    ['JSON with a key twice', '{"a": 1, "a": 2}', { a: 3 }, /keys must be unique/],
  ])('%s', (_title, before, changes, message) => {
    expect(textOf(change(before, changes))).toMatch(message);
  });

  test.each<[string, string, ObjectPlace, RegExp]>([
    ['no such document', 'a: 1\n', { document: 1 }, /^there is no such document$/],
    ['no object', '---\n---\n', first, /^there is no object at this place$/],
    ['no such item', 'kind: List\nitems: []\n', { document: 0, items: [0] }, /no object/],
    ['a text that does not parse', 'a: [\n', first, /^document 1, line 2, column 1: /],
  ])('%s', (_title, text, at, message) => {
    expect(textOf(changeObject(text, at, { a: 2 }))).toMatch(message);
  });
});
