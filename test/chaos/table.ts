import type { Tally } from './load.ts';

export interface Row extends Tally {
  readonly scene: string;
}

const columns: readonly { readonly title: string; readonly of: (row: Row) => string }[] = [
  { title: 'scene', of: ({ scene }) => scene },
  { title: 'reviews', of: ({ sent }) => String(sent) },
  { title: 'right', of: ({ right }) => String(right) },
  { title: 'wrong', of: ({ wrong }) => String(wrong) },
  { title: 'failed', of: ({ failed }) => String(failed) },
  { title: 'API away', of: ({ unanswered }) => String(unanswered) },
  { title: 'longest gap ms', of: ({ gapMs }) => String(Math.round(gapMs)) },
];

/** A table as Markdown has it, with columns that stand one under the other. */
export function table(rows: readonly Row[]): string {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ of }) => of(row)))];
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => line[at]?.length ?? 0)));
  const lines = cells.map(
    (line) =>
      `| ${line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' | ')} |`,
  );
  const rule = `| ${widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [...lines.slice(0, 1), rule, ...lines.slice(1)].join('\n');
}
