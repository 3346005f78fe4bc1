import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { decide } from '../../src/admission/decide.ts';
import type { AdmissionContext } from '../../src/admission/settings.ts';
import { parseConfiguration } from '../../src/config/parse.ts';
import { admissionSettings } from '../../src/config/settings.ts';
import { readAskedInput, resolvedText } from '../../src/report/resolved-input.ts';
import { ObjectIndex } from '../../src/store/object-index.ts';
import { digest } from '../support/objects.ts';

/**
 * The corpus of test/manifest, with short names where it has the registry cut.example: there is an open stream for each, with
 * its image at new.example. What is resolved can so be cut out of both texts without knowing any YAML.
 */
const folder = new URL('../manifest/corpus/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
const styles: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  'Windows line ends': (text) => text.replaceAll('\n', '\r\n'),
  'a byte order mark, and no last line end': (text) => `\ufeff${text.replace(/\n$/, '')}`,
};

/** Of kinds that no stream is asked for, or in a path of several parts, or in an object that is owned. */
const passedOver = new Set(files.filter((name) => !resolvesAll(name)));
const rows = files
  .filter((name) => !passedOver.has(name))
  .flatMap((name) => Object.keys(styles).map((style) => [name, style] as const));

describe('nothing but the images changes', () => {
  test.each(rows)('%s, %s', (name, style) => {
    const original = styles[style]?.(corpus(name)) ?? '';
    const { text } = resolved(shortNames(original));
    expect(cut(text, 'new.example')).toBe(cut(original, 'cut.example'));
    expect(resolved(text).text).toBe(text);
  });

  test('there are enough of them', () => expect(rows.length).toBeGreaterThanOrEqual(100));
});

function corpus(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8');
}

function shortNames(text: string): string {
  return text.replaceAll(/\bcut\.example\/(?=[^\s"',}\]]+)/g, '');
}

function resolvesAll(name: string): boolean {
  const text = corpus(name);
  const found = cut(text, 'cut.example').match(/§/g) ?? [];
  const after = cut(resolved(shortNames(text)).text, 'new.example').match(/§/g) ?? [];
  return found.length === after.length;
}

function resolved(text: string): { readonly text: string } {
  const reading = readAskedInput('file', text, 'shop');
  if (!reading.ok) return { text };
  const index = new ObjectIndex();
  const settings = admissionSettings(parseConfiguration('', '(built-in)'));
  const context: AdmissionContext = { settings, images: index, namespaces: index };
  const decided = () =>
    reading.input.objects.map((object) => ({
      ...object,
      decision: decide(object.asked.request, 'mutate', context),
    }));
  for (const { asked, decision } of decided()) {
    const names = decision.images.map(({ resolution }) => resolution.from.split(':')[0] ?? '');
    for (const name of names) index.put('ImageStream', streamOf(asked.namespace, name));
  }
  const edit = resolvedText(text, decided());
  if (!edit.ok) throw new Error(edit.message);
  return edit;
}

/** Every tag that the corpus knows names an image in it. */
function streamOf(namespace: string, name: string): object {
  const tags = ['latest', ...new Set(files.flatMap((file) => corpus(file).match(/(?<=:)[\w.-]+/g) ?? []))];
  const items = [{ image: digest('7'), dockerImageReference: `new.example/${name}@${digest('7')}` }];
  return {
    kind: 'ImageStream',
    metadata: { namespace, name },
    spec: { lookupPolicy: { local: true } },
    status: { tags: tags.map((tag) => ({ tag, items })) },
  };
}

/** What is left of a text without its images; of one that was folded, without that. */
function cut(text: string, registry: string): string {
  const image = new RegExp(String.raw`(?:[>|]-?\r?\n +)?\b${registry}[:/][^\s"',}\]]+`, 'g');
  return text.replaceAll(image, '§');
}
