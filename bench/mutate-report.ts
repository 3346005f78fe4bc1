import type { BenchResult } from './bench.ts';
import type { Load, Sample } from './load/sample.ts';
import { connections, streams, type Case } from './mutate-scene.ts';
import { median, ratio } from './statistics.ts';
import type { Table } from './table.ts';

/** One server on one body: what each round measured. */
export interface Cell {
  readonly samples: Sample[];
  /** CPU seconds per 1,000 requests. */
  readonly cpu: number[];
}

export type Cells = ReadonlyMap<string, Cell>;

export const keyOf = (server: string, { title }: Case) => `${server}: ${title}`;

/** What the rounds say: a table a body. */
export function report(
  written: readonly Case[],
  names: readonly string[],
  cells: Cells,
  load: Load,
): BenchResult {
  const tables = written.map((posted) => caseTable(posted, names, cells));
  const hit = tables[0]?.rows.find(({ server }) => server === 'pinstream');
  const summary = `/mutate: of bare ${format(hit?.['of bare'])}, ratio ${format(hit?.ratio)}`;
  const notes = [
    `load generator: ${load.name}, ${connections} connections; ${streams} image streams; medians of the rounds`,
    '"of bare" and "ratio" are requests/s over those of the bare server and of express, round by round',
    '"p99 ratio" is the p99 over that of express, round by round',
    '"CPU us" is what the server itself spent on a request, user and system, in microseconds; in seconds that is on a million requests',
    '"each unlike the one before": names of containers never come again, so nothing that is remembered of a patch serves',
    '"express.json" is express with its own body parser and response.json, where "express" has what the bare server does',
    summary,
    ...(load.note === undefined ? [] : [load.note]),
  ];
  return { tables, notes };
}

function format(value: unknown): string {
  return typeof value === 'number' ? value.toFixed(2) : '-';
}

function isBaseline(name: string): boolean {
  return name === 'bare' || name === 'express';
}

/** Microseconds a request: what 1,000 requests cost in milliseconds. */
const cpuColumn = 'CPU us';

function caseTable(posted: Case, names: readonly string[], cells: Cells): Table {
  const rates = (name: string) =>
    (cells.get(keyOf(name, posted))?.samples ?? []).map(({ requestsPerSecond }) => requestsPerSecond);
  const p99 = (name: string) => (cells.get(keyOf(name, posted))?.samples ?? []).map(({ p99Ms }) => p99Ms);
  const rows = names.map((name) => {
    const { samples, cpu } = cells.get(keyOf(name, posted)) ?? { samples: [], cpu: [] };
    return {
      server: name,
      'requests/s': median(rates(name)),
      'p50 ms': median(samples.map(({ p50Ms }) => p50Ms)),
      'p99 ms': median(samples.map(({ p99Ms }) => p99Ms)),
      [cpuColumn]: cpu.length === 0 ? undefined : median(cpu) * 1000,
      'p99 ratio': isBaseline(name) ? undefined : ratio(p99(name), p99('express')),
      'of bare': name === 'bare' ? undefined : ratio(rates(name), rates('bare')),
      ratio: isBaseline(name) ? undefined : ratio(rates(name), rates('express')),
    };
  });
  const title = `${posted.title} (${posted.bytes} bytes)`;
  const columns = ['server', 'requests/s', 'p50 ms', 'p99 ms', cpuColumn, 'of bare', 'p99 ratio', 'ratio'];
  return { title, columns, rows };
}
