import { describe, expect, test } from '@jest/globals';
import type { ObjectPlace } from '../../src/manifest/documents.ts';
import { replaceField } from '../../src/manifest/edit.ts';

const status = { tags: [{ tag: 'v1', items: [{ created: '2026-01-02T03:04:05Z', generation: 2 }] }] };
const first: ObjectPlace = { document: 0 };
const lines = (...all: readonly string[]) => `${all.join('\n')}\n`;

const block = [
  'status:',
  '  tags:',
  '    - tag: v1',
  '      items:',
  '        - created: "2026-01-02T03:04:05Z"',
  '          generation: 2',
];
/** As kubectl writes lists: not indented below their key. */
const flat = [
  'status:',
  '  tags:',
  '  - tag: v1',
  '    items:',
  '    - created: "2026-01-02T03:04:05Z"',
  '      generation: 2',
];
const indented = (by: number, all: readonly string[]) => all.map((line) => ' '.repeat(by) + line);
const json = '{"tags":[{"tag":"v1","items":[{"created":"2026-01-02T03:04:05Z","generation":2}]}]}';
const flow = '{tags: [{tag: "v1", items: [{created: "2026-01-02T03:04:05Z", generation: 2}]}]}';

describe('a field is set, and every byte outside it is kept', () => {
  test.each<[string, string, string, ObjectPlace?]>([
    [
      'the last field of the last object',
      lines('# head', 'kind: "A" # k', 'status:', '  tags: []', '  # inside', '  more: 1', '', '# tail'),
      lines('# head', 'kind: "A" # k', ...block, '', '# tail'),
    ],
    [
      'a field between others',
      lines('kind: A', 'status: {tags: []}', '', '# of the spec', "spec: {a: 'b'}"),
      lines('kind: A', ...block, '', '# of the spec', "spec: {a: 'b'}"),
    ],
    ['the first field', lines('status: 1', 'kind: A'), lines(...block, 'kind: A')],
    ['a quoted key', lines('"status": ~'), lines('"status":', ...block.slice(1))],
    ['a field without a value', lines('status:', 'kind: A'), lines(...block, 'kind: A')],
    ['a field without a value at the end of the text', 'kind: A\nstatus:', `kind: A\n${block.join('\n')}`],
    ['a list not indented', lines('status:', '- a', '- b', 'kind: A'), lines(...flat, 'kind: A')],
    [
      'a text of many lines',
      lines('status: |+', '  a', '', '  b', '', 'kind: A'),
      lines(...block, 'kind: A'),
    ],
    ['a folded text at the end', lines('kind: A', 'status: >', '  a', '  b'), lines('kind: A', ...block)],
    ['a plain text of two lines', lines('status: a', '  b', 'kind: A'), lines(...block, 'kind: A')],
    [
      'the comment beside the key stays, the one beside the old value goes',
      lines('status: # ours', '  a: 1 # old', 'kind: A'),
      lines('status: # ours', ...block.slice(1), 'kind: A'),
    ],
    [
      'the comment beside a value of one line stays',
      lines('status: {}  # none yet', 'kind: A'),
      lines('status:  # none yet', ...block.slice(1), 'kind: A'),
    ],
    [
      'comments behind it stay, wherever they stand',
      lines('status:', '  a: 1', '    # deep', '  # below', '', '# next', 'kind: A'),
      lines(...block, '    # deep', '  # below', '', '# next', 'kind: A'),
    ],
    [
      'its own anchor that nobody uses goes',
      lines('status: &s', '  a: 1', 'kind: A'),
      lines(...block, 'kind: A'),
    ],
    [
      'an alias in it goes, its anchor outside stays',
      lines('spec: &s {a: 1}', 'status: *s'),
      lines('spec: &s {a: 1}', ...block),
    ],
    [
      'merge keys outside stay',
      lines('a: &a {b: 1}', 'c:', '  <<: *a', 'status: 1'),
      lines('a: &a {b: 1}', 'c:', '  <<: *a', ...block),
    ],
  ])('replaced: %s', (_title, before, after, at = first) => {
    expect(replaceField(before, at, 'status', status)).toEqual({ ok: true, text: after });
  });

  test.each<[string, string, string, ObjectPlace?]>([
    ['at the end', lines('kind: A'), lines('kind: A', ...block)],
    ['without a last line end', 'kind: A', `kind: A\n${block.join('\n')}`],
    [
      'before comments at the end',
      lines('kind: A # k', '', '# tail'),
      lines('kind: A # k', ...block, '', '# tail'),
    ],
    [
      'before the markers of documents',
      lines('---', 'kind: A', '...', '# between', '---', 'kind: B', '---', 'kind: C'),
      lines('---', 'kind: A', '...', '# between', '---', 'kind: B', ...block, '---', 'kind: C'),
      { document: 1 },
    ],
    [
      'empty documents count',
      lines('---', '---', '# nothing', '---', 'kind: A'),
      lines('---', '---', '# nothing', '---', 'kind: A', ...block),
      { document: 2 },
    ],
    ['before the end marker', lines('kind: A', '...'), lines('kind: A', ...block, '...')],
    [
      'behind a text of many lines',
      lines('a: |', '  b', '', '# tail'),
      lines('a: |', '  b', ...block, '', '# tail'),
    ],
    [
      'behind a text whose empty lines count',
      lines('a: |+', '  b', '', ''),
      lines('a: |+', '  b', '', '', ...block),
    ],
    ['behind an empty value', lines('kind: A', 'spec:'), lines('kind: A', 'spec:', ...block)],
    ['lists as the object has them', lines('a:', '- b'), lines('a:', '- b', ...flat)],
    [
      'as far in as the object goes',
      lines('a:', '    b:', '        - c'),
      lines(
        'a:',
        '    b:',
        '        - c',
        'status:',
        '    tags:',
        '        - tag: v1',
        '          items:',
        '              - created: "2026-01-02T03:04:05Z"',
        '                generation: 2',
      ),
    ],
    ['a byte order mark', '\ufeffkind: A\n', `\ufeff${lines('kind: A', ...block)}`],
    ['a byte order mark before JSON', '\ufeff{"a": {}}', `\ufeff{"a": {}, "status": ${json}}`],
    [
      'Windows line ends',
      'kind: A # k\r\n# tail\r\n---\r\n',
      `kind: A # k\r\n${block.join('\r\n')}\r\n# tail\r\n---\r\n`,
    ],
  ])('added: %s', (_title, before, after, at = first) => {
    expect(replaceField(before, at, 'status', status)).toEqual({ ok: true, text: after });
  });

  test('replaced with Windows line ends', () => {
    const before = 'status: # ours\r\n  a: |\r\n    b\r\n\r\nkind: A\r\n';
    const after = ['status: # ours', ...block.slice(1), '', 'kind: A', ''].join('\r\n');
    expect(replaceField(before, first, 'status', status)).toEqual({ ok: true, text: after });
  });
});

describe('the object in a List', () => {
  const list = ['kind: List', 'items:'];
  test.each<[string, string, string, ObjectPlace]>([
    [
      'replaced',
      lines(...list, '- kind: A', '  status: 1', '# of B', '- kind: B'),
      lines(...list, '- kind: A', ...indented(2, flat), '# of B', '- kind: B'),
      { document: 0, items: [0] },
    ],
    [
      'added',
      lines(...list, '  - kind: A', '  # of B', '  -   kind: B # b', '# tail'),
      lines(...list, '  - kind: A', '  # of B', '  -   kind: B # b', ...indented(6, block), '# tail'),
      { document: 0, items: [1] },
    ],
    [
      'the first field of an item',
      lines(...list, '- status: 1', '  kind: A'),
      lines(...list, '- status:', ...indented(2, flat.slice(1)), '  kind: A'),
      { document: 0, items: [0] },
    ],
    [
      'between braces',
      lines('kind: List', 'items: [{kind: A}, {kind: B, status: {}}, null]'),
      lines('kind: List', `items: [{kind: A}, {kind: B, status: ${flow}}, null]`),
      { document: 0, items: [1] },
    ],
    [
      'that is an alias: written out',
      lines('a: &x {b: 1}', ...list, '- *x # x'),
      lines('a: &x {b: 1}', ...list, '- # x', '  b: 1', ...indented(2, flat)),
      { document: 0, items: [0] },
    ],
    [
      'that stands again as an alias: that one stays as it was',
      lines(...list, '- &x', '  kind: A', '- *x'),
      lines(...list, '- &x', '  kind: A', ...indented(2, flat), '- kind: A'),
      { document: 0, items: [0] },
    ],
    [
      'a List in a List',
      lines(...list, '- kind: List', '  items:', '  - kind: A', '  - kind: B'),
      lines(...list, '- kind: List', '  items:', '  - kind: A', ...indented(4, flat), '  - kind: B'),
      { document: 0, items: [0, 0] },
    ],
    [
      'in a later document',
      lines('kind: A', '---', ...list, '- kind: B'),
      lines('kind: A', '---', ...list, '- kind: B', ...indented(2, flat)),
      { document: 1, items: [0] },
    ],
  ])('%s', (_title, before, after, at) => {
    expect(replaceField(before, at, 'status', status)).toEqual({ ok: true, text: after });
  });
});

describe('between braces', () => {
  const pretty = (indent: string) => JSON.stringify({ kind: 'A', status }, null, indent);
  test.each<[string, string, string]>([
    ['JSON on one line', '{"kind":"A","status":{},"b":1}\n', `{"kind":"A","status":${json},"b":1}\n`],
    ['JSON on one line, with space', '{ "kind": "A" }', `{ "kind": "A", "status": ${json} }`],
    ['JSON on one line, without', '{"kind":"A"}', `{"kind":"A","status":${json}}`],
    ['empty JSON', '{}\n', `{"status": ${json}}\n`],
    ['JSON by two spaces', '{\n  "kind": "A"\n}\n', `${pretty('  ')}\n`],
    ['JSON by four spaces', '{\n    "kind": "A",\n    "status": null\n}', pretty('    ')],
    ['JSON by tabs', '{\n\t"kind": "A"\n}', pretty('\t')],
    [
      'JSON with Windows line ends',
      '{\r\n  "kind": "A"\r\n}\r\n',
      `${pretty('  ').replaceAll('\n', '\r\n')}\r\n`,
    ],
    [
      'a JSON document among YAML',
      '# a\n---\n{"kind": "A"}\n',
      `# a\n---\n{"kind": "A", "status": ${json}}\n`,
    ],
    ['YAML on one line', '{kind: A} # k\n', `{kind: A, status: ${flow}} # k\n`],
    ['YAML with a comma at the end', '{kind: A,}\n', `{kind: A, status: ${flow}}\n`],
    [
      'YAML on many lines',
      '{\n  kind: A, # k\n  status: 1, # s\n  b: 2 # b\n}\n',
      `{\n  kind: A, # k\n  status: ${flow}, # s\n  b: 2 # b\n}\n`,
    ],
    ['added to YAML on many lines', '{\n  kind: A # k\n}\n', `{\n  kind: A,\n  status: ${flow} # k\n}\n`],
    ['a key without a value', '{status: , kind: A}\n', `{status: ${flow}, kind: A}\n`],
  ])('%s', (_title, before, after) => {
    expect(replaceField(before, first, 'status', status)).toEqual({ ok: true, text: after });
  });

  test('JSON in a List, as kubectl writes it', () => {
    const list = (...items: readonly object[]) => `${JSON.stringify({ kind: 'List', items }, null, 4)}\n`;
    expect(
      replaceField(list({ kind: 'A' }, { kind: 'B' }), { document: 0, items: [1] }, 'status', status),
    ).toEqual({ ok: true, text: list({ kind: 'A' }, { kind: 'B', status }) });
  });
});

describe('a field is taken away', () => {
  test.each<[string, string, string, ObjectPlace?]>([
    ['the last one', lines('kind: A', 'status:', '  a: 1 # b', '# tail'), lines('kind: A', '# tail')],
    ['one between', lines('kind: A', 'status: |', '  a', 'spec: 1'), lines('kind: A', 'spec: 1')],
    ['the first one', lines('# head', 'status: 1', 'kind: A'), lines('# head', 'kind: A')],
    ['without a last line end', 'kind: A\nstatus: 1', 'kind: A\n'],
    [
      'the first one of an item',
      lines('- status: 1 # s', '  kind: A').replace(/^/, 'kind: List\nitems:\n'),
      lines('kind: List', 'items:', '- kind: A'),
      { document: 0, items: [0] },
    ],
    ['of JSON, the last one', '{"kind":"A","status":{"a":1}}', '{"kind":"A"}'],
    ['of JSON, the first one', '{"status": {}, "kind": "A"}', '{"kind": "A"}'],
    ['of JSON, the only one', '{"status": {}}', '{}'],
    ['that is not there', lines('kind: A # k'), lines('kind: A # k')],
  ])('%s', (_title, before, after, at = first) => {
    expect(replaceField(before, at, 'status', undefined)).toEqual({ ok: true, text: after });
  });
});

describe('a value reads back as it was given', () => {
  test.each<[string, object, string]>([
    ['an empty one', {}, 'status: {}'],
    ['a text that looks like a number', { a: '1', b: '0777', c: '1e3', d: '12:30' }, 'a: "1"'],
    ['a text that looks like a truth value', { a: 'yes', b: 'true', c: 'null', d: '~' }, 'a: "yes"'],
    ['a date', { created: '2026-01-02T03:04:05Z', day: '2026-01-02' }, 'day: "2026-01-02"'],
    ['a digest stays plain', { image: 'sha256:abc' }, 'image: sha256:abc'],
    ['a text of many lines stays on one', { message: 'a\n  b: c\n\n# d\n'.repeat(9) }, '  message: "a\\n'],
    ['a long text stays on one line', { message: 'word '.repeat(100) }, '  message: "word word'],
    ['a key that looks like a truth value', { y: 1, on: 2 }, '  "y": 1'],
    ['the order of keys', { b: 1, a: 2 }, '  b: 1\n  a: 2'],
    ['fields that are undefined are none', { a: 1, b: undefined }, 'status:\n  a: 1\n'],
    ['the same list twice is no alias', ((same) => ({ a: same, b: same }))([1]), '  b:\n'],
    ['characters beyond', { a: '\u0000\u007f\u0085\u2028\ufeff😀\ud800' }, 'status:'],
  ])('%s', (_title, value, written) => {
    const edit = replaceField('kind: A\n', first, 'status', value);
    expect(edit).toMatchObject({ ok: true, text: expect.stringContaining(written) });
    // And the same once more changes nothing.
    if (edit.ok) expect(replaceField(edit.text, first, 'status', value)).toEqual(edit);
  });
});

test('a field that already is so stays as it is written', () => {
  const text = 'status: { tags : [ ] } # mine\n';
  expect(replaceField(text, first, 'status', { tags: [] })).toEqual({ ok: true, text });
});

describe('what cannot be edited safely is left alone, and it is said why', () => {
  test.each<[string, string, RegExp, ObjectPlace?, (object | null)?]>([
    ['a text that does not parse', 'a: [\n', /^document 1, line 2, column 1: Flow sequence/],
    ['a document that is not there', 'a: 1\n', /^there is no such document$/, { document: 1 }],
    ['an empty text', '', /^there is no such document$/],
    ['an empty document', '---\n---\n', /^there is no object at this place$/],
    ['an item that is not there', 'kind: List\nitems: []\n', /no object/, { document: 0, items: [0] }],
    [
      'an anchor in it that is used elsewhere',
      'status: {a: &x {b: 1}}\nspec: *x\n',
      /^status holds the anchor &x, which is used outside of it$/,
    ],
    ['its own anchor, used elsewhere', 'status: &x {b: 1}\nspec: *x\n', /the anchor &x/],
    ['a key with `?`', '? status\n: 1\n', /^status is not written as a key and a colon$/],
    ['a key with a tag', '!!str status: 1\n', /^status is not written as a key and a colon$/],
    ['JSON with a key twice', '{"a": 1, "a": 2}', /keys must be unique/],
    ['nested too deep', `${'{"a":'.repeat(501)}1${'}'.repeat(501)}`, /nested deeper than 500/],
    ['taken away: the only field', 'status: 1\n', /^the object would be left empty$/, first, null],
    [
      'taken away, but merged in',
      'a: &a {status: 1}\n<<: *a\nstatus: 2\n',
      /^status comes from another place by <<$/,
      first,
      null,
    ],
  ])('%s', (_title, text, message, at = first, value: object | null = status) => {
    const edit = replaceField(text, at, 'status', value ?? undefined);
    expect(edit).toEqual({ ok: false, message: expect.stringMatching(message) });
  });
});
