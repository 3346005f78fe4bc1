import type { CST } from 'yaml';

/**
 * Where the bytes of a piece of YAML begin and end. The parser hangs line ends and comments on what stands before them; an
 * edit in place must know where the contents end and those begin.
 */

/** One entry of a collection, as it is written: indicators, key, colon, value. */
export type SourceItem = CST.CollectionItem;

/** Line ends, space and comments: what belongs to nothing. */
export function isBlank(token: CST.Token): boolean {
  return token.type === 'space' || token.type === 'newline' || token.type === 'comment';
}

/** Where the contents of an entry begin: its `-`, `?`, anchor, or key; undefined for one of comments alone. */
export function itemStart(item: SourceItem): number | undefined {
  const first = item.start.find((token) => !isBlank(token) && token.type !== 'comma');
  return (
    first?.offset ??
    item.key?.offset ??
    item.sep?.find((token) => !isBlank(token))?.offset ??
    item.value?.offset
  );
}

/** Where the contents of an entry end, without the comments behind it; undefined for one of comments alone. */
export function itemEnd({ start, key, sep, value }: SourceItem): number | undefined {
  return (
    (value && tokenEnd(value)) ??
    lastEnd(sep ?? []) ??
    (key && tokenEnd(key)) ??
    lastEnd(start.filter(({ type }) => type !== 'comma'))
  );
}

/** Where the contents of a node end, without the comments behind it. */
export function tokenEnd(token: CST.Token): number | undefined {
  if (token.type === 'block-map' || token.type === 'block-seq') {
    for (const item of [...token.items].reverse()) {
      const end = itemEnd(item);
      if (end !== undefined) return end;
    }
    return undefined;
  }
  if (token.type === 'flow-collection') return lastEnd(token.end);
  if (token.type === 'block-scalar') {
    const header = token.props.at(-1);
    return header && (tokenEnd(header) ?? 0) + token.source.length;
  }
  return 'source' in token ? token.offset + token.source.length : undefined;
}

function lastEnd(tokens: readonly CST.SourceToken[]): number | undefined {
  const last = tokens.findLast((token) => !isBlank(token));
  return last && last.offset + last.source.length;
}

/** Where the line of `offset` begins; a byte order mark is before the first line, not in it. */
export function lineStart(text: string, offset: number): number {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return start === 0 && text.startsWith('\ufeff') ? Math.min(1, offset) : start;
}

/** Where the line of `offset` ends, before its line end. */
export function lineEnd(text: string, offset: number): number {
  const newline = text.indexOf('\n', offset);
  if (newline === -1) return text.length;
  return newline > offset && text[newline - 1] === '\r' ? newline - 1 : newline;
}

/** Where the line after that of `offset` begins. */
export function nextLine(text: string, offset: number): number {
  const newline = text.indexOf('\n', offset);
  return newline === -1 ? text.length : newline + 1;
}

/** How far a place is from the start of its line. */
export function columnOf(text: string, offset: number): number {
  return offset - lineStart(text, offset);
}

/** `text` with the bytes between two places replaced; all others are kept. */
export function splice(text: string, start: number, end: number, insert: string): string {
  return text.slice(0, start) + insert + text.slice(end);
}

/** The text's own line end. */
export function lineEndOf(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? '\n';
}
