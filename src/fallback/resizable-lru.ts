import { LRUCache } from 'lru-cache';

/** A map that forgets what was not used for the longest time, of a size that may change. */
export class ResizableLru<V extends object | number> {
  readonly #sizeOf: () => number;
  #cache: LRUCache<string, V>;

  /** @param sizeOf how many entries there may be; asked whenever one is added */
  constructor(sizeOf: () => number) {
    this.#sizeOf = sizeOf;
    this.#cache = new LRUCache({ max: atLeastOne(sizeOf()) });
  }

  get size(): number {
    return this.#cache.size;
  }

  has(key: string): boolean {
    return this.#cache.has(key);
  }

  /** Marks it as used. */
  get(key: string): V | undefined {
    return this.#cache.get(key);
  }

  /** Adds or replaces it, and marks it as used. */
  set(key: string, value: V): void {
    const max = atLeastOne(this.#sizeOf());
    if (max !== this.#cache.max) {
      const entries = this.#cache.dump();
      this.#cache = new LRUCache({ max });
      // Least recently used first, so that those fall away that are too many now.
      this.#cache.load(entries);
    }
    this.#cache.set(key, value);
  }

  /** What was used last comes first. */
  entries(): IterableIterator<[string, V]> {
    return this.#cache.entries();
  }
}

function atLeastOne(size: number): number {
  return Math.max(1, Math.floor(size));
}
