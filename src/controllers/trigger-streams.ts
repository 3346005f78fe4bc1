import { readImageStream } from '../imagestream/read.ts';
import type { TagEvent } from '../imagestream/types.ts';
import { asList, asObject, asText, objectAt, type JsonObject } from '../json/untyped.ts';
import type { TriggerStream } from '../trigger/tag-facts.ts';

/** A stream as triggers read it. */
export interface FollowedStream {
  /** Another one of the same name begins anew: its generations, too. */
  readonly uid: string;
  readonly stream: TriggerStream;
}

export function readFollowedStream(raw: unknown): FollowedStream {
  const { tags, ...status } = readImageStream(raw).status;
  const rawTags = asList(objectAt(raw, 'status').tags);
  return {
    uid: asText(objectAt(raw, 'metadata').uid),
    stream: {
      ...readImageStream(raw),
      // Both lists come from the same raw list, in its order.
      status: { ...status, tags: tags.map((tag, index) => ({ ...tag, ...observedIn(rawTags[index]) })) },
    },
  };
}

/** The newest event of a tag. */
export function newestEvent({ stream }: FollowedStream, tag: string): TagEvent | undefined {
  return stream.status.tags.find((candidate) => candidate.tag === tag)?.items[0];
}

/**
 * The status of a raw stream with fan-outs recorded, everything else as it is; undefined where that changes nothing. A tag that
 * has moved on meanwhile, or gone, is passed over: its own fan-out will be recorded.
 *
 * @param fanOuts tag → the generation that all who follow it have come to
 */
export function statusWithFanOuts(
  raw: unknown,
  fanOuts: ReadonlyMap<string, number>,
): JsonObject | undefined {
  const status = objectAt(raw, 'status');
  const before = asList(status.tags);
  const tags = before.map((entry) => {
    const { tag, items, observed } = asObject(entry);
    const generation = fanOuts.get(asText(tag));
    const { generation: newest } = asObject(asList(items)[0]);
    const { triggeredGeneration } = asObject(observed);
    const isKept = generation === undefined || generation !== newest || triggeredGeneration === generation;
    if (isKept) return entry;
    return { ...asObject(entry), observed: { ...asObject(observed), triggeredGeneration: generation } };
  });
  return tags.every((entry, index) => entry === before[index]) ? undefined : { ...status, tags };
}

function observedIn(rawTag: unknown): { readonly observed?: { readonly triggeredGeneration: number } } {
  const { triggeredGeneration } = objectAt(rawTag, 'observed');
  return typeof triggeredGeneration === 'number' ? { observed: { triggeredGeneration } } : {};
}
