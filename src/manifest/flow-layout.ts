import type { CST, YAMLMap, YAMLSeq } from 'yaml';
import { entriesOf, type Entry, type Insert, type Layout } from './layout.ts';
import { isBlank, lineEndOf, lineStart, tokenEnd } from './source-span.ts';
import type { Planned, Splice } from './splices.ts';
import { flowText } from './writing.ts';

/** A mapping or a list between brackets, JSON or not; undefined when it is written otherwise. */
export function flowLayout(text: string, node: YAMLMap | YAMLSeq, isJson: boolean): Layout | undefined {
  const entries = entriesOf(node);
  const source = node.srcToken;
  if (entries === undefined || source?.type !== 'flow-collection') return undefined;
  const flow: Flow = { text, entries, source, isJson };
  return {
    entries,
    write: (value, key) => {
      const written = valueText(flow, entries.at(-1), value);
      return key === undefined ? written : `${keyText(flow, key)}${written}`;
    },
    replaceValue: (index, value) => replaceValue(flow, index, value),
    rearrange: (cut, inserts) => rearrange(flow, cut, inserts),
    movable: (index) => entries[index],
  };
}

interface Flow {
  readonly text: string;
  readonly entries: readonly Entry[];
  readonly source: CST.FlowCollection;
  readonly isJson: boolean;
}

/** Whether what stands between brackets is JSON, and must stay so. */
export function isJsonText(text: string, source: CST.FlowCollection): boolean {
  try {
    JSON.parse(text.slice(source.offset, tokenEnd(source)));
    return true;
  } catch {
    return false;
  }
}

function replaceValue(flow: Flow, index: number, value: unknown): Planned {
  const { entries, source } = flow;
  const entry = entries[index];
  if (entry === undefined) return { message: 'it was not found' };
  const written = valueText(flow, entry, value);
  if (source.start.source === '[') return [{ start: entry.start, end: entry.end, insert: written }];
  const { sep = [], value: old } = entry.item;
  const colon = sep.findIndex(({ type }) => type === 'map-value-ind');
  const colonToken = sep[colon];
  if (colonToken === undefined) return { message: 'it has no value' };
  const props = sep.slice(colon + 1).find((token) => !isBlank(token));
  const start = props?.offset ?? old?.offset;
  const colonEnd = colonToken.offset + 1;
  if (start === undefined) return [{ start: colonEnd, end: colonEnd, insert: ` ${written}` }];
  return [{ start, end: entry.end, insert: written }];
}

function rearrange(flow: Flow, cut: ReadonlySet<number>, inserts: readonly Insert[]): Planned {
  const { entries, source } = flow;
  if (cut.size === entries.length) {
    const start = source.start.offset + source.start.source.length;
    const close = source.end.find(({ type }) => type === 'flow-map-end' || type === 'flow-seq-end');
    if (close === undefined) return { message: 'it does not end' };
    const written = inserts.map((insert) => insert.written).join(flow.isJson ? ',' : ', ');
    return [{ start, end: entries.length === 0 ? start : close.offset, insert: written }];
  }
  return [...inserts.map((insert) => put(flow, insert)), ...taken(flow, cut)];
}

function put(flow: Flow, { after, written }: Insert): Splice {
  const { entries, source } = flow;
  const entry = entries[after];
  if (entry === undefined) {
    const [first] = entries;
    const start = first?.start ?? source.offset;
    return { start, end: start, insert: `${written},${gapAt(flow, first)}` };
  }
  const gap = gapAt(flow, entry);
  const behind = source.items.at(-1);
  const comma = behind?.start.find(({ type }) => type === 'comma');
  // A comma behind the last entry stays where it is; the new entry has none behind it.
  if (after === entries.length - 1 && behind !== entry.item && comma !== undefined) {
    const at = comma.offset + 1;
    return { start: at, end: at, insert: gap + written };
  }
  return { start: entry.end, end: entry.end, insert: `,${gap}${written}` };
}

/** Takes entries out, each with the comma before it; the first ones with the comma behind. */
function taken({ entries }: Flow, cut: ReadonlySet<number>): readonly Splice[] {
  const firstKept = entries.findIndex((_entry, index) => !cut.has(index));
  return [...cut].flatMap((index) => {
    const entry = entries[index];
    const [before, after] = [entries[index - 1], entries[index + 1]];
    if (entry === undefined) return [];
    if (index > firstKept) return before ? [{ start: before.end, end: entry.end, insert: '' }] : [];
    return after ? [{ start: entry.start, end: after.start, insert: '' }] : [];
  });
}

/** What stands between two entries, behind the comma. */
function gapAt(flow: Flow, entry: Entry | undefined): string {
  const indent = entry && indentOf(flow.text, entry);
  if (indent !== undefined) return lineEndOf(flow.text) + indent;
  return isTight(flow) ? '' : ' ';
}

/** JSON without any space, as programs write it. */
function isTight({ isJson, entries, source }: Flow): boolean {
  const [first, second] = entries;
  if (!isJson || first === undefined) return false;
  if (source.start.source === '{') return entries.at(-1)?.item.sep?.length === 1;
  return second?.start === first.end + 1;
}

function keyText(flow: Flow, key: string): string {
  const { isJson } = flow;
  const written = isJson || !/^[A-Za-z]+$/.test(key) ? JSON.stringify(key) : key;
  return `${written}:${isTight(flow) ? '' : ' '}`;
}

/** JSON stays JSON, on lines of its own where its neighbours are; other YAML is written on one line. */
function valueText({ text, source, isJson }: Flow, beside: Entry | undefined, value: unknown): string {
  if (!isJson) return flowText(value);
  const indent = beside && indentOf(text, beside);
  if (indent === undefined) return JSON.stringify(value);
  const outer = leadingSpace(text, source.offset);
  const step = indent.startsWith(outer) ? indent.slice(outer.length) : '';
  const lines = JSON.stringify(value, null, step === '' ? 2 : step).split('\n');
  return lines.join(lineEndOf(text) + indent);
}

/** What stands before an entry on its line, when nothing but space does. */
function indentOf(text: string, { start }: Entry): string | undefined {
  const before = text.slice(lineStart(text, start), start);
  return before !== '' && before.trim() === '' ? before : undefined;
}

function leadingSpace(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(lineStart(text, offset), offset))?.[0] ?? '';
}
