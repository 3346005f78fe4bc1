import { isScalar, type CST, type YAMLMap } from 'yaml';
import type { Edited } from './checked-edit.ts';
import {
  isBlank,
  itemEnd,
  itemStart,
  lineEndOf,
  lineStart,
  splice,
  tokenEnd,
  type SourceItem,
} from './source-span.ts';
import { flowText } from './writing.ts';

/** Sets a field of a mapping between braces, JSON or not; `undefined` takes it away. */
export function editFlow(text: string, map: YAMLMap, field: string, value: object | undefined): Edited {
  const source = map.srcToken;
  if (source?.type !== 'flow-collection') return { message: 'the object is not written between braces' };
  const index = map.items.findIndex(({ key }) => isScalar(key) && key.value === field);
  const found = map.items[index]?.srcToken;
  if (found === undefined) return value === undefined ? { text } : append(text, source, field, value);
  if (value === undefined) return cutFlowItem(text, source, source.items.indexOf(found));
  const colon = found.sep?.findIndex(({ type }) => type === 'map-value-ind') ?? -1;
  const colonToken = found.sep?.[colon];
  if (colonToken === undefined) return { message: `${field} has no value` };
  const props = found.sep?.slice(colon + 1).find((token) => !isBlank(token));
  const colonEnd = colonToken.offset + 1;
  const start = props?.offset ?? found.value?.offset;
  const written = valueText(text, source, found, value);
  if (start === undefined) return { text: splice(text, colonEnd, colonEnd, ` ${written}`) };
  return { text: splice(text, start, itemEnd(found) ?? start, written) };
}

/** Takes one entry out of a list or a mapping between brackets, with one of the commas beside it. */
export function cutFlowItem(text: string, source: CST.FlowCollection, index: number): Edited {
  const item = source.items[index];
  const start = item && itemStart(item);
  const end = item && itemEnd(item);
  if (start === undefined || end === undefined) return { message: 'the entry was not found' };
  const before = source.items[index - 1];
  const after = source.items[index + 1];
  const beforeEnd = before && itemEnd(before);
  if (beforeEnd !== undefined) return { text: splice(text, beforeEnd, end, '') };
  const afterStart = after && itemStart(after);
  if (afterStart !== undefined) return { text: splice(text, start, afterStart, '') };
  const open = source.start.offset + source.start.source.length;
  const close = source.end.find(({ type }) => type === 'flow-map-end' || type === 'flow-seq-end');
  return { text: splice(text, open, close?.offset ?? end, '') };
}

function append(text: string, source: CST.FlowCollection, field: string, value: object): Edited {
  const isJson = isJsonText(text, source);
  const last = source.items.findLast((item) => itemEnd(item) !== undefined);
  const isTight = isJson && last?.sep?.length === 1;
  const key = isJson || !/^[A-Za-z]+$/.test(field) ? JSON.stringify(field) : field;
  const pair = `${key}:${isTight ? '' : ' '}${valueText(text, source, last, value)}`;
  if (last === undefined) {
    const open = source.start.offset + source.start.source.length;
    return { text: splice(text, open, open, pair) };
  }
  const end = itemEnd(last) ?? source.offset;
  const indent = indentOf(text, last);
  const gap = indent === undefined ? (isTight ? '' : ' ') : lineEndOf(text) + indent;
  const comma = source.items.at(-1)?.start.find(({ type }) => type === 'comma');
  // A comma behind the last entry stays where it is; the new entry has none behind it.
  if (source.items.at(-1) !== last && comma !== undefined) {
    return { text: splice(text, comma.offset + 1, comma.offset + 1, gap + pair) };
  }
  return { text: splice(text, end, end, `,${gap}${pair}`) };
}

/** JSON stays JSON, on lines of its own where its neighbours are; other YAML is written on one line. */
function valueText(
  text: string,
  source: CST.FlowCollection,
  beside: SourceItem | undefined,
  value: object,
): string {
  if (!isJsonText(text, source)) return flowText(value);
  const indent = beside && indentOf(text, beside);
  if (indent === undefined) return JSON.stringify(value);
  const outer = leadingSpace(text, source.offset);
  const step = indent.startsWith(outer) ? indent.slice(outer.length) : '';
  const lines = JSON.stringify(value, null, step === '' ? 2 : step).split('\n');
  return lines.join(lineEndOf(text) + indent);
}

/** What stands before an entry on its line, when nothing but space does. */
function indentOf(text: string, item: SourceItem): string | undefined {
  const start = itemStart(item);
  if (start === undefined) return undefined;
  const before = text.slice(lineStart(text, start), start);
  return before !== '' && before.trim() === '' ? before : undefined;
}

function leadingSpace(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(lineStart(text, offset), offset))?.[0] ?? '';
}

function isJsonText(text: string, source: CST.FlowCollection): boolean {
  try {
    JSON.parse(text.slice(source.offset, tokenEnd(source)));
    return true;
  } catch {
    return false;
  }
}
