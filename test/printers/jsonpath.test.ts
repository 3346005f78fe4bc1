import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import { parseJsonPath } from '../../src/printers/jsonpath.ts';

const object = {
  kind: 'ImageStream',
  metadata: {
    name: 'web',
    labels: { b: '2', a: '1' },
    annotations: { 'pinstream.dev/x': 'yes', 'openshift.io/image.dockerRepositoryCheck': 'then' },
  },
  nothing: null,
  yes: true,
  half: 1.5,
  count: 20,
  large: 1e21,
  text: 'a b',
  html: { x: '<a&b>' },
  empty: {},
  none: [],
  tags: [
    { tag: '20.0', n: 1, sub: [1, 2] },
    { tag: '19.0', n: 2 },
    { tag: 'x', n: 3 },
  ],
  mixed: [{ tag: 'a' }, { tag: null }, {}],
  nums: [1, 2, 3, 4, 5],
  nested: [[1, 2], [3]],
};

/** What a template comes to, or the end of the message that says why not. */
function printed(template: string, value: unknown = object): string {
  const parsed = parseJsonPath(template);
  const result = parsed.ok ? parsed.evaluate(value) : parsed;
  return 'text' in result ? result.text : `! ${result.message}`;
}

describe('what kubectl prints for the same template', () => {
  // Each row was printed by kubectl's printer; only the order of an object's members is ours.
  it.each([
    // text and paths
    ['.metadata.name', '.metadata.name'],
    ['a\\nb', 'a\\nb'],
    ['{.metadata.name}', 'web'],
    ['{$.metadata.name}', 'web'],
    ['{@.metadata.name}', 'web'],
    ['{ .metadata.name }', 'web'],
    ["{['metadata']['name']}", 'web'],
    ['{.metadata.name}-{.count}', 'web-20'],
    ['x{.missing}y', 'xy'],
    ['{.missing.deep}', ''],
    ['{.text.x}', ''],
    ['{.nothing.x}', ''],
    ['{.nothing[0]}', ''],
    ['{.}', ''],
    ['{.count}}', '20}'],
    // values
    ['{.nothing}', 'null'],
    ['{.yes} {.half} {.count} {.large}', 'true 1.5 20 1e+21'],
    ['{.text}', 'a b'],
    ['{.empty}{.none}', '{}[]'],
    ['{.metadata.labels}', '{"a":"1","b":"2"}'],
    ['{.html}', '{"x":"\\u003ca\\u0026b\\u003e"}'],
    ['{.html.x}', '<a&b>'],
    ['{$.empty}{@.empty}', '{}{}'],
    // keys with dots
    ['{.metadata.annotations.pinstream\\.dev/x}', 'yes'],
    ["{.metadata.annotations['pinstream\\.dev/x']}", 'yes'],
    ['{.metadata.annotations.openshift\\.io/image\\.dockerRepositoryCheck}', 'then'],
    // lists
    ['{.tags[*].tag}', '20.0 19.0 x'],
    ['{.tags[0].tag}', '20.0'],
    ['{.tags[-1].n}', '3'],
    ['{.tags[0,1].tag}', '20.0 19.0'],
    ['{.tags[0, 1].n}', '1 2'],
    ['{.tags[0:2].n}', '1 2'],
    ['{.nums[1:]}', '2 3 4 5'],
    ['{.nums[:2]}', '1 2'],
    ['{.nums[-2:]}', '4 5'],
    ['{.nums[::2]}', '1 3 5'],
    ['{.nums[1:4:2]}', '2 4'],
    ['{.nums[]}', '1'],
    ['{.nums[0:0]}', ''],
    ['{.none[*]}', ''],
    ['{.nested[*][0]}', '1 3'],
    ['{.tags[0].sub[-1]}', '2'],
    ['{.tags.n}', ''],
    ["{.metadata['name','labels']}", 'web {"a":"1","b":"2"}'],
    ['{.mixed[*].tag}', 'a null'],
    // filters
    ['{.tags[?(@.tag=="20.0")].n}', '1'],
    ['{.tags[?(@.tag == "20.0")].n}', '1'],
    ["{.tags[?(@.tag=='20.0')].n}", '1'],
    ["{.tags[?(@['tag']=='20.0')].n}", '1'],
    ['{.tags[?(.tag=="20.0")].n}', '1'],
    ['{.tags[?(@.tag!="20.0")].n}', '2 3'],
    ['{.tags[?(@.n==1)].tag}', '20.0'],
    ['{.tags[?(@.n>1)].n}', '2 3'],
    ['{.tags[?(@.n>=2)].n}', '2 3'],
    ['{.tags[?(@.n<2)].n}', '1'],
    ['{.tags[?(@.n<=2)].n}', '1 2'],
    ['{.tags[?(@.tag<"20")].tag}', '19.0'],
    ['{.tags[?(@.sub)].n}', '1'],
    ['{.tags[?(@.sub[0]==1)].tag}', '20.0'],
    ['{.tags[?(@.missing==1)].tag}', ''],
    ['{.nums[?(@>2)]}', '3 4 5'],
    ['{.tags[?(1==1)].n}', '1 2 3'],
    // everywhere
    ['{..tag}', 'a null 20.0 19.0 x'],
    ['{.tags..n}', '1 2 3'],
    ['{..sub[0]}', '1'],
    ['{.metadata.labels..}', '{"a":"1","b":"2"} 1 2'],
    ['{.metadata.labels.*}', '1 2'],
    // ranges
    ['{range .tags[*]}{.tag}{"\\n"}{end}', '20.0\n19.0\nx\n'],
    ['{range .tags[*]}{.n}:{range .sub[*]}{@},{end};{end}done', '1:1,2,;2:;3:;done'],
    ['{range .tags[*]}a{end}{range .nums[*]}b{end}', 'aaabbbbb'],
    ['{range .tags[?(@.n>1)]}{.n},{end}', '2,3,'],
    ['{ range .tags[*] }{.n}{ end }', '123'],
    ['{range .missing[*]}x{end}y', 'y'],
    ['{range .tags[*]}{.n}{"\\n"}', '1\n2\n3\n\n'],
    // literals
    ['{"a\\tb"}', 'a\tb'],
    ["{'x'}", 'x'],
    ['{"é\\u00e9\\"q"}', 'éé"q'],
    ['{"\\x41\\101"}', 'AA'],
    ["{'a' 'b'}", 'b'],
    ['{1}{-1}{+1.5}{true}', '1-11.5true'],
  ])('%s', (template, text) => {
    expect(printed(template)).toBe(text);
  });

  it.each([
    ['{.a', 'error parsing jsonpath {.a, unclosed action'],
    ['{.a\n}', 'unclosed action'],
    ['{.tags[0}', 'unterminated array'],
    ['{"x}', 'unterminated quoted string'],
    ['{"\\q"}', 'unquote string "\\q" error invalid syntax'],
    ['{.tags[?(@.n==1]}', 'unterminated filter'],
    ['{.tags[?(@.n==1)}', 'unclosed array expect ]'],
    ['{.tags[?(@.n<>2)]}', 'unrecognized filter operator <>'],
    ['{.tags[name]}', 'invalid array index name'],
    ['{.tags["name"]}', 'invalid array index "name"'],
    ['{.nums[-]}', 'array index - is not a number'],
    ['{....n}', 'invalid multiple recursive descent'],
    ['{#}', "unrecognized character in action: U+0023 '#'"],
    ['{.a,.b}', "unrecognized character in action: U+002C ','"],
    ['{1.2.3}', 'cannot parse number 1.2.3'],
    ['{metadata.name}', 'unrecognized identifier metadata'],
    ['{end}', 'not in range, nothing to end'],
    ['{range .tags[*]}{end}{end}', 'not in range, nothing to end'],
    ['', 'template format specified but no template given'],
    ['{.tags[5]}', 'Error executing template: array index out of bounds: index 5, length 3'],
    ['{.tags[-5]}', 'array index out of bounds: index -2, length 3'],
    ['{.nums[3:9]}', 'array index out of bounds: index 8, length 5'],
    ['{.nums[2:1]}', 'starting index 2 is greater than ending index 1'],
    ['{.nums[0:3:0]}', 'step must be > 0'],
    ['{.text[0]}', 'string is not array or slice'],
    ['{.yes[?(@.x==1)]}', 'true is not array or slice and cannot be filtered'],
    ['{.tags[?(@.n=="1")].tag}', 'incompatible types for comparison'],
    ['{.mixed[?(@.tag=="a")].tag}', 'invalid type for comparison'],
    ['{.nested[?(@[*]==1)]}', 'can only compare one element at a time'],
    ['{range .tags[*]}{.sub[7]}{end}', 'array index out of bounds: index 7, length 2'],
  ])('%s fails', (template, message) => {
    expect(printed(template)).toMatch(/^! /);
    expect(printed(template).endsWith(message)).toBe(true);
  });
});

describe('where it departs from kubectl', () => {
  it.each([
    ['a quoted key is one key', "{.metadata.annotations['pinstream.dev/x']}", 'yes'],
    ['numbers compare, whole or not', '{.tags[?(@.n<2.5)].n}', '1 2'],
  ])('%s', (_, template, text) => {
    expect(printed(template)).toBe(text);
  });
});

test('a key that every object has anyway is missing', () => {
  expect(printed('{.constructor}{.__proto__}{.toString.name}')).toBe('');
});

test('no template breaks it, whatever it is filled with', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '(',
    ')',
    '?',
    '@',
    '.',
    '..',
    '*',
    ':',
    ',',
    '"',
    "'",
    '\\',
    '==',
  );
  const word = fc.constantFrom('range ', 'end', 'tags', 'n', '0', '-1', ' ', '\n', 'é');
  const template = fc.array(fc.oneof(piece, word), { maxLength: 20 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(template, fc.jsonValue(), (text, value) => {
      expect(typeof printed(text, value)).toBe('string');
      expect(typeof printed(text)).toBe('string');
    }),
    { numRuns: 1000 },
  );
});
