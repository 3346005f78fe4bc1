import type { StreamTag } from '../imagestream/stream-tag.ts';

/**
 * Tags that were asked for lately, unpacked, and with them what decisions remember of their events: a rollout asks for the same ones
 * again and again. When there are too many it begins anew, so that finding one needs no bookkeeping.
 */
export class RecentTags {
  readonly #tagsMax: number;
  readonly #streams = new Map<string, Map<string, StreamTag>>();
  #tags = 0;

  constructor(tagsMax: number) {
    this.#tagsMax = tagsMax;
  }

  get(stream: string, tag: string): StreamTag | undefined {
    return this.#streams.get(stream)?.get(tag);
  }

  /** Of a tag that is not there yet. */
  add(stream: string, tag: string, facts: StreamTag): void {
    if (this.#tags >= this.#tagsMax) {
      this.#streams.clear();
      this.#tags = 0;
    }
    const tags = this.#streams.get(stream);
    if (tags === undefined) this.#streams.set(stream, new Map([[tag, facts]]));
    else tags.set(tag, facts);
    this.#tags += 1;
  }

  forget(stream: string): void {
    this.#tags -= this.#streams.get(stream)?.size ?? 0;
    this.#streams.delete(stream);
  }
}
