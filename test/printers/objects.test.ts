import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'yaml';
import { listOf, printJson, printName, printYaml } from '../../src/printers/objects.ts';

const object = {
  kind: 'ImageStream',
  apiVersion: 'image.openshift.io/v1',
  spec: {
    tags: [{ name: '20.0', from: { name: 'a<b' } }, { name: 'x' }],
    empty: {},
    none: [],
    gone: undefined,
  },
  metadata: { name: 'web', managedFields: [{ manager: 'x' }] },
};

describe('-o json', () => {
  test('four spaces, sorted keys, escapes as Go has them, no managed fields', () => {
    expect(printJson(object)).toBe(`{
    "apiVersion": "image.openshift.io/v1",
    "kind": "ImageStream",
    "metadata": {
        "name": "web"
    },
    "spec": {
        "empty": {},
        "none": [],
        "tags": [
            {
                "from": {
                    "name": "a\\u003cb"
                },
                "name": "20.0"
            },
            {
                "name": "x"
            }
        ]
    }
}
`);
  });

  test('several objects are a List', () => {
    expect(JSON.parse(printJson(listOf([object])))).toEqual({
      apiVersion: 'v1',
      items: [expect.objectContaining({ metadata: { name: 'web' } })],
      kind: 'List',
      metadata: { resourceVersion: '' },
    });
  });
});

describe('-o yaml', () => {
  test('sorted keys, lists below their key, no document mark', () => {
    expect(printYaml(object)).toBe(`apiVersion: image.openshift.io/v1
kind: ImageStream
metadata:
  name: web
spec:
  empty: {}
  none: []
  tags:
  - from:
      name: a<b
    name: "20.0"
  - name: x
`);
  });

  // Each row was printed by kubectl's printer.
  it.each([
    ['true', '"true"'],
    ['no', '"no"'],
    ['y', '"y"'],
    ['', '""'],
    ['null', '"null"'],
    ['~', '"~"'],
    ['1.0', '"1.0"'],
    ['012', '"012"'],
    ['0x10', '"0x10"'],
    ['1e3', '"1e3"'],
    ['.5', '".5"'],
    ['1_000', '"1_000"'],
    ['1:30', '"1:30"'],
    ['.inf', '".inf"'],
    ['2024-01-01', '"2024-01-01"'],
    ['2024-01-01T00:00:00Z', '"2024-01-01T00:00:00Z"'],
    ['*x', "'*x'"],
    ['x: y', "'x: y'"],
    ['key:', "'key:'"],
    [' lead', "' lead'"],
    ['# c', "'# c'"],
    ['%a', "'%a'"],
    ["it's", "it's"],
    ['"q"', `'"q"'`],
    ['sha256:abc', 'sha256:abc'],
    ['https://x.test/z?a=b&c', 'https://x.test/z?a=b&c'],
    ['\u001b[1m', String.raw`"\e[1m"`],
    ['+', '+'],
    ['😀', String.raw`"\U0001F600"`],
    ['one\ntwo', '|-\n  one\n  two'],
    ['one\ntwo\n', '|\n  one\n  two'],
    ['x\n\n', '|+\n  x\n'],
  ])('the text %j: %s', (text, written) => {
    expect(printYaml({ k: text })).toBe(`k: ${written}\n`);
  });

  test('every value and key reads as itself, to readers of both versions of YAML', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...Array.from('0.e-+:_x ny\n\'"#')) }),
    );
    fc.assert(
      fc.property(text, (value) => {
        const written = printYaml({ list: [value], map: { [value]: 1 } });
        for (const version of ['1.1', '1.2'] as const) {
          expect(parse(written, { version })).toEqual({ list: [value], map: { [value]: 1 } });
        }
      }),
      { numRuns: 1000, examples: [[' \n'], ['\n'], ['  a\nb'], ['\u2028'], [''], ['__proto__']] },
    );
  });
});

test('-o name', () => {
  expect(printName(object)).toBe('imagestream.image.openshift.io/web\n');
});
