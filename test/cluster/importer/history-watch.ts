import type { KubeClient } from '../../../src/kube/client.ts';
import { historyOf, pathOf, type StreamObject, type StreamTag } from './streams.ts';

/** Follows every version of the one stream of a namespace, and holds each against the one before. */
export class HistoryWatch {
  #versions = 0;
  readonly #lost: string[] = [];
  readonly #stop = new AbortController();
  #tags: ReadonlyMap<string, StreamTag> = new Map();
  readonly #following: Promise<void>;

  constructor(client: KubeClient, namespace: string) {
    this.#following = this.#follow(client, `${pathOf(namespace)}?watch=true`);
    // Whoever ends it is told.
    this.#following.catch(() => undefined);
  }

  /** The tag as it was seen last. */
  tag(name: string): StreamTag | undefined {
    return this.#tags.get(name);
  }

  /** How many versions there were, and what was once in a history and was not with all that is older in the next. */
  async end(): Promise<{ readonly versions: number; readonly lost: readonly string[] }> {
    this.#stop.abort();
    await this.#following;
    return { versions: this.#versions, lost: this.#lost };
  }

  async #follow(client: KubeClient, path: string): Promise<void> {
    try {
      for await (const { object } of client.watch(path, this.#stop.signal))
        this.#look(object as StreamObject);
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
    }
  }

  #look({ status }: StreamObject): void {
    this.#versions += 1;
    const next = new Map((status?.tags ?? []).map((tag) => [tag.tag, tag]));
    for (const [name, tag] of this.#tags) {
      const before = historyOf(tag);
      const now = historyOf(next.get(name));
      if (
        now.length < before.length ||
        before.some((image, at) => now[now.length - before.length + at] !== image)
      ) {
        this.#lost.push(`${name}: ${before.join(' ')} became ${now.join(' ')}`);
      }
    }
    this.#tags = next;
  }
}
