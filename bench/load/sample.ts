/** What a load generator is asked and what it gives, whichever it is. */

/** Where requests come from. */
export interface Load {
  readonly name: LoadName;
  /** What a reader must know of numbers that it gave; undefined: nothing. */
  readonly note: string | undefined;
  run(shot: Shot): Promise<Sample>;
}

export const loadNames = ['wrk', 'javascript'] as const;
export type LoadName = (typeof loadNames)[number];

/** One burst: a body POSTed over and over, on connections that are kept. */
export interface Shot {
  readonly url: string;
  readonly bodyFile: string;
  readonly seconds: number;
  readonly connections: number;
  /** Given: names that nobody has asked for in every body, beginning so (`freshName`). */
  readonly freshPrefix?: string;
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
 * A sample of answers that were timed one by one.
 *
 * @param latenciesMs one a request, in any order
 */
export function sampleOf(latenciesMs: readonly number[], tookMs: number, errors: number): Sample {
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  const percentile = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? NaN;
  return {
    requests: sorted.length,
    requestsPerSecond: (sorted.length / tookMs) * 1000,
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
    errors,
  };
}
