import { isScalar, type YAMLMap } from 'yaml';
import type { Edited } from './checked-edit.ts';
import {
  columnOf,
  isBlank,
  itemEnd,
  itemStart,
  lineEnd,
  lineEndOf,
  lineStart,
  nextLine,
  splice,
  tokenEnd,
  type SourceItem,
} from './source-span.ts';
import { blockText, type BlockStyle } from './writing.ts';

/** Sets a field of a block mapping; `undefined` takes it away. */
export function editBlock(
  text: string,
  map: YAMLMap,
  field: string,
  value: object | undefined,
  style: BlockStyle,
): Edited {
  const pairs = map.items.map(({ key, srcToken }) => ({ key, item: srcToken }));
  const first = pairs[0]?.item && itemStart(pairs[0].item);
  if (first === undefined) return { message: `there is no place for ${field}` };
  const column = columnOf(text, first);
  const found = pairs.find(({ key }) => isScalar(key) && key.value === field)?.item;
  const body = (inner: object): string => {
    const lines = blockText(inner, style).trimEnd().split('\n');
    return lines.map((line) => ' '.repeat(column) + line).join(lineEndOf(text));
  };
  if (found === undefined) {
    return value === undefined ? { text } : append(text, map, body({ [field]: value }));
  }
  return value === undefined
    ? cut(text, found, field, pairs.length)
    : replace(text, found, field, value, body);
}

function append(text: string, map: YAMLMap, block: string): Edited {
  const end = map.srcToken && tokenEnd(map.srcToken);
  if (end === undefined) return { message: 'the end of the object was not found' };
  // The text of a `|` ends behind its line end.
  if (end === lineStart(text, end)) return { text: splice(text, end, end, block + lineEndOf(text)) };
  const at = lineEnd(text, end);
  return { text: splice(text, at, at, lineEndOf(text) + block) };
}

function replace(
  text: string,
  item: SourceItem,
  field: string,
  value: object,
  body: (inner: object) => string,
): Edited {
  const colon = item.sep?.find(({ type }) => type === 'map-value-ind');
  if (item.start.some((token) => !isBlank(token) && token.type !== 'seq-item-ind') || !item.key || !colon) {
    return { message: `${field} is not written as "${field}:"` };
  }
  const end = itemEnd(item) ?? colon.offset + 1;
  const keyEnd = colon.offset + 1;
  const isOneLine = lineStart(text, end) === lineStart(text, keyEnd);
  // A comment beside the key tells of the field, not of its old value.
  const comment = isOneLine
    ? text.slice(end, lineEnd(text, end))
    : (/[ \t]+#.*$/.exec(commentBeside(text, item, keyEnd))?.[0] ?? '');
  const written = body({ [field]: value })
    .trimStart()
    .slice(`${field}:`.length);
  const isEmpty = Object.keys(value).length === 0;
  const insert = isEmpty ? written + comment : comment + written;
  return { text: splice(text, keyEnd, isOneLine ? lineEnd(text, end) : lastLineEnd(text, end), insert) };
}

/** The comment on the key's line, when its value begins below it. */
function commentBeside(text: string, item: SourceItem, keyEnd: number): string {
  const valueStart = item.value?.offset ?? keyEnd;
  return valueStart > lineEnd(text, keyEnd) ? text.slice(keyEnd, lineEnd(text, keyEnd)) : '';
}

/** The end of the last line of contents that end at `end`; the text of a `|` ends behind its line end. */
function lastLineEnd(text: string, end: number): number {
  if (end !== lineStart(text, end)) return lineEnd(text, end);
  return text[end - 2] === '\r' ? end - 2 : end - 1;
}

function cut(text: string, item: SourceItem, field: string, pairs: number): Edited {
  const start = itemStart(item);
  const end = itemEnd(item);
  if (start === undefined || end === undefined) return { message: `${field} was not found` };
  const line = lineStart(text, start);
  if (pairs === 1 || text.slice(line, start).trim() !== '') {
    return { message: `${field} is the first field of a list item or the only one` };
  }
  const next = end === lineStart(text, end) ? end : nextLine(text, end);
  return { text: splice(text, line, next, '') };
}
