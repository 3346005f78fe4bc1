import { pushEvent } from './history.ts';
import type { StreamName } from './repository.ts';
import { parseSource } from './tag-source.ts';
import type { TagEvent, TagReference } from './types.ts';
import type { StatusTag } from './whole-stream.ts';

/**
 * Tags that follow another tag of the same stream (spec imagestream-system.md 1.8). A tag follows at most one other, so that
 * the tags of a stream form trees, and circles with trees on them.
 */

/** A stream as far as its aliases go. */
export interface AliasStream {
  readonly metadata: StreamName;
  readonly spec: { readonly tags: readonly TagReference[] };
}

/** The tag of the same stream that a spec tag follows; undefined where it follows none. It need not exist. */
export function followedTag(
  { metadata }: Pick<AliasStream, 'metadata'>,
  tag: TagReference,
): string | undefined {
  if (tag.from?.kind !== 'ImageStreamTag') return undefined;
  const parsed = parseSource(tag.from, metadata);
  if (!parsed.ok || parsed.source.kind !== 'ImageStreamTag') return undefined;
  const { namespace, stream, tag: followed } = parsed.source;
  return namespace === metadata.namespace && stream === metadata.name ? followed : undefined;
}

/** The tags that follow `updatedTag` directly, in the spec's order (vectors `historyPush`, his-11 to his-19). */
export function trackingTags(stream: AliasStream, updatedTag: string): string[] {
  return stream.spec.tags.filter((tag) => followedTag(stream, tag) === updatedTag).map(({ name }) => name);
}

export type FollowedTag =
  /** `multiple`: at least one hop was taken. */
  | { readonly ok: true; readonly finalTag: string; readonly multiple: boolean }
  | {
      readonly ok: false;
      readonly error:
        | 'reference tag is circular'
        | 'reference tag is not found'
        | 'reference tag is invalid'
        | 'reference tag points to another imagestream';
    };

/** Follows a tag within its stream to the one that follows no other (vectors `followTag`). */
export function followTag(stream: AliasStream, tag: string): FollowedTag {
  const tags = new Map(stream.spec.tags.map((candidate) => [candidate.name, candidate]));
  const seen = new Set<string>();
  let current = tag;
  for (;;) {
    if (seen.has(current)) return { ok: false, error: 'reference tag is circular' };
    const found = tags.get(current);
    if (found === undefined) return { ok: false, error: 'reference tag is not found' };
    if (found.from?.kind !== 'ImageStreamTag') {
      return { ok: true, finalTag: current, multiple: seen.size > 0 };
    }
    if (!parseSource(found.from, stream.metadata).ok) return { ok: false, error: 'reference tag is invalid' };
    const next = followedTag(stream, found);
    if (next === undefined) return { ok: false, error: 'reference tag points to another imagestream' };
    seen.add(current);
    current = next;
  }
}

/**
 * The circles of tags that follow each other, each once: `["a", "b", "a"]` where a follows b and b follows a. Each begins
 * with its smallest name, so that equal circles of two versions of a stream are equal. Takes time linear in the tags.
 */
export function findCycles(stream: AliasStream): string[][] {
  const follows = new Map(stream.spec.tags.map((tag) => [tag.name, followedTag(stream, tag)]));
  const walkOf = new Map<string, number>();
  const cycles: string[][] = [];
  for (const [walk, start] of [...follows.keys()].entries()) {
    const path: string[] = [];
    let current: string | undefined = start;
    while (current !== undefined && follows.has(current) && !walkOf.has(current)) {
      walkOf.set(current, walk);
      path.push(current);
      current = follows.get(current);
    }
    if (current !== undefined && walkOf.get(current) === walk) {
      cycles.push(closedCircle(path.slice(path.indexOf(current))));
    }
  }
  return cycles;
}

function closedCircle(members: readonly string[]): string[] {
  const first = members.reduce((smallest, name) => (name < smallest ? name : smallest));
  const at = members.indexOf(first);
  return [...members.slice(at), ...members.slice(0, at), first];
}

/** The circle in words: "tags a -> b -> a follow each other in a circle". */
export function cycleText(cycle: readonly string[]): string {
  return `tags ${cycle.join(' -> ')} follow each other in a circle`;
}

/**
 * Pushes the newest event of every changed tag to the tags that follow it, to those that follow them, and so on. Upstream is
 * sure of one hop only. A tag is visited once and after the tag that it follows, so that circles end and every alias of a
 * chain ends equal to its root; doing it again changes nothing. A tag without events is not followed, nor is its deletion.
 *
 * @param changed the tags whose newest event is new
 * @param generationOf the generation of a tag that follows; undefined: that of the event
 * @returns the status tags; the very list where nothing changed
 */
export function propagate(
  stream: AliasStream,
  statusTags: readonly StatusTag[],
  changed: readonly string[],
  generationOf: (tag: string) => number | undefined,
): readonly StatusTag[] {
  const graph = aliasGraph(stream);
  const status = new Map(statusTags.map((tag) => [tag.tag, tag]));
  const visited = new Set<string>();
  let isChanged = false;
  for (const start of startingPoints(stream, graph, changed)) {
    visited.add(start);
    const waiting = [start];
    for (let source = waiting.pop(); source !== undefined; source = waiting.pop()) {
      for (const follower of graph.followers.get(source) ?? []) {
        if (visited.has(follower)) continue;
        visited.add(follower);
        waiting.push(follower);
        const moved = followOnce(status, source, follower, generationOf(follower));
        if (moved === undefined) continue;
        status.set(follower, moved);
        isChanged = true;
      }
    }
  }
  return isChanged ? [...status.values()] : statusTags;
}

function followOnce(
  status: ReadonlyMap<string, StatusTag>,
  source: string,
  follower: string,
  generation: number | undefined,
): StatusTag | undefined {
  const newest = status.get(source)?.items[0];
  if (newest === undefined) return undefined;
  const held = status.get(follower) ?? { tag: follower, items: [], conditions: [] };
  const numbered = generation ?? followingGeneration(newest, held.items[0]);
  const pushed = pushEvent(held, numbered === undefined ? newest : { ...newest, generation: numbered });
  return pushed.changed ? { ...held, ...pushed.history } : undefined;
}

/** A tag that follows another one takes its generation over, but two of its own images never have the same. */
function followingGeneration(newest: TagEvent, own: TagEvent | undefined): number | undefined {
  if (own?.generation === undefined) return newest.generation;
  const least = own.image === newest.image ? own.generation : own.generation + 1;
  return Math.max(newest.generation ?? 0, least);
}

interface AliasGraph {
  readonly follows: ReadonlyMap<string, string>;
  readonly followers: ReadonlyMap<string, readonly string[]>;
}

function aliasGraph(stream: AliasStream): AliasGraph {
  const follows = new Map<string, string>();
  const followers = new Map<string, string[]>();
  for (const tag of stream.spec.tags) {
    const followed = followedTag(stream, tag);
    if (followed === undefined) continue;
    follows.set(tag.name, followed);
    const known = followers.get(followed);
    if (known === undefined) followers.set(followed, [tag.name]);
    else known.push(tag.name);
  }
  return { follows, followers };
}

/**
 * The changed tags that no other change reaches, and those of circles: what else is changed follows one of these, and is
 * visited on the way.
 */
function startingPoints(
  stream: AliasStream,
  { follows, followers }: AliasGraph,
  changed: readonly string[],
): readonly string[] {
  const reached = new Set(changed);
  for (const tag of reached) for (const follower of followers.get(tag) ?? []) reached.add(follower);
  const circular = new Set(findCycles(stream).flat());
  const isReached = (followed: string | undefined) => followed !== undefined && reached.has(followed);
  return changed.filter((tag) => circular.has(tag) || !isReached(follows.get(tag)));
}
