import { defaultTag, pullSpecOf, specTag } from '../imagestream/pull-spec.ts';
import { mapToLocal, type LocalPlaces } from '../imagestream/local-registry.ts';
import { internalRepository } from '../imagestream/repository.ts';
import type { TagEvent } from '../imagestream/types.ts';
import type { WholeStream } from '../imagestream/whole-stream.ts';
import { formatReference } from '../reference/format.ts';
import { parseReference } from '../reference/parse.ts';

/** A tag of an image stream, in full. */
export interface TagName {
  readonly namespace: string;
  readonly stream: string;
  readonly tag: string;
}

/** How an image stands to a tag. */
export type TagState =
  | { readonly kind: 'current' }
  /** The tag has moved on `by` times; `since`: when it first did. */
  | { readonly kind: 'behind'; readonly by: number; readonly since?: string }
  /** The tag's history does not have the image (any longer). */
  | { readonly kind: 'unrelated' }
  /** A name that nothing has replaced by an image. */
  | { readonly kind: 'unresolved' }
  | { readonly kind: 'noImage' }
  | { readonly kind: 'noTag' }
  /** Its stream may not be read. */
  | { readonly kind: 'unknown' };

/** The streams that are known, asked from the images' side. */
export interface TagBook {
  readonly stream: (namespace: string, name: string) => WholeStream | undefined;
  /** The tag whose history has the image under this pull spec: the own namespace's first, then where it is newest. */
  readonly tagOfImage: (image: string, namespace: string) => TagName | undefined;
  readonly stateOf: (image: string, name: TagName) => TagState;
}

/**
 * @param unreadable streams, "namespace/name", that are there and may not be read
 */
export function createTagBook(
  streams: readonly WholeStream[],
  places: LocalPlaces,
  unreadable: ReadonlySet<string>,
): TagBook {
  const byName = new Map(streams.map((stream) => [keyOf(stream.metadata), stream]));
  const byPullSpec = Map.groupBy(
    streams.flatMap((stream) => placedEvents(stream, places)),
    ({ pullSpec }) => pullSpec,
  );
  return {
    stream: (namespace, name) => byName.get(`${namespace}/${name}`),
    tagOfImage: (image, namespace) => {
      const [best] = (byPullSpec.get(image) ?? []).toSorted((a, b) => {
        const foreign = (event: PlacedEvent) => (event.tag.namespace === namespace ? 0 : 1);
        const isLatest = (event: PlacedEvent) => (event.tag.tag === defaultTag ? 1 : 0);
        return foreign(a) - foreign(b) || a.index - b.index || isLatest(a) - isLatest(b);
      });
      return best?.tag;
    },
    stateOf: (image, { namespace, stream: name, tag }) => {
      if (unreadable.has(`${namespace}/${name}`)) return { kind: 'unknown' };
      const stream = byName.get(`${namespace}/${name}`);
      const history = stream?.status.tags.find((candidate) => candidate.tag === tag);
      if (stream === undefined || (history === undefined && specTag(stream, tag) === undefined)) {
        return { kind: 'noTag' };
      }
      const items = history?.items ?? [];
      if (items.length === 0) return { kind: 'noImage' };
      const index = items.findIndex((event) =>
        isImageOf(event, image, pullSpecsOf(stream, tag, event, places)),
      );
      if (index < 0) return { kind: 'unrelated' };
      if (index === 0) return { kind: 'current' };
      const since = items[index - 1]?.created;
      return { kind: 'behind', by: index, ...(since === undefined ? {} : { since }) };
    },
  };
}

interface PlacedEvent {
  readonly pullSpec: string;
  readonly tag: TagName;
  /** 0: the newest. */
  readonly index: number;
}

function placedEvents(stream: WholeStream, places: LocalPlaces): readonly PlacedEvent[] {
  const { namespace, name } = stream.metadata;
  return stream.status.tags.flatMap(({ tag, items }) =>
    items.flatMap((event, index) =>
      pullSpecsOf(stream, tag, event, places).map((pullSpec) => ({
        pullSpec,
        tag: { namespace, stream: name, tag },
        index,
      })),
    ),
  );
}

/** Every text under which an event may stand in a workload: its source, and where policy `Local` leads. */
function pullSpecsOf(
  stream: WholeStream,
  tag: string,
  event: TagEvent,
  { internalRegistryHostname, localRegistry }: LocalPlaces,
): readonly string[] {
  const source = event.dockerImageReference;
  if ((specTag(stream, tag)?.referencePolicy ?? 'Source') === 'Source') return [source];
  const { dockerImageRepository = '' } = stream.status;
  const repository =
    dockerImageRepository === ''
      ? internalRepository(internalRegistryHostname, stream.metadata)
      : dockerImageRepository;
  const parsed = parseReference(source);
  const cached = parsed.ok ? mapToLocal(parsed.reference, localRegistry) : undefined;
  return [
    ...new Set([
      source,
      pullSpecOf(event, 'Local', repository),
      ...(cached === undefined ? [] : [formatReference(cached)]),
    ]),
  ];
}

/** A digest names an image wherever it lies: mirrors and caches change the rest. */
function isImageOf(event: TagEvent, image: string, pullSpecs: readonly string[]): boolean {
  const at = image.indexOf('@');
  return pullSpecs.includes(image) || (event.image !== '' && at >= 0 && image.slice(at + 1) === event.image);
}

function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}
