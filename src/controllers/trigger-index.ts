import type { StreamKey } from '../importer/stream-store.ts';
import { followedTags, type FindTag, type TagFacts } from '../trigger/follow.ts';
import type { TagName } from '../trigger/tag-name.ts';
import type { TriggeredWorkload } from './trigger-workload.ts';

/** A workload with triggers, and how far it has followed. */
export interface Follower {
  readonly workload: TriggeredWorkload;
  readonly tags: ReadonlyMap<string, TagName>;
  /**
   * Tag → the generation that this workload has followed to, as far as is known: what the stream had recorded at the first
   * look, then what was done. The record says when *all* have followed, which is too late for whoever followed early and
   * was changed by hand since, and too early for whoever could not be written.
   */
  readonly reached: Map<string, number | undefined>;
  /** Tag → the generation that nothing more is to be done for: followed, or it cannot be. */
  readonly settled: Map<string, number>;
  /** Problems that people know of. */
  told: ReadonlySet<string>;
}

/** One tag that somebody follows. */
export interface FollowedTag {
  readonly key: string;
  readonly name: TagName;
  /** What it stands for; undefined: nothing. */
  facts: TagFacts | undefined;
  readonly followers: Set<string>;
  /** Those for which something is still to be done. */
  readonly open: Set<string>;
}

/** None that a tag has. */
const noGeneration = -1;

/** Which workloads follow which tags, so that a tag that moves costs only those that follow it. */
export class TriggerIndex {
  readonly #findTag: FindTag;
  readonly #followers = new Map<string, Follower>();
  /** Stream → the tags of it that are followed. */
  readonly #streams = new Map<string, Map<string, FollowedTag>>();

  constructor(findTag: FindTag) {
    this.#findTag = findTag;
  }

  get size(): number {
    return this.#followers.size;
  }

  get(key: string): Follower | undefined {
    return this.#followers.get(key);
  }

  keys(): readonly string[] {
    return [...this.#followers.keys()];
  }

  /** The tags of a stream that are followed. */
  tagsOf(stream: StreamKey): readonly FollowedTag[] {
    return [...(this.#streams.get(keyOfStream(stream))?.values() ?? [])];
  }

  allTags(): readonly FollowedTag[] {
    return [...this.#streams.values()].flatMap((tags) => [...tags.values()]);
  }

  tag(name: TagName): FollowedTag | undefined {
    return this.#streams
      .get(keyOfStream({ namespace: name.namespace, name: name.stream }))
      ?.get(keyOfTag(name));
  }

  put(key: string, workload: TriggeredWorkload): void {
    const before = this.#followers.get(key);
    const known = before?.workload.uid === workload.uid ? before : undefined;
    if (known?.workload.state === workload.state) {
      this.#followers.set(key, { ...known, workload });
      return;
    }
    const names = followedTags(workload.object, workload.namespace);
    const tags = new Map(names.map((name) => [keyOfTag(name), name]));
    // What is no longer followed, or paused, begins anew when it is followed again.
    const kept = <V>(map: ReadonlyMap<string, V> = new Map<string, V>()) =>
      new Map([...map].filter(([tag]) => tags.has(tag)));
    if (before !== undefined) this.#leave(key, before, known === undefined ? new Map() : tags);
    this.#followers.set(key, {
      workload,
      tags,
      reached: kept(known?.reached),
      settled: kept(known?.settled),
      told: known?.told ?? new Set(),
    });
    for (const name of names) this.#join(key, name);
  }

  /** Gives the tags that were followed. */
  remove(key: string): readonly FollowedTag[] {
    const follower = this.#followers.get(key);
    if (follower === undefined) return [];
    this.#followers.delete(key);
    return this.#leave(key, follower, new Map());
  }

  /** A tag stands for something else: whoever has not come that far has something to do. */
  setFacts(tag: FollowedTag, facts: TagFacts | undefined): void {
    tag.facts = facts;
    tag.open.clear();
    for (const key of tag.followers) if (!this.#isSettled(key, tag)) tag.open.add(key);
  }

  /**
   * A tag has moved and its generation has not: whoever followed it has to follow once more. That is an alias that takes over
   * the generation of what it follows.
   */
  unsettle(tag: FollowedTag): void {
    for (const key of tag.followers) {
      const follower = this.#followers.get(key);
      follower?.settled.delete(tag.key);
      follower?.reached.set(tag.key, noGeneration);
    }
  }

  /** Another stream has the name: what was known of its tags is over. */
  forgetStream(stream: StreamKey): void {
    for (const tag of this.tagsOf(stream)) {
      tag.facts = undefined;
      for (const key of tag.followers) {
        this.#followers.get(key)?.reached.delete(tag.key);
        this.#followers.get(key)?.settled.delete(tag.key);
      }
    }
  }

  /** Nothing more is to be done for a workload at this generation of a tag. */
  settle(key: string, name: TagName, generation: number, hasFollowed: boolean): FollowedTag | undefined {
    const follower = this.#followers.get(key);
    const tag = this.tag(name);
    if (follower === undefined || tag?.followers.has(key) !== true) return undefined;
    follower.settled.set(tag.key, generation);
    if (hasFollowed) follower.reached.set(tag.key, generation);
    if (this.#isSettled(key, tag)) tag.open.delete(key);
    return tag;
  }

  #isSettled(key: string, { key: tag, facts }: FollowedTag): boolean {
    if (facts === undefined) return true;
    return this.#followers.get(key)?.settled.get(tag) === facts.generation;
  }

  #join(key: string, name: TagName): void {
    const stream = keyOfStream({ namespace: name.namespace, name: name.stream });
    const tags = this.#streams.get(stream) ?? new Map<string, FollowedTag>();
    this.#streams.set(stream, tags);
    const tagKey = keyOfTag(name);
    const tag: FollowedTag = tags.get(tagKey) ?? {
      key: tagKey,
      name,
      facts: this.#findTag(name),
      followers: new Set(),
      open: new Set(),
    };
    tags.set(tagKey, tag);
    tag.followers.add(key);
    if (!this.#isSettled(key, tag)) tag.open.add(key);
  }

  /** Leaves the tags that are not in `stays`, and gives them. */
  #leave(key: string, { tags }: Follower, stays: ReadonlyMap<string, TagName>): readonly FollowedTag[] {
    const left: FollowedTag[] = [];
    for (const [tagKey, name] of tags) {
      if (stays.has(tagKey)) continue;
      const stream = keyOfStream({ namespace: name.namespace, name: name.stream });
      const tag = this.#streams.get(stream)?.get(tagKey);
      if (tag === undefined) continue;
      tag.followers.delete(key);
      tag.open.delete(key);
      left.push(tag);
      if (tag.followers.size > 0) continue;
      this.#streams.get(stream)?.delete(tagKey);
      if (this.#streams.get(stream)?.size === 0) this.#streams.delete(stream);
    }
    return left;
  }
}

export function keyOfStream({ namespace, name }: StreamKey): string {
  return `${namespace}/${name}`;
}

/** Neither a namespace nor a stream's name holds a slash. */
export function readStreamKey(key: string): StreamKey {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

export function keyOfTag({ namespace, stream, tag }: TagName): string {
  return `${namespace}/${stream}:${tag}`;
}
