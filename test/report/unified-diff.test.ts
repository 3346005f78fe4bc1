import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { unifiedDiff } from '../../src/report/unified-diff.ts';

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index + 1));
const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

describe('the difference of two texts', () => {
  test('equal texts have none', () => expect(unifiedDiff('a.yaml', 'x\n', 'x\n')).toEqual([]));

  test.each([
    ['deploy/a.yaml', 'deploy/a.yaml'],
    ['./deploy/a.yaml', 'deploy/a.yaml'],
    ['/srv/a.yaml', 'srv/a.yaml'],
  ])('%s is named a/%s', (name, shown) => {
    expect(unifiedDiff(name, 'x\n', 'y\n').slice(0, 2)).toEqual([`--- a/${shown}`, `+++ b/${shown}`]);
  });

  const ten = numbered(10);
  test.each<[string, string, string, string[]]>([
    [
      'three lines of context',
      textOf(ten),
      textOf(ten.with(4, 'five')),
      ['@@ -2,7 +2,7 @@', ' 2', ' 3', ' 4', '-5', '+five', ' 6', ' 7', ' 8'],
    ],
    [
      'changes that are near are one hunk',
      textOf(ten),
      textOf(ten.with(1, 'two').with(8, 'nine')),
      ['@@ -1,10 +1,10 @@', ' 1', '-2', '+two', ' 3', ' 4', ' 5', ' 6', ' 7', ' 8', '-9', '+nine', ' 10'],
    ],
    [
      'changes that are far apart are two',
      textOf(ten),
      textOf(ten.with(0, 'one').with(9, 'ten')),
      ['@@ -1,4 +1,4 @@', '-1', '+one', ' 2', ' 3', ' 4', '@@ -7,4 +7,4 @@', ' 7', ' 8', ' 9', '-10', '+ten'],
    ],
    ['a line more', 'a\nb\n', 'a\nx\nb\n', ['@@ -1,2 +1,3 @@', ' a', '+x', ' b']],
    ['lines less', 'a\nb\nc\n', 'a\n', ['@@ -1,3 +1 @@', ' a', '-b', '-c']],
    ['all of it', '', 'a\n', ['@@ -0,0 +1 @@', '+a']],
    [
      'a last line without its end',
      'a\nb',
      'a\nc',
      ['@@ -1,2 +1,2 @@', ' a', '-b', '\\ No newline at end of file', '+c', '\\ No newline at end of file'],
    ],
    ['line ends of Windows', 'a\r\nb\r\n', 'a\r\nc\r\n', ['@@ -1,2 +1,2 @@', ' a\r', '-b\r', '+c\r']],
  ])('%s', (_what, before, after, hunks) => {
    expect(unifiedDiff('f', before, after).slice(2)).toEqual(hunks);
  });

  test('applied to the one text it gives the other', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 40 })
      .map((lines) => lines.join('\n'));
    fc.assert(
      fc.property(text, text, (before, after) => {
        expect(applied(before, unifiedDiff('f', before, after))).toBe(after);
      }),
      { numRuns: 500 },
    );
  });
});

/** What `patch` does, and it insists on every line that it is told. */
function applied(before: string, diff: readonly string[]): string {
  const lines = before.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const result: string[] = [];
  let at = 0;
  for (const [index, line] of diff.entries()) {
    const range = /^@@ -(\d+)(?:,(\d+))? /.exec(line);
    if (range !== null) {
      const start = Number(range[1]) - (range[2] === '0' ? 0 : 1);
      result.push(...lines.slice(at, start));
      at = start;
      continue;
    }
    if (index < 2 || line.startsWith('\\')) continue;
    const text = `${line.slice(1)}${diff[index + 1]?.startsWith('\\') === true ? '' : '\n'}`;
    if (line.startsWith('+')) result.push(text);
    else {
      if (lines[at] !== text) throw new Error(`line ${at + 1} is not ${JSON.stringify(text)}`);
      if (line.startsWith(' ')) result.push(text);
      at += 1;
    }
  }
  return [...result, ...lines.slice(at)].join('');
}
