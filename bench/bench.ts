import type { Load } from './load/sample.ts';
import type { Table } from './table.ts';

/** One benchmark. A new one is a file that exports this, and a line in main.ts. */
export interface Bench {
  readonly name: string;
  /** What it measures, and against what. */
  readonly about: string;
  run(options: BenchOptions): Promise<BenchResult>;
}

export interface BenchOptions {
  /** Short rounds, for a glance; not for numbers that are quoted. */
  readonly quick: boolean;
  /** How many rounds instead of the bench's own number: more on a noisy machine. */
  readonly rounds: number | undefined;
  /** Where requests come from; asked only by benches that need one. */
  readonly load: () => Promise<Load>;
  /** Another build of Pinstream (its pinstream.js), measured in the same rounds. */
  readonly against: string | undefined;
  /** Tells a person that something is under way. */
  readonly progress: (text: string) => void;
}

export interface BenchResult {
  readonly tables: readonly Table[];
  /** What a reader must know to read the numbers. */
  readonly notes: readonly string[];
}
