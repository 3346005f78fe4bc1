import { isSeq, type YAMLMap, type YAMLSeq } from 'yaml';
import { entriesOf, type Entry, type Insert, type Layout } from './layout.ts';
import { columnOf, isBlank, lineEnd, lineEndOf, lineStart, nextLine } from './source-span.ts';
import { isRefusal, type Planned, type Splice } from './splices.ts';
import { blockText, type BlockStyle } from './writing.ts';

/** A mapping or a list whose entries stand below each other; undefined when it is written otherwise. */
export function blockLayout(
  text: string,
  node: YAMLMap | YAMLSeq,
  styleOf: () => BlockStyle,
): Layout | undefined {
  const entries = entriesOf(node);
  const [first] = entries ?? [];
  if (entries === undefined || first === undefined || node.flow === true) return undefined;
  const isList = isSeq(node);
  const margin = ' '.repeat(columnOf(text, first.start));
  const block: Block = { text, entries, margin, isList, eol: lineEndOf(text) };
  const linesOf = (value: object): string =>
    blockText(value, styleOf())
      .replace(/\n$/, '')
      .replaceAll('\n', block.eol + margin);
  return {
    entries,
    write: (value, key) => margin + linesOf(isList || key === undefined ? [value] : { [key]: value }),
    replaceValue: (index, value) =>
      replaceValue(block, index, value, (inner) =>
        // Without the `-` or the key, whatever quotes that needs.
        isList ? linesOf([inner]).slice(1) : linesOf({ k: inner }).slice(2),
      ),
    rearrange: (cut, inserts, moved) => rearrange(block, cut, inserts, moved),
    movable: (index) => {
      const entry = entries[index];
      return entry && linesAt(block, entry);
    },
  };
}

interface Block {
  readonly text: string;
  readonly entries: readonly Entry[];
  readonly margin: string;
  readonly isList: boolean;
  readonly eol: string;
}

function replaceValue(
  { text, entries, margin, isList, eol }: Block,
  index: number,
  value: unknown,
  write: (value: unknown) => string,
): Planned {
  const item = entries[index]?.item;
  const indicator = isList
    ? item?.start.find(({ type }) => type === 'seq-item-ind')
    : item?.sep?.find(({ type }) => type === 'map-value-ind');
  const hasOther = item?.start.some((token) => !isBlank(token) && token.type !== 'seq-item-ind');
  if (item === undefined || indicator === undefined || hasOther === true) {
    return { message: 'it is not written as a key and a colon' };
  }
  const start = indicator.offset + 1;
  const end = Math.max(start, entries[index]?.end ?? start);
  const isOneLine = lineStart(text, end) === lineStart(text, start);
  // A comment beside the key tells of the field, not of its old value.
  const comment = isOneLine
    ? text.slice(end, lineEnd(text, end))
    : (/(?<![ \t])[ \t]+#.*$/.exec(commentBeside(text, item.value?.offset ?? start, start))?.[0] ?? '');
  const written = write(value);
  const stop = isOneLine ? lineEnd(text, end) : lastLineEnd(text, end);
  if (!written.includes('\n')) return [{ start, end: stop, insert: written + comment }];
  // Behind a comment nothing else can stand on the line of a `-`.
  const isBelow = !isList || comment.trim() === '';
  const insert = isBelow ? comment + written : `${comment}${eol}${margin} ${written}`;
  return [{ start, end: stop, insert: isList && isBelow ? written : insert }];
}

/** The comment on the key's line, when its value begins below it. */
function commentBeside(text: string, valueStart: number, keyEnd: number): string {
  return valueStart > lineEnd(text, keyEnd) ? text.slice(keyEnd, lineEnd(text, keyEnd)) : '';
}

/** The end of the last line of contents that end at `end`; the text of a `|` ends behind its line end. */
export function lastLineEnd(text: string, end: number): number {
  if (end !== lineStart(text, end)) return lineEnd(text, end);
  return text[end - 2] === '\r' ? end - 2 : end - 1;
}

function rearrange(
  block: Block,
  cut: ReadonlySet<number>,
  inserts: readonly Insert[],
  moved: ReadonlySet<number> = new Set(),
): Planned {
  if (cut.size === block.entries.length && inserts.length === 0) return emptied(block);
  if (cut.size === block.entries.length && sharesLine(block)) return exchanged(block, inserts);
  const splices = inserts.map((insert) => put(block, insert));
  const removed = taken(block, cut, moved);
  return isRefusal(removed) ? removed : [...splices, ...removed];
}

/** Whether the first entry stands on the line of the `-` around it. */
function sharesLine({ text, entries: [first] }: Block): boolean {
  return first !== undefined && text.slice(lineStart(text, first.start), first.start).trim() !== '';
}

/** Others in the place of all entries, the first of which shares its line. */
function exchanged(block: Block, inserts: readonly Insert[]): Planned {
  const { text, entries, eol } = block;
  const [first, ...rest] = entries;
  if (first === undefined) return [];
  const insert = inserts.map(({ written }) => written).join(eol);
  const removed = taken(block, new Set(rest.map((_entry, index) => index + 1)));
  return isRefusal(removed)
    ? removed
    : [{ start: first.start, end: lastLineEnd(text, first.end), insert: insert.trimStart() }, ...removed];
}

function put({ text, entries, eol, margin }: Block, { after, written }: Insert): Splice {
  const entry = entries[after];
  if (entry !== undefined) {
    const at = behind(text, entry.end);
    const isOpen = at > 0 && text[at - 1] !== '\n';
    return { start: at, end: at, insert: isOpen ? eol + written : written + eol };
  }
  const first = entries[0]?.start ?? 0;
  const at = commentsAbove(text, first, margin);
  return at === undefined
    ? { start: first, end: first, insert: `${written.trimStart()}${eol}${margin}` }
    : { start: at, end: at, insert: written + eol };
}

/** Takes entries out with their lines; comments above them stay, and go along when the entry moves. */
function taken(block: Block, cut: ReadonlySet<number>, moved?: ReadonlySet<number>): Planned {
  const { text, entries } = block;
  const splices: Splice[] = [];
  let done = 0;
  for (const index of [...cut].toSorted((a, b) => a - b)) {
    const entry = entries[index];
    if (entry === undefined) continue;
    const lines = moved?.has(index) === true ? linesAt(block, entry) : undefined;
    if (lines !== undefined) {
      splices.push({ ...lines, insert: '' });
      continue;
    }
    const line = lineStart(text, entry.start);
    if (text.slice(line, entry.start).trim() === '') {
      // A line that went with the ones before it is gone already.
      if (entry.start >= done) splices.push({ start: line, end: behind(text, entry.end), insert: '' });
      continue;
    }
    done = firstKept(block, cut);
    if (done === text.length) return { message: 'it is the first field of a list item' };
    splices.push({ start: entry.start, end: done, insert: '' });
  }
  return splices;
}

/** What takes the place of a first entry that shares its line: the next comment, or the next entry that stays. */
function firstKept({ text, entries }: Block, cut: ReadonlySet<number>): number {
  for (const [index, { end }] of entries.entries()) {
    const next = behind(text, end);
    const place = next + (/\S/.exec(text.slice(next))?.index ?? text.length - next);
    const after = entries[index + 1];
    if (after === undefined || place < after.start || !cut.has(index + 1)) return place;
  }
  return text.length;
}

/** What is left of a collection without entries; the comments in it have to stay somewhere. */
function emptied(block: Block): Planned {
  const { text, entries, isList } = block;
  const [first, ...rest] = entries;
  if (first === undefined) return [];
  if (!hasComments(block)) {
    return { message: 'it would be left empty' };
  }
  const removed = taken(block, new Set(rest.map((_entry, index) => index + 1)));
  // A list may stand right below its key; what stands for an empty one may not.
  const insert = isList ? ' []' : '{}';
  return isRefusal(removed)
    ? removed
    : [{ start: first.start, end: lastLineEnd(text, first.end), insert }, ...removed];
}

/** The lines of an entry, with the comments right above it. */
function linesAt({ text, margin }: Block, { start, end }: Entry): { start: number; end: number } | undefined {
  const from = commentsAbove(text, start, margin);
  return from === undefined ? undefined : { start: from, end: behind(text, end) };
}

/** Where the lines of comments begin that stand right above an entry, at its column; undefined if it shares its line. */
function commentsAbove(text: string, start: number, margin: string): number | undefined {
  let line = lineStart(text, start);
  if (text.slice(line, start).trim() !== '') return undefined;
  while (line > 0) {
    const above = lineStart(text, line - 1);
    if (above === line || !text.startsWith(`${margin}#`, above)) break;
    line = above;
  }
  return line;
}

/** Where the line behind contents that end at `end` begins; the text of a `|` ends there already. */
function behind(text: string, end: number): number {
  return end === lineStart(text, end) ? end : nextLine(text, end);
}

/** Whether comments stand above the first entry or between two: those in an entry go with it. */
function hasComments({ text, entries }: Block): boolean {
  return entries.some(({ start }, index) => {
    const before = entries[index - 1];
    const above = text.slice(before ? behind(text, before.end) : 0, lineStart(text, start)).trimEnd();
    return /^[ \t]*#/.test(above.slice(lineStart(above, above.length)));
  });
}
