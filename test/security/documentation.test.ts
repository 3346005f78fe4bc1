import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const root = new URL('../../', import.meta.url);
const text = readFileSync(new URL('docs/security.md', root), 'utf8');

/** The rows of what is tried: `| who and what | what stops it | \`file › title\`… |`. */
const section = text.slice(text.indexOf('## What each can try'), text.indexOf('## What remains'));
const rows = section
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (?:what|---|\*\*)/.test(line))
  .map((line) => line.split(' | '));

test('the threat model has rows', () => {
  expect(rows.length).toBeGreaterThan(35);
});

test.each(rows.map((cells) => [cells[0]?.slice(2) ?? '', cells.at(-1) ?? '']))(
  'a test shows it: %s',
  (_what, shownBy) => {
    const named = [...shownBy.matchAll(/`([^`]+) › ([^`]+)`/g)];
    expect(named).not.toEqual([]);
    for (const [, file = '', title = ''] of named) {
      expect([file, existsSync(new URL(`test/${file}`, root))]).toEqual([file, true]);
      expect(readFileSync(new URL(`test/${file}`, root), 'utf8')).toContain(title);
    }
  },
);
