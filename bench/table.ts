/** Numbers to print and to keep: rows of cells by column name. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, Cell>>[];
}

export type Cell = string | number | undefined;

/** The table as text, numbers to the right; a column of counts has no decimals. */
export function tableText({ title, columns, rows }: Table): string {
  const isCount = columns.map((column) =>
    rows.every(({ [column]: cell }) => typeof cell !== 'number' || Number.isInteger(cell)),
  );
  const lines = [
    [...columns],
    ...rows.map((row) => columns.map((column, at) => cellText(row[column], isCount[at] === true))),
  ];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  const isNumeric = columns.map((column) => rows.some((row) => typeof row[column] === 'number'));
  const aligned = (text: string, at: number) =>
    isNumeric[at] === true ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0);
  return [title, ...lines.map((line) => `  ${line.map(aligned).join('  ')}`.trimEnd())].join('\n');
}

function cellText(cell: Cell, isCount: boolean): string {
  if (cell === undefined || Number.isNaN(cell)) return '-';
  if (typeof cell === 'string') return cell;
  return isCount || Math.abs(cell) >= 100 ? cell.toFixed(0) : cell.toFixed(2);
}
