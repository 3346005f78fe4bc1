import { describe, expect, test } from '@jest/globals';
import { placeText, readDocuments } from '../../src/manifest/documents.ts';

const deep = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

describe('objects of a text', () => {
  test.each<[string, string, readonly object[]]>([
    ['nothing', '', []],
    ['nothing but space', ' \n\n', []],
    ['nothing but comments', '# a\n# b\n', []],
    ['empty documents', '---\n---\n# only a comment\n---\n', []],
    ['one YAML document', 'kind: Pod\n', [{ kind: 'Pod' }]],
    [
      'several, empty ones in between',
      'a: 1\n---\n---\nb: 2\n...\n---\nc: 3\n',
      [{ a: 1 }, { b: 2 }, { c: 3 }],
    ],
    ['with a byte order mark', '\ufeffa: 1\n', [{ a: 1 }]],
    ['with Windows line ends', 'a: 1\r\n---\r\nb: 2\r\n', [{ a: 1 }, { b: 2 }]],
    ['JSON', '{"a": 1}', [{ a: 1 }]],
    ['JSON indented with tabs', '{\n\t"a": 1\n}', [{ a: 1 }]],
    ['a List', '{"kind": "List", "items": [{"a": 1}, {"b": 2}]}', [{ a: 1 }, { b: 2 }]],
    ['a typed list', 'kind: ImageStreamList\nitems: [{a: 1}]\n', [{ a: 1 }]],
    [
      'a List in a List',
      'kind: List\nitems: [{kind: List, items: [{a: 1}]}, {b: 2}]\n',
      [{ a: 1 }, { b: 2 }],
    ],
    ['an empty List', 'kind: List\nitems: []\n', []],
    ['a list of nothing but null', 'kind: List\nitems: [null]\n', []],
    ['what only looks like a list', 'kind: List\nitems: {}\n', [{ kind: 'List', items: {} }]],
    ['anchors', 'a: &x {b: 1}\nc: *x\n', [{ a: { b: 1 }, c: { b: 1 } }]],
    [
      'merge keys, as kubectl reads them',
      'a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n',
      [{ a: { b: 1 }, c: { b: 1, d: 2 } }],
    ],
    ['a key that would change a prototype', '{"__proto__": 1}', [JSON.parse('{"__proto__": 1}') as object]],
  ])('%s', (_title, text, objects) => {
    expect(readDocuments(text)).toEqual({ ok: true, objects });
  });
});

describe('a text that is none names the place', () => {
  test.each<[string, string, string, RegExp]>([
    ['YAML that does not parse', 'a: 1\nb: [1\n', 'document 1, line 3, column 1', /Flow sequence/],
    [
      'in a later document',
      'a: 1\n---\nb: 2\n---\n  c: 1\n d: 2\n',
      'document 3, line 6, column 2',
      /Unexpected scalar/,
    ],
    ['a tab', 'a:\n\tb: 1\n', 'document 1, line 2, column 1', /Tabs are not allowed/],
    ['a key twice', 'a: 1\na: 2\n', 'document 1, line 2, column 1', /keys must be unique/],
    ['JSON that does not parse', '{"a": 1,\n "b": {"c"', 'document 1, line 2, column 11', /./],
    ['a text', 'hello\n', 'document 1, line 1, column 1', /^not a Kubernetes object$/],
    [
      'a number in a later document',
      'a: 1\n---\n42\n',
      'document 2, line 3, column 1',
      /^not a Kubernetes object$/,
    ],
    ['a list of objects', '- a: 1\n', 'document 1, line 1, column 1', /^not a Kubernetes object$/],
    ['a JSON list', '[{"a": 1}]', 'document 1, line 1, column 1', /^not a Kubernetes object$/],
    [
      'a List with a text in it',
      'kind: List\nitems: [{a: 1}, b]\n',
      'document 1, line 1, column 1',
      /^item 2 of the list: not a Kubernetes object$/,
    ],
    ['an unknown alias', 'a: *b\n', 'document 1, line 1, column 1', /Unresolved alias/],
    ['JSON nested too deep', deep(501), 'document 1, line 1, column 1', /^nested deeper than 500 levels$/],
    ['JSON nested deeper than any stack', deep(100_000), 'document 1, line 1, column 1', /^nested deeper/],
    [
      'Lists in Lists in Lists',
      `${'{"kind":"List","items":['.repeat(20_000)}${']}'.repeat(20_000)}`,
      'document 1, line 1, column 1',
      /^nested deeper/,
    ],
    ['a value within itself', 'a: &x {b: [*x, *x]}\n', 'document 1, line 1, column 1', /^nested deeper/],
  ])('%s', (_title, text, place, message) => {
    const documents = readDocuments(text);
    expect(documents.ok ? undefined : placeText(documents.place)).toBe(place);
    expect(documents.ok ? undefined : documents.message).toMatch(message);
  });

  test('YAML nested deeper than any stack', () => {
    expect(readDocuments('['.repeat(100_000))).toMatchObject({ ok: false, place: { document: 1, line: 1 } });
  });

  test('a few lines of aliases that would be gigabytes', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 10; level++)
      lines.push(`a${level}: &a${level} [${`*a${level - 1}, `.repeat(9)}x]`);
    expect(readDocuments(lines.join('\n'))).toMatchObject({
      ok: false,
      message: expect.stringMatching(/alias/i),
    });
  });

  test('a list of more objects than a call takes arguments', () => {
    const documents = readDocuments(`{"kind":"List","items":[${'{},'.repeat(300_000)}{}]}`);
    expect(documents.ok && documents.objects.length).toBe(300_001);
  });

  test('too many documents', () => {
    expect(readDocuments('a: 1\n---\n'.repeat(10_001))).toMatchObject({
      ok: false,
      message: 'more than 10000 documents',
    });
  });
});
