import { findWrk, wrkLoad } from './wrk.ts';
import { javascriptLoad } from './javascript.ts';

/** Where requests come from. */
export interface Load {
  readonly name: LoadName;
  /** What a reader must know of numbers that it gave; undefined: nothing. */
  readonly note: string | undefined;
  run(shot: Shot): Promise<Sample>;
}

export const loadNames = ['wrk', 'javascript'] as const;
export type LoadName = (typeof loadNames)[number];

/** One burst: the same body POSTed over and over, on connections that are kept. */
export interface Shot {
  readonly url: string;
  readonly bodyFile: string;
  readonly seconds: number;
  readonly connections: number;
}

/** What came of it. */
export interface Sample {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers other than 2xx, and connections that broke. */
  readonly errors: number;
}

/**
 * The generator asked for; by default wrk where it is, else the one in JavaScript.
 *
 * @throws when wrk is asked for and is not there
 */
export async function chooseLoad(wanted: LoadName | undefined): Promise<Load> {
  if (wanted === 'javascript') return javascriptLoad;
  if (await findWrk()) return wrkLoad;
  if (wanted === 'wrk') throw new Error('wrk is not on PATH; install it with: apt-get install wrk');
  return javascriptLoad;
}
