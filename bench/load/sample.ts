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
