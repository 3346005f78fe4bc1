import type { StreamTag } from '../imagestream/stream-tag.ts';

/**
 * Tags that were asked for lately, unpacked: a rollout asks for the same ones again and again. It forgets by halves, which needs no
 * work when one is found: what was not asked for since the last half was full is gone with the next.
 */
export class RecentTags {
  readonly #halfMax: number;
  #young = new Map<string, Map<string, StreamTag>>();
  #old = new Map<string, Map<string, StreamTag>>();
  #youngTags = 0;

  constructor(tagsMax: number) {
    this.#halfMax = tagsMax / 2;
  }

  get(stream: string, tag: string): StreamTag | undefined {
    const young = this.#young.get(stream)?.get(tag);
    if (young !== undefined) return young;
    const old = this.#old.get(stream)?.get(tag);
    if (old !== undefined) this.set(stream, tag, old);
    return old;
  }

  set(stream: string, tag: string, facts: StreamTag): void {
    if (this.#youngTags >= this.#halfMax) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngTags = 0;
    }
    const tags = this.#young.get(stream);
    if (tags === undefined) this.#young.set(stream, new Map([[tag, facts]]));
    else tags.set(tag, facts);
    this.#youngTags += 1;
  }

  forget(stream: string): void {
    this.#young.delete(stream);
    this.#old.delete(stream);
  }
}
