import { readFileSync } from 'node:fs';

/** A row of the table in docs/metrics.md. */
export interface DocumentedMetric {
  readonly type: string;
  /** Each with its values, where these are listed. */
  readonly labels: Readonly<Record<string, readonly string[] | undefined>>;
  /** Told by the webhook (w), by the controllers (c). */
  readonly where: string;
}

export const docs = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');

/** The table of docs/metrics.md, by name. */
export const documented: ReadonlyMap<string, DocumentedMetric> = new Map(
  [...docs.matchAll(/^\| `(pinstream_\w+)` \| (\w+) \|([^|]*)\| ([wc ]+) \|/gm)].map(
    ([, name = '', type = '', labels = '', where = '']) => [name, { type, labels: labelsOf(labels), where }],
  ),
);

/** What a cell of labels names: "`endpoint` (mutate, validate), `code`". */
function labelsOf(cell: string): DocumentedMetric['labels'] {
  const labels = [...cell.matchAll(/`(\w+)`(?: \(([^)]*)\))?/g)];
  return Object.fromEntries(
    labels.map(([, name = '', values]): [string, string[] | undefined] => [name, values?.split(', ')]),
  );
}

/** The metrics that an expression of PromQL reads, without what a histogram adds to its name. */
export function metricsOf(expression: string): readonly string[] {
  return [...new Set((expression.match(/\b(?:pinstream|process|nodejs)_\w+/g) ?? []).map(baseName))];
}

/** The histogram that a series belongs to; any other name as it is. */
export function baseName(name: string): string {
  const base = name.replace(/_(?:bucket|count|sum)$/, '');
  return documented.get(base)?.type === 'histogram' ? base : name;
}
