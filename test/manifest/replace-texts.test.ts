import { describe, expect, test } from '@jest/globals';
import type { Edit } from '../../src/manifest/edit.ts';
import { replaceTexts, type TextChange } from '../../src/manifest/replace-texts.ts';

const textOf = (edit: Edit) => (edit.ok ? edit.text : edit.message);
const change = (path: string, value: string, document = 0, items?: readonly number[]): TextChange => ({
  at: items === undefined ? { document } : { document, items },
  path: path.split('.').map((step) => (/^\d+$/.test(step) ? Number(step) : step)),
  value,
});
const image = (value = 'new', document = 0) => change('image', value, document);
const digest = `quay.io/a/b@sha256:${'0123456789abcdef'.repeat(4)}`;

describe('a text is replaced as it is written', () => {
  test.each<[string, string, string, string?]>([
    ['plain', 'image: old\n', 'image: new\n'],
    ['plain, a pull spec', 'image: nginx:1.0\n', `image: ${digest}\n`, digest],
    ['between single quotes', "image: 'old'\n", "image: 'new'\n"],
    ['between single quotes, with one in it', "image: 'old'\n", "image: 'it''s'\n", "it's"],
    ['between single quotes, where these cannot write it', "image: 'old'\n", 'image: "a\\nb"\n', 'a\nb'],
    ['between double quotes', 'image: "old"\n', 'image: "new"\n'],
    ['between double quotes, with one in it', 'image: "old"\n', 'image: "a\\"b"\n', 'a"b'],
    ['plain that needs quotes: a number', 'image: old\n', 'image: "1.0"\n', '1.0'],
    ['plain that needs quotes: of YAML 1.1', 'image: old\n', 'image: "yes"\n', 'yes'],
    ['plain that needs quotes: a comment', 'image: old\n', 'image: "a #b"\n', 'a #b'],
    ['plain that needs quotes: nothing', 'image: old\n', 'image: ""\n', ''],
    ['an empty one', 'image: ""\n', 'image: "new"\n'],
    ['a comment beside', 'image: old   # ours\n', 'image: new   # ours\n'],
    ['space in between', 'image :    old\nb: 1\n', 'image :    new\nb: 1\n'],
    ['on the next line', 'image:\n  old\nb: 1\n', 'image:\n  new\nb: 1\n'],
    [
      'on the next line, behind a comment',
      'image: # c\n  # d\n  old # e\n',
      'image: # c\n  # d\n  new # e\n',
    ],
    ['a folded text', 'image: >-\n  old\nb: 1\n', 'image: new\nb: 1\n'],
    ['a literal text with a comment', 'image: |- # c\n  old\n\nb: 1\n', 'image: new # c\n\nb: 1\n'],
    ['a literal text at the end', 'image: |\n  old', 'image: new'],
    ['a plain text of two lines', 'image: ol\n  d\nb: 1\n', 'image: new\nb: 1\n'],
    ['a quoted text of two lines', 'image: "ol\\\n  d" # c\nb: 1\n', 'image: "new" # c\nb: 1\n'],
    ['without a last line end', 'a: 1\nimage: old', 'a: 1\nimage: new'],
    ['Windows line ends', '# c\r\nimage: old\r\nb: 1\r\n', '# c\r\nimage: new\r\nb: 1\r\n'],
    ['Windows line ends, a folded text', 'image: >\r\n  old\r\nb: 1\r\n', 'image: new\r\nb: 1\r\n'],
    ['a byte order mark', '\ufeffimage: old\n', '\ufeffimage: new\n'],
    ['a tag', 'image: !!str old\n', 'image: !!str new\n'],
    ['a tag that makes it a text', 'image: !!str 12\n', 'image: !!str new\n'],
    ['an anchor that nobody uses', 'image: &img old # c\n', 'image: &img new # c\n'],
    ['a quoted key', '"image": old\n', '"image": new\n'],
    ['a key with `?`', '? image\n: old\n', '? image\n: new\n'],
    ['between braces', '{name: a, image: old}\n', '{name: a, image: new}\n'],
    ['between braces, quoted', "{ name: a, image: 'old' , b: 1 }\n", "{ name: a, image: 'new' , b: 1 }\n"],
    ['between braces, one that needs quotes there', '{image: old}\n', '{image: "a,b"}\n', 'a,b'],
    ['between braces, a pull spec', '{image: old}\n', `{image: ${digest}}\n`, digest],
    ['JSON', '{"image":"old","b":1}', '{"image":"new","b":1}'],
    ['JSON with tabs', '{\n\t"image" : "old"\n}\n', '{\n\t"image" : "new"\n}\n'],
    ['JSON, characters beyond', '{"image":"old"}', '{"image":"\\"\\\\😀\\u0000"}', '"\\😀\u0000'],
    ['a tab before a comment', 'image: old\t# c\n', 'image: new\t# c\n'],
    ['the same once more', 'image:  "new"\n', 'image:  "new"\n'],
    ['a long line', `image: old # ${'x'.repeat(9999)}\n`, `image: new # ${'x'.repeat(9999)}\n`],
    [
      'the same text elsewhere',
      'a: old\nimage: old\nb: |\n  image: old\n',
      'a: old\nimage: new\nb: |\n  image: old\n',
    ],
  ])('%s', (_title, before, after, value = 'new') => {
    expect(textOf(replaceTexts(before, [image(value)]))).toBe(after);
  });
});

describe('in any number of documents', () => {
  test.each<[string, string, readonly TextChange[], string]>([
    ['none', 'image: old\n', [], 'image: old\n'],
    ['the second', 'image: a\n---\nimage: b\n', [image('new', 1)], 'image: a\n---\nimage: new\n'],
    [
      'several',
      'image: a\n--- # c\nimage: b\n...\n---\nimage: c\n',
      [image('z', 2), image('x', 0)],
      'image: x\n--- # c\nimage: b\n...\n---\nimage: z\n',
    ],
    [
      'as Helm writes them',
      '---\n# Source: a/templates/a.yaml\n\n---\n# Source: a/templates/b.yaml\nimage: old\n',
      [image('new', 1)],
      '---\n# Source: a/templates/a.yaml\n\n---\n# Source: a/templates/b.yaml\nimage: new\n',
    ],
    [
      'with directives',
      '%YAML 1.2\n---\nimage: a\n...\n%YAML 1.2\n---\nimage: b\n',
      [image('new', 1)],
      '%YAML 1.2\n---\nimage: a\n...\n%YAML 1.2\n---\nimage: new\n',
    ],
    [
      'in a List',
      'kind: List\nitems:\n- image: a\n- kind: List\n  items: [{image: b}, {image: c}]\n',
      [change('image', 'x', 0, [0]), change('image', 'z', 0, [1, 1])],
      'kind: List\nitems:\n- image: x\n- kind: List\n  items: [{image: b}, {image: z}]\n',
    ],
    [
      'of containers',
      'spec:\n  containers:\n  - image: a # a\n    name: a\n  - name: b\n    image: "b"\n',
      [change('spec.containers.0.image', 'x'), change('spec.containers.1.image', 'y')],
      'spec:\n  containers:\n  - image: x # a\n    name: a\n  - name: b\n    image: "y"\n',
    ],
    [
      'an item of a list',
      'args: [a, b]\nmore:\n- a # a\n-  b\n',
      [change('args.1', 'x'), change('more.0', 'z')],
      'args: [a, x]\nmore:\n- z # a\n-  b\n',
    ],
    ['the same change twice', 'image: a\n', [image(), image()], 'image: new\n'],
  ])('%s', (_title, before, changes, after) => {
    expect(textOf(replaceTexts(before, changes))).toBe(after);
  });
});

describe('where others use it', () => {
  test.each<[string, string, Readonly<Record<string, string>>, string]>([
    [
      'all alike: once',
      'a: &i old\nb: *i\nc: *i\n',
      { a: 'new', b: 'new', c: 'new' },
      'a: &i new\nb: *i\nc: *i\n',
    ],
    [
      'one differently',
      'a: &i old\nb: *i # b\nc: *i\n',
      { a: 'x', b: 'z', c: 'x' },
      'a: &i x\nb: z # b\nc: *i\n',
    ],
    ['one not at all', 'a: &i old\nb: *i\nc: *i\n', { a: 'new', b: 'new' }, 'a: &i new\nb: *i\nc: old\n'],
    ['only the alias', 'a: &i old\nb: *i # b\nc: *i\n', { b: 'new' }, 'a: &i old\nb: new # b\nc: *i\n'],
    [
      'a use between braces',
      'a: &i old\nb: {c: *i , d: [*i]}\n',
      { 'b.c': 'x,y', 'b.d.0': 'z' },
      'a: &i old\nb: {c: "x,y" , d: [z]}\n',
    ],
    [
      'an anchor that is given again',
      'a: &i x\nb: *i\nc: &i y\nd: *i\n',
      { a: '1a', b: '1a', d: '2d' },
      'a: &i 1a\nb: *i\nc: &i y\nd: 2d\n',
    ],
    [
      'an anchor in quotes, in a folded text',
      'a: &i "x"\nb: *i\nc: &j >-\n  y\nd: *j\n',
      { a: 'v', b: 'v', c: 'w', d: 'w' },
      'a: &i "v"\nb: *i\nc: &j w\nd: *j\n',
    ],
    [
      'the same name in another document',
      'a: &i x\nb: *i\n---\na: &i x\nb: *i\n',
      { a: 'new', b: 'new' },
      'a: &i new\nb: *i\n---\na: &i x\nb: *i\n',
    ],
    [
      'merged, all alike',
      'a: &c {image: old}\nb:\n  <<: *c\n  name: b\nc: {<<: *c}\n',
      { 'a.image': 'new', 'b.image': 'new', 'c.image': 'new' },
      'a: &c {image: new}\nb:\n  <<: *c\n  name: b\nc: {<<: *c}\n',
    ],
    [
      'merged, one differently',
      'a: &c {image: old}\nb:\n  <<: *c\n  name: b # b\nc: {<<: *c}\n',
      { 'a.image': 'new', 'b.image': 'x', 'c.image': 'new' },
      'a: &c {image: new}\nb:\n  <<: *c\n  name: b # b\n  image: x\nc: {<<: *c}\n',
    ],
    [
      'merged, one not at all',
      'a: &c {image: old}\nb: {<<: *c, name: b}\nc: {<<: *c}\n',
      { 'a.image': 'new', 'c.image': 'new' },
      'a: &c {image: new}\nb: {<<: *c, name: b, image: "old"}\nc: {<<: *c}\n',
    ],
    [
      'merged, with an image of its own',
      'a: &c {image: old}\nb:\n  <<: *c\n  image: own\n',
      { 'a.image': 'new', 'b.image': 'mine' },
      'a: &c {image: new}\nb:\n  <<: *c\n  image: mine\n',
    ],
    [
      'merged from several: the first one wins',
      'a: &a {image: x}\nb: &b {image: y, k: 1}\nc:\n  <<: [*a, *b]\n',
      { 'a.image': 'new', 'c.image': 'new' },
      'a: &a {image: new}\nb: &b {image: y, k: 1}\nc:\n  <<: [*a, *b]\n',
    ],
    [
      'merged through another',
      'a: &a {image: x}\nb: &b\n  <<: *a\nc:\n  <<: *b\n',
      { 'a.image': 'new', 'b.image': 'new', 'c.image': 'other' },
      'a: &a {image: new}\nb: &b\n  <<: *a\nc:\n  <<: *b\n  image: other\n',
    ],
    [
      'merged from what stands there itself',
      'b:\n  <<: {image: x}\n  name: b\n',
      { 'b.image': 'new' },
      'b:\n  <<: {image: x}\n  name: b\n  image: new\n',
    ],
    [
      'a whole mapping by alias, all alike',
      'a: &c\n  image: old\nb: *c\n',
      { 'a.image': 'new', 'b.image': 'new' },
      'a: &c\n  image: new\nb: *c\n',
    ],
    [
      'a whole mapping by alias, one not at all',
      'a: &c\n  image: old\nb: *c\n',
      { 'a.image': 'new' },
      'a: &c\n  image: new\nb:\n  image: old\n',
    ],
    [
      'an alias within what an alias stands for',
      'i: &i old\na: &c\n  image: *i\nb: *c\n',
      { 'a.image': 'new', 'b.image': 'new' },
      'i: &i old\na: &c\n  image: new\nb: *c\n',
    ],
  ])('%s', (_title, before, changes, after) => {
    const all = Object.entries(changes).map(([path, value]) => change(path, value));
    expect(textOf(replaceTexts(before, all))).toBe(after);
    expect(textOf(replaceTexts(after, all))).toBe(after);
  });
});

describe('what cannot be replaced is refused with its place', () => {
  test.each<[string, string, readonly TextChange[], RegExp]>([
    ['a text that does not parse', 'image: [\n', [image()], /^document 1, line 2, column 1: Flow sequence/],
    [
      'no such document',
      'image: a\n',
      [image('new', 1)],
      /^document 2, .*: image is no text that can be replaced$/,
    ],
    [
      'no such field',
      'a: 1\n---\n\nkind: A\n',
      [image('new', 1)],
      /^document 2, line 4, column 1: image is no text/,
    ],
    ['a number', 'image: 1\n', [image()], /^document 1, line 1, column 8: image is no text/],
    ['a mapping', 'a: 1\nimage: {b: c}\n', [image()], /^document 1, line 2, column 8: image is no text/],
    [
      'a field that all objects have',
      'a: 1\n',
      [change('constructor.name', 'x')],
      /constructor\.name is no text/,
    ],
    [
      'two texts for one place',
      'image: a\n',
      [image('x'), image('y')],
      /image is to become two different texts$/,
    ],
    ['JSON with a key twice', '{"image": "a", "image": "b"}', [image()], /keys must be unique/],
    [
      'an alias in a list of keys',
      'a: &i old\nb: {*i : 1}\n',
      [change('a', 'new')],
      /^document 1, line 1, column 7: a cannot be replaced in place; edit it by hand$/,
    ],
  ])('%s', (_title, before, changes, message) => {
    expect(replaceTexts(before, changes)).toEqual({ ok: false, message: expect.stringMatching(message) });
  });
});
