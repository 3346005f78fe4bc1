import { pullingTag, triggeredPullSpec } from '../imagestream/istag.ts';
import type { LocalPlaces } from '../imagestream/local-registry.ts';
import type { ImageStream, NamedTagEventList } from '../imagestream/types.ts';
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
  const [newest, ...older] = status?.items ?? [];
  if (newest === undefined) return undefined;
  const pulling = pullingTag(stream, tag);
  const pullSpec = triggeredPullSpec(newest, pulling, places);
  if (pullSpec === undefined) return undefined;
  return {
    pullSpec,
    generation: newest.generation ?? 0,
    // Most looks at a tag need no more than its newest image.
    get earlier() {
      return older.flatMap((event) => triggeredPullSpec(event, pulling, places) ?? []);
    },
    triggered: status?.observed?.triggeredGeneration,
  };
}
