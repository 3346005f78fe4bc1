import { pullingTag, triggeredPullSpec, type PullingTag } from '../imagestream/istag.ts';
import type { LocalPlaces } from '../imagestream/local-registry.ts';
import type { ImageStream, NamedTagEventList, TagEvent } from '../imagestream/types.ts';
import type { TagFacts } from './follow.ts';

/** An image stream as far as triggers read it. */
export interface TriggerStream extends ImageStream {
  readonly status: Omit<ImageStream['status'], 'tags'> & { readonly tags: readonly TriggeredTag[] };
}

interface TriggeredTag extends NamedTagEventList {
  readonly observed?: { readonly triggeredGeneration?: number };
}

/** The facts of a tag from its stream; undefined where it stands for nothing: a pending or failed first import, a vanished tag. */
export function tagFacts(stream: TriggerStream, tag: string, places: LocalPlaces): TagFacts | undefined {
  const status = stream.status.tags.find((candidate) => candidate.tag === tag);
  if (status === undefined) return undefined;
  const { items, observed } = status;
  return historyFacts(items, pullingTag(stream, tag), observed?.triggeredGeneration, places);
}

/** The same from a tag's history. */
export function historyFacts(
  [newest, ...older]: readonly TagEvent[],
  tag: PullingTag,
  triggered: number | undefined,
  places: LocalPlaces,
): TagFacts | undefined {
  const pullSpec = newest && triggeredPullSpec(newest, tag, places);
  if (pullSpec === undefined) return undefined;
  return {
    pullSpec,
    generation: newest?.generation ?? 0,
    // Most looks at a tag need no more than its newest image.
    get earlier() {
      return older.flatMap((event) => triggeredPullSpec(event, tag, places) ?? []);
    },
    triggered,
  };
}
