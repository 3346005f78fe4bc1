import type { ApiObject } from './objects.ts';

/** What the API server of the bench has seen, for the bench to read at `/bench/progress`. */
export interface Progress {
  /** Requests of Pinstream: `update imagestreams/status` → how many. */
  readonly requests: Readonly<Record<string, number>>;
  /** Watches of image streams that are open. */
  readonly watches: number;
  /** Tags that stand for an image. */
  readonly tags: number;
  /** Images that were made. */
  readonly images: number;
  /** When the streams were there, and when `tags` last grew; ms since the epoch. */
  readonly startedMs: number;
  readonly lastTagMs: number;
  /** Patches of workloads that were written. */
  readonly patches: PatchSummary;
}

export interface PatchSummary {
  readonly total: number;
  /** Objects that were patched. */
  readonly objects: number;
  /** How often the one that was patched most often was. */
  readonly most: number;
  /** Patches that were refused, as somebody had written the object since. */
  readonly conflicts: number;
  /** When the last one was written; ms since the epoch. */
  readonly lastMs: number;
}

/** Counts the patches of workloads, object by object. */
export class PatchCount {
  #conflicts = 0;
  #lastMs = 0;
  readonly #byObject = new Map<string, number>();

  written({ metadata }: ApiObject): void {
    const key = `${metadata.namespace ?? ''}/${metadata.name}`;
    this.#byObject.set(key, (this.#byObject.get(key) ?? 0) + 1);
    this.#lastMs = Date.now();
  }

  refused(): void {
    this.#conflicts += 1;
  }

  summary(): PatchSummary {
    const counts = [...this.#byObject.values()];
    return {
      total: counts.reduce((sum, count) => sum + count, 0),
      objects: counts.length,
      most: counts.reduce((most, count) => Math.max(most, count), 0),
      conflicts: this.#conflicts,
      lastMs: this.#lastMs,
    };
  }
}

/** Counts the tags that stand for an image, as status is written. */
export class TagCount {
  total = 0;
  lastMs = 0;
  readonly #byStream = new Map<string, number>();

  seen({ metadata, status }: ApiObject): void {
    const { tags } = (status ?? {}) as { tags?: readonly { readonly items?: readonly unknown[] | null }[] };
    const count = (tags ?? []).filter(({ items }) => (items ?? []).length > 0).length;
    const key = `${metadata.namespace ?? ''}/${metadata.name}`;
    const before = this.#byStream.get(key) ?? 0;
    if (count === before) return;
    this.#byStream.set(key, count);
    this.total += count - before;
    this.lastMs = Date.now();
  }
}
