/**
 * Aligns columns as Go's text/tabwriter does, since oc and kubectl print through it. A line is its cells; all but the last
 * end a column. A column is as wide as the widest cell of **the run of consecutive lines that have it**, so that a line
 * without the column ends the run. Width is counted in characters.
 */
export interface TabStyle {
  /** The least width of a column, padding included. */
  readonly minWidth: number;
  readonly padding: number;
  /** What fills a cell up; tabs lead to stops of 8. */
  readonly fill: ' ' | '\t';
}

/** `oc describe`: real tabs. */
export const describeStyle: TabStyle = { minWidth: 0, padding: 1, fill: '\t' };
/** The tables of `kubectl get`. */
export const kubectlStyle: TabStyle = { minWidth: 6, padding: 3, fill: ' ' };
/** The tables of `oc set image-lookup` and `oc set triggers`. */
export const setStyle: TabStyle = { minWidth: 0, padding: 2, fill: ' ' };

const tabStop = 8;

/** The lines as one text; each ends with a line end. */
export function alignTabs(lines: readonly (readonly string[])[], style: TabStyle): string {
  const widths = columnWidths(lines, style);
  return lines
    .map((cells, line) => {
      const padded = cells.slice(0, -1).map((cell, column) => pad(cell, widths[line]?.[column] ?? 0, style));
      return `${padded.join('')}${cells.at(-1) ?? ''}\n`;
    })
    .join('');
}

/** The width of every column at every line. Lines of one run share their width. */
function columnWidths(lines: readonly (readonly string[])[], style: TabStyle): number[][] {
  const widths: number[][] = lines.map(() => []);
  const columns = lines.reduce((most, { length }) => Math.max(most, length - 1), 0);
  for (let column = 0; column < columns; column += 1) {
    let start = 0;
    while (start < lines.length) {
      const end = endOfRun(lines, column, start);
      const run = lines.slice(start, end);
      const width = columnWidth(
        run.map((cells) => cells[column] ?? ''),
        style,
      );
      for (const atLine of widths.slice(start, end)) atLine[column] = width;
      start = Math.max(end, start + 1);
    }
  }
  return widths;
}

/** The first line from `start` on that does not have the column. */
function endOfRun(lines: readonly (readonly string[])[], column: number, start: number): number {
  let end = start;
  while ((lines[end]?.length ?? 0) > column + 1) end += 1;
  return end;
}

/** How wide a column with these cells is. */
export function columnWidth(cells: readonly string[], { minWidth, padding, fill }: TabStyle): number {
  const width = cells.reduce((widest, cell) => Math.max(widest, lengthOf(cell) + padding), minWidth);
  return fill === '\t' ? Math.ceil(width / tabStop) * tabStop : width;
}

/** A cell filled up to its column's width. */
export function pad(cell: string, width: number, { fill }: Pick<TabStyle, 'fill'>): string {
  const missing = Math.max(0, width - lengthOf(cell));
  return cell + fill.repeat(fill === '\t' ? Math.ceil(missing / tabStop) : missing);
}

function lengthOf(text: string): number {
  return Array.from(text).length; // characters, not UTF-16 units
}

/**
 * A text that cannot command a terminal: what registries and annotations say is shown, as kubectl shows it. kubectl leaves the
 * other control characters, of which those of eight bits begin a command, too.
 */
export function escapeTerminal(text: string): string {
  const seven = text.replaceAll('\u001b', '^[').replaceAll('\r', '\\r');
  return seven.replace(/(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}]/gu, '?');
}
