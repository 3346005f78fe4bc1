import { describe, expect, test } from '@jest/globals';
import type { ObjectPlace } from '../../src/manifest/documents.ts';
import type { Edit } from '../../src/manifest/edit.ts';
import { appendDocument, removeDocument, removeObject } from '../../src/manifest/edit-documents.ts';

/** The text, or why there is none. */
const textOf = (edit: Edit) => (edit.ok ? edit.text : edit.message);

describe('a document is added at the end', () => {
  test.each<[string, string, string]>([
    ['to nothing', '', 'a: 1\n'],
    ['to comments', '# head\n', '# head\na: 1\n'],
    ['to comments without a line end', '# head', '# head\na: 1\n'],
    ['to a document', 'b: 2\n', 'b: 2\n---\na: 1\n'],
    ['behind comments', 'b: 2\n# tail\n', 'b: 2\n# tail\n---\na: 1\n'],
    ['without a last line end', 'b: 2', 'b: 2\n---\na: 1\n'],
    ['behind an end marker', 'b: 2\n...\n', 'b: 2\n...\n---\na: 1\n'],
    ['behind an empty document', 'b: 2\n---\n', 'b: 2\n---\n---\na: 1\n'],
    ['behind a text whose empty lines count', 'b: |+\n  c\n\n', 'b: |+\n  c\n\n---\na: 1\n'],
    ['with Windows line ends', 'b: 2\r\n', 'b: 2\r\n---\r\na: 1\r\n'],
    ['to a byte order mark', '\ufeff', '\ufeffa: 1\n'],
    ['to JSON', '{"b": 2}\n', 'a JSON text holds one document only'],
    [
      'to what does not parse',
      'b: [',
      'document 1, line 1, column 5: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
  ])('%s', (_title, before, after) => {
    expect(textOf(appendDocument(before, { a: 1 }))).toBe(after);
  });
});

describe('a document is taken out', () => {
  test.each<[string, string, number, string]>([
    ['the only one', '# a\na: 1\n', 0, ''],
    ['the first one', 'a: 1\n# of a\n---\nb: 2 # b\n', 0, '---\nb: 2 # b\n'],
    ['one between', 'a: 1\n# of a\n--- # b\nb: 2\n# of b\n---\nc: 3', 1, 'a: 1\n# of a\n---\nc: 3'],
    ['the last one', 'a: 1\n# of a\n---\nb: 2\n', 1, 'a: 1\n# of a\n'],
    ['with its end marker', 'a: 1\n---\nb: 2\n...\n---\nc: 3\n', 1, 'a: 1\n---\nc: 3\n'],
    ['with its directive', 'a: 1\n...\n%YAML 1.2\n---\nb: 2\n', 1, 'a: 1\n...\n'],
    ['an empty one', 'a: 1\n---\n---\nb: 2\n', 1, 'a: 1\n---\nb: 2\n'],
    ['behind an empty one', '---\n---\nb: 2\n', 1, '---'],
    ['after a byte order mark', '\ufeffa: 1\n---\nb: 2\n', 0, '\ufeff---\nb: 2\n'],
    ['with Windows line ends', 'a: 1\r\n---\r\nb: 2\r\n---\r\nc: 3\r\n', 1, 'a: 1\r\n---\r\nc: 3\r\n'],
    ['JSON', '{"a": 1}\n', 0, ''],
    ['JSON among YAML', '---\n{"a": 1}\n---\n{"b": 2}\n', 0, '---\n{"b": 2}\n'],
    ['one that is not there', 'a: 1\n', 1, 'there is no such document'],
  ])('%s', (_title, before, document, after) => {
    expect(textOf(removeDocument(before, document))).toBe(after);
  });
});

describe('an object is taken out of its List', () => {
  const at = (...items: readonly number[]): ObjectPlace => ({ document: 0, items });
  test.each<[string, string, ObjectPlace, string]>([
    [
      'one between',
      'kind: List\nitems:\n- a: 1\n# of b\n- b: 2 # b\n- c: 3\n',
      at(1),
      'kind: List\nitems:\n- a: 1\n# of b\n- c: 3\n',
    ],
    [
      'the last one',
      'kind: List\nitems:\n  - a: 1\n  - b: |\n      c\nx: y\n',
      at(1),
      'kind: List\nitems:\n  - a: 1\nx: y\n',
    ],
    ['the only one', 'kind: List\nitems:\n- a: 1\nx: y\n', at(0), 'kind: List\nitems: []\nx: y\n'],
    [
      'of an inner List',
      'kind: List\nitems:\n- kind: List\n  items: [{a: 1}, {b: 2}]\n',
      at(0, 0),
      'kind: List\nitems:\n- kind: List\n  items: [{b: 2}]\n',
    ],
    [
      'JSON: the first one',
      '{"kind":"List","items":[{"a":1}, {"b":2}]}',
      at(0),
      '{"kind":"List","items":[{"b":2}]}',
    ],
    [
      'JSON: the last one',
      '{"kind":"List","items":[\n  {"a":1},\n  {"b":2}\n]}',
      at(1),
      '{"kind":"List","items":[\n  {"a":1}\n]}',
    ],
    ['JSON: the only one', '{"kind":"List","items":[ {"a":1} ]}', at(0), '{"kind":"List","items":[]}'],
    ['without a List around it', 'a: 1\n---\nb: 2\n', { document: 1 }, 'a: 1\n'],
    [
      'its anchor is used in the List: that is written out',
      'kind: List\nitems:\n- &a\n  a: 1\n- b: *a\n',
      at(0),
      'kind: List\nitems:\n- b:\n    a: 1\n',
    ],
    [
      'its anchor is used elsewhere',
      'kind: List\nitems:\n- &a\n  a: 1\n- b: 2\nx: *a\n',
      at(0),
      'items holds the anchor &a, which is used outside of it',
    ],
  ])('%s', (_title, before, place, after) => {
    expect(textOf(removeObject(before, place))).toBe(after);
  });
});
