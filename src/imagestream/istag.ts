import { formatReference } from '../reference/format.ts';
import { parseReference } from '../reference/parse.ts';
import { mapToLocal, noCaches, type LocalPlaces } from './local-registry.ts';
import { latestEvent, pullSpecOf, specTag } from './pull-spec.ts';
import { internalRepository } from './repository.ts';
import type { ImageStream, ReferencePolicy, TagEvent } from './types.ts';

export type StreamTagName =
  { readonly ok: true; readonly stream: string; readonly tag: string } | { readonly ok: false };

/** Reads "stream:tag": exactly one colon, no `@`, neither half empty (spec imagestream-system.md 2.1). */
export function parseStreamTagName(text: string): StreamTagName {
  const [stream = '', tag = '', ...more] = text.split(':');
  if (stream === '' || tag === '' || more.length > 0 || text.includes('@')) return { ok: false };
  return { ok: true, stream, tag };
}

/** Whether reading the image stream tag finds an image: reference tags have an event but no image (spec 2.1). */
export function hasImage(stream: ImageStream, tag: string): boolean {
  const image = latestEvent(stream, tag)?.image;
  return image !== undefined && image !== '';
}

/** What decides where the events of a tag are pulled from. */
export interface PullingTag {
  readonly namespace: string;
  readonly stream: string;
  readonly referencePolicy: ReferencePolicy;
  /** `status.dockerImageRepository`. */
  readonly repository: string | undefined;
}

/**
 * What a trigger's `from.name` resolves to: "stream:tag" where an empty tag means `latest`; the internal repository is
 * computed where the status has none (vectors `tagResolution`, `triggerTagLookup`).
 */
export function triggerPullSpec(
  stream: ImageStream,
  fromName: string,
  places: LocalPlaces,
): string | undefined {
  const colon = fromName.indexOf(':');
  if (colon < 0) return undefined;
  const tag = fromName.slice(colon + 1);
  const event = latestEvent(stream, tag);
  return event && triggeredPullSpec(event, pullingTag(stream, tag), places);
}

/** A stream as far as its tags' pull specs go. */
export function pullingTag(stream: ImageStream, tag: string): PullingTag {
  const { namespace, name } = stream.metadata;
  return {
    namespace,
    stream: name,
    referencePolicy: specTag(stream, tag)?.referencePolicy ?? 'Source',
    repository: stream.status.dockerImageRepository,
  };
}

/**
 * What a trigger writes for an event of a tag: its place under the reference policy, where `Local` leads to the integrated
 * registry, else to a cache of the source. An event that names an image is pinned to it: upstream writes what is recorded, tag
 * and all. Undefined where what is recorded names no image.
 */
export function triggeredPullSpec(
  event: TagEvent,
  { namespace, stream, referencePolicy, repository }: PullingTag,
  { internalRegistryHostname, localRegistry }: LocalPlaces,
): string | undefined {
  const known = repository === '' ? undefined : repository;
  const integrated = known ?? internalRepository(internalRegistryHostname, { namespace, name: stream });
  const parsed = parseReference(pullSpecOf(event, referencePolicy, integrated));
  if (!parsed.ok || parsed.reference.name === '') return undefined;
  const caches = referencePolicy === 'Local' && integrated === undefined ? localRegistry : noCaches;
  const placed = mapToLocal(parsed.reference, caches) ?? parsed.reference;
  return formatReference(event.image === '' ? placed : { ...placed, tag: '', id: event.image });
}
