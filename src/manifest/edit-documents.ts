import { isMap, isNode, isSeq, type YAMLSeq } from 'yaml';
import {
  changeAt,
  checked,
  edit,
  nodeAt,
  refused,
  sharedAnchor,
  wayTo,
  type Edit,
  type Edited,
} from './checked-edit.ts';
import type { ObjectPlace } from './documents.ts';
import { cutFlowItem } from './flow-edit.ts';
import { columnOf, itemEnd, itemStart, lineEndOf, lineStart, nextLine, splice } from './source-span.ts';
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
  const list = { document, items: items.slice(0, -1) };
  const without = (array: object) =>
    (Object.values(array) as unknown[]).filter((_item, index) => index !== last);
  return edit(text, document, {
    expected: (values) => changeAt(values, [...wayTo(list), 'items'], without),
    edited: (documents) => {
      const found = nodeAt(documents, list);
      if ('message' in found) return found;
      const sequence = isMap(found.node) ? found.node.get('items', true) : undefined;
      if (!isSeq(sequence)) return { message: 'the items are not written as a list' };
      const item = sequence.items[last];
      const anchor = isNode(item) ? sharedAnchor(found.document, item) : undefined;
      if (anchor !== undefined) return { message: `the anchor &${anchor} in it is used elsewhere` };
      return cutItem(text, sequence, last);
    },
  });
}

function cutItem(text: string, { srcToken: source }: YAMLSeq, index: number): Edited {
  if (source?.type === 'flow-collection') return cutFlowItem(text, source, index);
  if (source?.type !== 'block-seq') return { message: 'the items are not written as a list' };
  const written = source.items.filter((item) => itemStart(item) !== undefined);
  const item = written[index];
  const start = item && itemStart(item);
  const end = item && itemEnd(item);
  if (start === undefined || end === undefined) return { message: 'the item was not found' };
  const line = lineStart(text, start);
  if (text.slice(line, start).trim() !== '') return { message: 'the item shares its line' };
  const next = end === lineStart(text, end) ? end : nextLine(text, end);
  const empty = `${' '.repeat(columnOf(text, start) + 1)}[]${lineEndOf(text)}`;
  return { text: splice(text, line, next, written.length === 1 ? empty : '') };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
