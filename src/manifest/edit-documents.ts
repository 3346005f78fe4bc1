import { changeWithin } from './change-object.ts';
import { checked, edit, refused, type Edit } from './checked-edit.ts';
import { listItems, type ObjectPlace } from './documents.ts';
import { lineStart, nextLine, splice } from './source-span.ts';
import { placeText, readValues } from './values.ts';
import { blockText } from './writing.ts';

/** Adds a document at the end. A JSON text has room for one only. */
export function appendDocument(text: string, value: object): Edit {
  const plain = JSON.parse(JSON.stringify(value)) as object;
  const before = readValues(text);
  if (!before.ok) return refused(`${placeText(before.place)}: ${before.message}`);
  if (isJson(text)) return refused('a JSON text holds one document only');
  const values = before.values.map((placed) => placed.value);
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const gap = /(?:^\ufeff?|\n)$/.test(text) ? '' : eol;
  const hasNone = values.every((present) => present === null || present === undefined);
  const isFirst = hasNone && !/^(?:---|\.\.\.|%)/m.test(text);
  const written = text + gap + (isFirst ? '' : `---${eol}`) + blockText(plain).replaceAll('\n', eol);
  return checked(written, isFirst ? [plain] : [...values, plain]);
}

/** Takes a whole document out, with the comments in it and behind it. */
export function removeDocument(text: string, document: number): Edit {
  return edit(text, document, {
    expected: (values) => values.filter((_value, index) => index !== document),
    edited: (documents) => {
      const bom = text.startsWith('\ufeff') ? 1 : 0;
      const start = documents[document - 1]?.range?.[2] ?? bom;
      const isLast = document === documents.length - 1;
      const end = isLast ? text.length : (documents[document]?.range?.[2] ?? start);
      return { text: splice(text, start, lineStart(text, end) === end ? end : nextLine(text, end), '') };
    },
  });
}

/** Takes an object out: its document, or its item where it stands in a List. */
export function removeObject(text: string, { document, items = [] }: ObjectPlace): Edit {
  const last = items.at(-1);
  if (last === undefined) return removeDocument(text, document);
  const without = (list: object) => ({
    ...list,
    items: (listItems(list) ?? []).filter((_item, index) => index !== last),
  });
  return changeWithin(text, { document, items: items.slice(0, -1) }, without, Infinity);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
