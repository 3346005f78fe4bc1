import { asObject, asText, asTextMap, isObject } from '../json/untyped.ts';
import { byCodePoint } from './order.ts';
import { alignTabs, columnWidth, escapeTerminal, kubectlStyle, pad, setStyle } from './tabs.ts';

/** A table as data: what the server sends kubectl (spec imagestream-system.md 5.8). */
export interface Table {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly TableRow[];
}

export interface TableColumn {
  /** As the API names it; printed in capitals. */
  readonly name: string;
  /** Only with `-o wide`. */
  readonly wide?: boolean;
}

export interface TableRow {
  /** One a column, the wide ones too. */
  readonly cells: readonly string[];
  /** What the row is about; its namespace and labels are columns on demand. */
  readonly object: unknown;
}

export interface TableOptions {
  /** `-o wide` */
  readonly wide?: boolean;
  readonly noHeaders?: boolean;
  /** `-A` */
  readonly withNamespace?: boolean;
  /** `--show-labels` */
  readonly withLabels?: boolean;
}

/** The table as `kubectl get` prints it; nothing at all without rows. */
export function printTable(table: Table, options: TableOptions = {}): string {
  return tablePrinter(options)(table);
}

/**
 * Prints tables that follow each other, as `get -w` does: the headings once, and no column narrower than it was before.
 */
export function tablePrinter(options: TableOptions = {}): (table: Table) => string {
  let widths: readonly number[] = [];
  let isHeaded = options.noHeaders === true;
  return ({ columns, rows }) => {
    if (rows.length === 0) return '';
    const lines = rows.map((row) => rowCells(columns, row, options).map(oneLine));
    if (!isHeaded) lines.unshift(headings(columns, options));
    isHeaded = true;
    // Every line has every column, so each is one run from first to last.
    const [first = []] = lines;
    widths = first.map((_, column) => {
      const cells = lines.map((cells) => cells[column] ?? '');
      return Math.max(widths[column] ?? 0, columnWidth(cells, kubectlStyle));
    });
    return lines.map((cells) => `${padded(cells, widths)}\n`).join('');
  };
}

function padded(cells: readonly string[], widths: readonly number[]): string {
  const last = cells.length - 1;
  return cells
    .map((cell, column) => (column === last ? cell : pad(cell, widths[column] ?? 0, kubectlStyle)))
    .join('');
}

function headings(
  columns: readonly TableColumn[],
  { wide = false, withNamespace = false, withLabels = false }: TableOptions,
): string[] {
  const shown = columns
    .filter((column) => wide || column.wide !== true)
    .map(({ name }) => name.toUpperCase());
  return [...(withNamespace ? ['NAMESPACE'] : []), ...shown, ...(withLabels ? ['LABELS'] : [])];
}

function rowCells(
  columns: readonly TableColumn[],
  { cells, object }: TableRow,
  { wide = false, withNamespace = false, withLabels = false }: TableOptions,
): string[] {
  const { namespace, labels } = asObject(asObject(object).metadata);
  const shown = columns.flatMap((column, index) =>
    wide || column.wide !== true ? [cells[index] ?? ''] : [],
  );
  return [
    ...(withNamespace ? [asText(namespace)] : []),
    ...shown,
    ...(withLabels ? [labelsCell(labels)] : []),
  ];
}

/** Labels in one cell: `a=1,b=2`, sorted. */
export function labelsCell(labels: unknown): string {
  const entries = isObject(labels) ? Object.entries(asTextMap(labels)) : [];
  if (entries.length === 0) return '<none>';
  return entries
    .toSorted(([a], [b]) => byCodePoint(a, b))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

/** A cell of several lines would break the table: its first one, and a sign that there is more. */
function oneLine(cell: string): string {
  const end = cell.search(/[\f\n\r]/);
  return escapeTerminal(end < 0 ? cell : `${cell.slice(0, end)}...`);
}

/** The tables of `set image-lookup` and `set triggers` (spec imagestream-system.md 5.5 and 5.6): `NAME  LOCAL`. */
export function printSetTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  return alignTabs([headings, ...rows.map((cells) => cells.map(oneLine))], setStyle);
}
