import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { readPlacedDocuments } from '../../src/manifest/documents.ts';
import { replaceTexts, type TextChange } from '../../src/manifest/replace-texts.ts';

/**
 * Manifests as people and programs write them. What is to change stands at the registry cut.example, what only looks so at
 * keep.example: so that it can be cut out of both texts without knowing any YAML.
 */
const folder = new URL('corpus/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

const styles: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  'Windows line ends': (text) => text.replaceAll('\n', '\r\n'),
  'a byte order mark, and no last line end': (text) => `\ufeff${text.replace(/\n$/, '')}`,
  'all of it indented': (text) => text.replaceAll(/^(?!---|\.\.\.|%|$)/gm, '   '),
  'between single quotes': (text) => text.replaceAll(/(?<=image: +)cut\.[^\s,}\]]+/g, "'$&'"),
  'between double quotes': (text) => text.replaceAll(/(?<=image: +)cut\.[^\s,}\]]+/g, '"$&"'),
};
const rows = files.flatMap((file) => Object.keys(styles).map((style) => [file, style] as const));

/** Where texts of cut.example stand, and what they become. */
function changesOf(text: string): readonly TextChange[] {
  const read = readPlacedDocuments(text);
  if (!read.ok) throw new Error(read.message);
  const changes: TextChange[] = [];
  for (const { object, at } of read.objects) {
    const look = (value: unknown, path: readonly (string | number)[]): void => {
      if (typeof value === 'string' && value.startsWith('cut.example')) {
        changes.push({ at, path, value: pinned(value.trim()) });
      } else if (Array.isArray(value)) {
        value.forEach((inner, index) => look(inner, [...path, index]));
      } else if (typeof value === 'object' && value !== null) {
        for (const [key, inner] of Object.entries(value)) look(inner, [...path, key]);
      }
    };
    look(object, []);
  }
  return changes;
}

function pinned(image: string): string {
  return `${image.replace('cut.example', 'new.example')}@sha256:${'0123456789abcdef'.repeat(4)}`;
}

/** What is left of a text without its images; of one that was folded, without that. */
function cut(text: string, registry: string): string {
  const image = new RegExp(String.raw`(?:[>|]-?\r?\n +)?\b${registry}[:/][^\s"',}\]]+`, 'g');
  return text.replaceAll(image, '§');
}

describe('nothing but the images changes', () => {
  test.each(rows)('%s, %s', (file, style) => {
    const before = styles[style]?.(readFileSync(new URL(file, folder), 'utf8')) ?? '';
    const changes = changesOf(before);
    const edit = replaceTexts(before, changes);
    if (!edit.ok) throw new Error(edit.message);
    expect(cut(edit.text, 'new.example')).toBe(cut(before, 'cut.example'));
    expect(edit.text.replaceAll('cut.example is the registry', '')).not.toContain('cut.example');
    expect(before.includes('cut.example')).toBe(changes.length > 0);
    // The same once more changes nothing.
    expect(replaceTexts(edit.text, changes)).toEqual(edit);
  });

  test('there are enough of them', () => {
    expect(files.length).toBeGreaterThanOrEqual(40);
    expect(rows.length).toBeGreaterThanOrEqual(200);
  });
});
