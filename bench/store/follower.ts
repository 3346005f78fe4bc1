/** Who reads image streams from an API server and follows them; one process each, so that memory and compilers are its own. */

/** One who reads; `pinstream` by its own reflector and store. */
export interface Follower {
  /** Reads all streams, and begins to watch. */
  sync(): Promise<void>;
  /** Resolves when this many changes, which nobody has made yet, are read. */
  changes(count: number): Promise<void>;
  /** One decision for a Pod of three images, of which no two in a row are of the same streams. */
  decide?(tags: AskedTags): unknown;
}

/**
 * `bare` parses what comes and forgets it; `kept` parses it and keeps it as it is, the least that a store does which does not
 * choose.
 */
export const followerNames = ['pinstream', 'bare', 'kept'] as const;
export type FollowerName = (typeof followerNames)[number];

/** Tags that were asked for lately, as in a rollout; or more of them in turn than a store would remember. */
export type AskedTags = 'recent' | 'any';

/** What a follower's process is asked, one thing after another. */
export type Question =
  | { readonly what: 'sync' }
  | { readonly what: 'changes'; readonly count: number }
  | { readonly what: 'decide'; readonly ms: number; readonly tags: AskedTags }
  | { readonly what: 'heap' };

/** What it answers: always how long it took, and CPU of the process. */
export interface Answer {
  readonly ms: number;
  readonly cpuMs: number;
  /** The longest time in which the process could do nothing else. */
  readonly pauseMs: number;
  /** Decisions that were made. */
  readonly decisions: number;
  /** What is in use after a collection of garbage, on the heap and beside it. */
  readonly bytes: number;
}
