import type { BenchResult } from './bench.ts';
import type { Cell } from './table.ts';

/**
 * What a short run may not go beyond. Machines differ and are shared, so these are shares of a baseline of the same run alone, and
 * far from what is measured on a quiet machine (docs/performance.md): they are for a change that makes something twice as slow
 * by mistake, not for a tenth.
 */
export const bounds: readonly Bound[] = [
  // Of what express makes with a constant answer.
  { bench: 'mutate', row: { server: 'pinstream' }, column: 'ratio', atLeast: 0.5 },
  // Of the time, and of the memory, that JSON.parse of the same review takes.
  { bench: 'decide', row: { object: 'Pod, 3 images, hit' }, column: 'ratio', atMost: 0.6 },
  { bench: 'decide', row: { object: 'Pod, 3 images, hit' }, column: 'bytes ratio', atMost: 1.5 },
  // Of what undici and JSON.parse take for the same change, and of a decision among a tenth of the streams.
  { bench: 'update', row: { streams: 1000, reader: 'pinstream' }, column: 'ratio', atMost: 5 },
  { bench: 'update', row: { streams: 1000, reader: 'pinstream' }, column: 'of 100', atMost: 2 },
  // Of the JSON of a stream.
  { bench: 'memory', row: { streams: 1000, store: 'pinstream' }, column: 'of its JSON', atMost: 0.4 },
];

/** A machine that stalls breaks any bound once; a program that is slow breaks it each time. */
export const guardRuns = 3;

export interface Bound {
  readonly bench: string;
  /** Cells that tell its row; the first such row of all tables counts. */
  readonly row: Readonly<Record<string, Cell>>;
  readonly column: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** What is out of bounds in a bench's result, a sentence each; a bound whose cell is not there is out of bounds, too. */
export function brokenBounds(bench: string, { tables }: BenchResult, of = bounds): readonly string[] {
  return of.flatMap((bound) => {
    if (bound.bench !== bench) return [];
    const row = tables
      .flatMap(({ rows }) => rows)
      .find((cells) => Object.entries(bound.row).every(([column, cell]) => cells[column] === cell));
    const value = row?.[bound.column];
    const where = `${bench}, ${Object.values(bound.row).join(', ')}: ${bound.column}`;
    if (typeof value !== 'number' || Number.isNaN(value)) return [`${where} was not measured`];
    if (bound.atLeast !== undefined && value < bound.atLeast) {
      return [`${where} is ${value.toFixed(2)} and should be at least ${bound.atLeast}`];
    }
    if (bound.atMost !== undefined && value > bound.atMost) {
      return [`${where} is ${value.toFixed(2)} and should be at most ${bound.atMost}`];
    }
    return [];
  });
}
