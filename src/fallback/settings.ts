/** How long answers of registries serve. They may change while the program runs, so they are asked for each time. */
export interface FallbackCacheSettings {
  /** A digest serves for so long without a question. */
  readonly ttlMs: number;
  /** That there is no such image, or that its registry fails, serves for so long. */
  readonly negativeTtlMs: number;
  /** A digest that its registry confirmed so long ago serves while that registry fails. */
  readonly maxStaleMs: number;
  /** Images that are remembered, and digests. */
  readonly maxEntries: number;
}
