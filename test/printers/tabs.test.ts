import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import { alignTabs, describeStyle, escapeTerminal, kubectlStyle, setStyle } from '../../src/printers/tabs.ts';

describe('columns as Go aligns them', () => {
  // Each row was printed by Go's text/tabwriter.
  it.each([
    [
      'real tabs, to stops of 8; the widest label decides',
      describeStyle,
      [
        ['Name:', 'web'],
        ['Image Repository:', 'r/demo/web'],
        ['', 'more'],
      ],
      'Name:\t\t\tweb\nImage Repository:\tr/demo/web\n\t\t\tmore\n',
    ],
    ['a label of 7 has room before the stop', describeStyle, [['Layers:', 'a']], 'Layers:\ta\n'],
    ['a label of 8 has not', describeStyle, [['Created::', 'a']], 'Created::\ta\n'],
    [
      'a line without the column ends it',
      describeStyle,
      [['Image Repository:', 'x'], ['2.1'], ['      2 hours ago', 'sha256:a'], ['a', 'b']],
      'Image Repository:\tx\n2.1\n      2 hours ago\tsha256:a\na\t\t\tb\n',
    ],
    [
      'tables: three spaces, nothing behind the last cell, an empty one before it is filled up',
      kubectlStyle,
      [
        ['NAME', 'TAGS', 'UPDATED'],
        ['web', '', ''],
        ['a-longer-one', '2.1,stable', '2 hours ago'],
      ],
      'NAME           TAGS         UPDATED\nweb                         \na-longer-one   2.1,stable   2 hours ago\n',
    ],
    ['tables: no column is narrower than 6', kubectlStyle, [['a', 'b', 'c']], 'a     b     c\n'],
    [
      'set: two spaces',
      setStyle,
      [
        ['NAME', 'LOCAL'],
        ['web', 'true'],
      ],
      'NAME  LOCAL\nweb   true\n',
    ],
    [
      'set triggers: an empty value',
      setStyle,
      [
        ['NAME', 'TYPE', 'VALUE', 'AUTO'],
        ['deployments/web', 'config', '', 'true'],
        ['deployments/web', 'image', 'base/web:v1 (web)', 'true'],
      ],
      'NAME             TYPE    VALUE              AUTO\n' +
        'deployments/web  config                     true\n' +
        'deployments/web  image   base/web:v1 (web)  true\n',
    ],
    [
      'characters count, not bytes',
      setStyle,
      [
        ['é', 'x'],
        ['aa', 'y'],
      ],
      'é   x\naa  y\n',
    ],
    ['no lines', setStyle, [], ''],
  ])('%s', (_, style, lines, text) => {
    expect(alignTabs(lines, style)).toBe(text);
  });

  const cell = fc.string({ unit: fc.constantFrom('a', 'é', '-'), maxLength: 12 });
  const table = fc
    .integer({ min: 1, max: 5 })
    .chain((columns) =>
      fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 6 }),
    );
  const style = fc.constantFrom(kubectlStyle, setStyle);

  test('every cell of a column begins at the same place, at least the padding behind the one before it', () => {
    fc.assert(
      fc.property(table, style, (rows, chosen) => {
        const lines = alignTabs(rows, chosen).split('\n').slice(0, -1);
        const starts = rows[0]?.map((_, column) => {
          const before = rows.map((cells) =>
            Math.max(...cells.slice(column, column + 1).map((c) => c.length)),
          );
          return Math.max(chosen.minWidth, Math.max(...before) + chosen.padding);
        });
        rows.forEach((cells, row) => {
          let at = 0;
          cells.forEach((text, column) => {
            expect(lines[row]?.slice(at, at + text.length)).toBe(text);
            at += starts?.[column] ?? 0;
          });
        });
      }),
    );
  });

  test('nothing stands behind the last cell, and padding is all that is added', () => {
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { maxLength: 6 }), (rows) => {
        const lines = alignTabs(rows, describeStyle).split('\n').slice(0, -1);
        expect(lines.map((line) => line.replaceAll('\t', ''))).toEqual(rows.map((cells) => cells.join('')));
        rows.forEach((cells, row) => {
          expect(lines[row]?.endsWith(`${cells.length > 1 ? '\t' : ''}${cells.at(-1) ?? ''}`)).toBe(true);
        });
      }),
    );
  });

  test('what could command a terminal is shown instead', () => {
    expect(escapeTerminal('\u001b[31mred\r')).toBe('^[[31mred\\r');
  });
});
