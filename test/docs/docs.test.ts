import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { reasons } from '../../src/resolver/reason.ts';
import { version } from '../../src/version.ts';
import { deviations } from '../support/admission-vectors.ts';
import { layers } from '../../layers.js';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test('docs/reasons.md lists exactly the reasons there are, in their order', () => {
  const listed = [...read('docs/reasons.md').matchAll(/^\| `(\w+)` \|/gm)].map(([, reason]) => reason);
  expect(listed).toEqual([...reasons]);
});

test.each(Object.keys(deviations))('docs/compatibility.md has a row for the departure %s', (id) => {
  expect(read('docs/compatibility.md')).toMatch(new RegExp(`^\\|.*\\b${id}\\b`, 'm'));
});

test('the program says the version that the package has', () => {
  expect(version).toBe((JSON.parse(read('package.json')) as { version: string }).version);
});

describe('layers.js', () => {
  const rooms = readdirSync(new URL('../../src', import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !['server', 'client'].includes(entry.name))
    .map(({ name }) => name);

  test('has a row for every room but the wiring', () => {
    expect(Object.keys(layers).sort()).toEqual(rooms.sort());
  });

  test('lets no two rooms import each other, however far around', () => {
    const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
      (layers[from]?.folders ?? []).some(
        (next) => next === to || (!seen.has(next) && reaches(next, to, seen.add(next))),
      );
    expect(rooms.filter((room) => reaches(room, room))).toEqual([]);
  });
});

const markdown = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  ...readdirSync(new URL('../../docs', import.meta.url)).map((name) => `docs/${name}`),
];

test.each(markdown)('every relative link of %s leads somewhere', (file) => {
  const base = new URL(`../../${file}`, import.meta.url);
  const targets = [...read(file).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, target]) => target ?? '');
  const lost = targets.filter((target) => {
    try {
      readFileSync(new URL(target, base));
      return false;
    } catch (error) {
      return (error as { code?: string }).code !== 'EISDIR';
    }
  });
  expect(lost).toEqual([]);
});
