import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { readDocuments } from '../../src/manifest/documents.ts';
import { replaceField } from '../../src/manifest/edit.ts';
import { appendDocument, removeDocument } from '../../src/manifest/edit-documents.ts';

/** Texts that YAML could take for something else, and any other. */
const text = fc.oneof(
  fc.constantFrom(
    'yes',
    '1',
    '0x1',
    '1e3',
    '~',
    '',
    '# no',
    'a: b',
    '- a',
    '2026-01-02',
    '|',
    '&a',
    '*a',
    '12:30',
  ),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
);
/** The yaml package writes some empty keys so that they read as something else; such an edit is refused. */
const key = text.filter((name) => name !== '');
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
}));
const object = fc.dictionary(key, value, { maxKeys: 4, noNullPrototype: true });
const comment = fc.constantFrom('', '# a comment\n', '\n', '  # deeper\n', '# status: {a: 1}\n\n');
/** A field's lines, with what a person may have written between and beside them. */
const field = fc
  .record({
    value: fc.oneof(object, value),
    indent: fc.constantFrom(2, 4),
    indentSeq: fc.boolean(),
    flow: fc.boolean(),
    above: comment,
  })
  .map(({ value: inner, indent, indentSeq, flow, above }) => (key: string) => {
    const isCollection = typeof inner === 'object' && inner !== null;
    if (flow && isCollection) return `${above}${key}: ${stringify(inner, { collectionStyle: 'flow' })}`;
    return above + stringify({ [key]: inner }, { indent, indentSeq });
  });
const document = fc
  .record({
    before: fc.array(field, { maxLength: 2 }),
    status: fc.option(field),
    after: fc.array(field, { maxLength: 2 }),
  })
  .map(({ before, status, after }) => ({
    before: before.map((write, index) => write(`before${index}`)).join(''),
    status: status?.('status') ?? '',
    after: `kind: A # of it\n${after.map((write, index) => write(`after${index}`)).join('')}`,
  }));
const header = (index: number) => (index === 0 ? '' : `--- # document ${index}\n`);

test('a field that is set reads back, and all other bytes stay', () => {
  fc.assert(
    fc.property(
      fc.array(document, { minLength: 1, maxLength: 3 }),
      fc.nat(2),
      object,
      fc.boolean(),
      (documents, pick, status, windows) => {
        const end = (written: string) => (windows ? written.replaceAll('\n', '\r\n') : written);
        const at = pick % documents.length;
        const written = documents.map(
          ({ before, status: old, after }, index) => header(index) + before + old + after,
        );
        const before = end(written.join(''));
        const objects = readDocuments(before);
        const edit = replaceField(before, { document: at }, 'status', status);
        if (!objects.ok || !edit.ok) throw new Error(JSON.stringify({ before, edit }));
        const expected = objects.objects.map((old, index) =>
          index === at ? { ...old, status: plain(status) } : old,
        );
        expect(readDocuments(edit.text)).toEqual({ ok: true, objects: expected });
        const target = documents[at];
        if (target === undefined) throw new Error('no document');
        const head = end(written.slice(0, at).join('') + header(at) + target.before);
        const tail = end(written.slice(at + 1).join(''));
        expect(edit.text.startsWith(head)).toBe(true);
        expect(edit.text.endsWith(tail)).toBe(true);
        // Without the field's old lines the rest of its document is found again, in its order.
        const middle = edit.text.slice(head.length, edit.text.length - tail.length);
        const kept = end(target.after).trimEnd();
        expect(target.status === '' ? middle.startsWith(kept) : middle.trimEnd().endsWith(kept)).toBe(true);
        if (windows) expect(edit.text.replaceAll('\r\n', '')).not.toContain('\n');
        // Setting it to what it is changes nothing.
        expect(replaceField(edit.text, { document: at }, 'status', status)).toEqual(edit);
      },
    ),
    { numRuns: 300 },
  );
});

test('JSON stays JSON, with all else as it was', () => {
  fc.assert(
    fc.property(
      object,
      fc.option(object),
      object,
      fc.constantFrom(undefined, 1, 2, 4, '\t'),
      (other, old, status, indent) => {
        const before = { kind: 'A', other, ...(old === null ? {} : { status: old }) };
        const edit = replaceField(JSON.stringify(before, null, indent), { document: 0 }, 'status', status);
        if (!edit.ok) throw new Error(edit.message);
        expect(edit.text).toBe(JSON.stringify({ ...before, status }, null, indent));
      },
    ),
  );
});

test('a document that is added and taken out again leaves the text as it was', () => {
  fc.assert(
    fc.property(fc.array(document, { minLength: 1, maxLength: 3 }), object, (documents, added) => {
      const before = documents
        .map(({ before, status, after }, index) => header(index) + before + status + after)
        .join('');
      const edit = appendDocument(before, added);
      if (!edit.ok) throw new Error(edit.message);
      const objects = readDocuments(edit.text);
      expect(objects.ok && objects.objects.at(-1)).toEqual(plain(added));
      expect(removeDocument(edit.text, documents.length)).toEqual({ ok: true, text: before });
    }),
  );
});

/** What JSON keeps of it. */
function plain(given: object): object {
  return JSON.parse(JSON.stringify(given)) as object;
}
