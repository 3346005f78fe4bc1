import { latestEvent, specTag } from './pull-spec.ts';
import type { ImageStream, ReferencePolicy, TagEvent } from './types.ts';

/** What a decision needs to know of one tag of one stream, and nothing else: a store may answer it from any form. */
export interface StreamTag {
  readonly namespace: string;
  readonly stream: string;
  readonly tag: string;
  /** `spec.lookupPolicy.local`: the stream is open for short names. */
  readonly localLookup: boolean;
  /** `status.dockerImageRepository`; undefined where it is absent, which is not the same as empty. */
  readonly repository: string | undefined;
  /** Of the spec tag of this name; `Source` where there is none. */
  readonly referencePolicy: ReferencePolicy;
  /** Of the spec tag of this name. */
  readonly annotations: Readonly<Record<string, string>>;
  /** The newest history item; undefined where the tag has none, or names no image. */
  readonly event: TagEvent | undefined;
}

const none: Readonly<Record<string, string>> = {};

/** The facts of one tag, whether it exists or not (spec openshift-admission.md 2.4). */
export function streamTag(stream: ImageStream, tag: string): StreamTag {
  const spec = specTag(stream, tag);
  const event = latestEvent(stream, tag);
  return {
    namespace: stream.metadata.namespace,
    stream: stream.metadata.name,
    tag,
    localLookup: stream.spec.lookupPolicy.local,
    repository: stream.status.dockerImageRepository,
    referencePolicy: spec?.referencePolicy ?? 'Source',
    annotations: spec?.annotations ?? none,
    event: event === undefined || event.image === '' ? undefined : event,
  };
}

/** The tags that name an image, those that moved last first. */
export function tagNames(stream: ImageStream): readonly string[] {
  const created = ({ items }: { readonly items: readonly TagEvent[] }) => items[0]?.created ?? '';
  return stream.status.tags
    .filter(({ items }) => items[0] !== undefined && items[0].image !== '')
    .toSorted((a, b) => (created(a) < created(b) ? 1 : created(a) > created(b) ? -1 : 0))
    .map(({ tag }) => tag);
}

/**
 * The event of a stream's history that an image stream image names: `id` is a digest, or a prefix of it or of its hex
 * part (spec openshift-admission.md 3.4).
 */
export function streamImage(stream: ImageStream, id: string): TagEvent | undefined {
  const matches = ({ image }: TagEvent) =>
    image !== '' && (image.startsWith(id) || image.slice(image.indexOf(':') + 1).startsWith(id));
  for (const { items } of stream.status.tags) {
    const found = items.find(matches);
    if (found !== undefined) return found;
  }
  return undefined;
}
