import { formatReference } from '../reference/format.ts';
import { parseReference } from '../reference/parse.ts';
import type { ImageStream, ReferencePolicy, TagEvent, TagReference } from './types.ts';

/** The tag that is meant where none is named. */
export const defaultTag = 'latest';

/** The newest history item of a tag; the empty tag means `latest`. Spec tags are never used to find an image. */
export function latestEvent(stream: ImageStream, tag: string): TagEvent | undefined {
  return tagEvents(stream, tag)[0];
}

const noEvents: readonly TagEvent[] = [];

/** The history of a tag, newest first; the empty tag means `latest`. */
export function tagEvents(stream: ImageStream, tag: string): readonly TagEvent[] {
  const wanted = tag === '' ? defaultTag : tag;
  return stream.status.tags.find((candidate) => candidate.tag === wanted)?.items ?? noEvents;
}

export function specTag(stream: ImageStream, tag: string): TagReference | undefined {
  const wanted = tag === '' ? defaultTag : tag;
  return stream.spec.tags.find((candidate) => candidate.name === wanted);
}

/**
 * Where a tag event is pulled from under a reference policy: the recorded reference, or, for `Local`, the stream's own
 * repository with the image's digest (spec openshift-admission.md 2.4; vectors `tagResolution`).
 */
export function pullSpecOf(event: TagEvent, policy: ReferencePolicy, repository: string | undefined): string {
  if (policy === 'Source' || event.image === '' || repository === undefined || repository === '') {
    return event.dockerImageReference;
  }
  const parsed = parseReference(repository);
  if (!parsed.ok) return event.dockerImageReference;
  return formatReference({ ...parsed.reference, tag: '', id: event.image });
}

/** The pull spec of a tag's newest event, or undefined where the tag has none (vectors `tagResolution`, `resolveLatest`). */
export function latestPullSpec(stream: ImageStream, tag: string): string | undefined {
  const event = latestEvent(stream, tag);
  if (event === undefined) return undefined;
  const policy = specTag(stream, tag)?.referencePolicy ?? 'Source';
  return pullSpecOf(event, policy, stream.status.dockerImageRepository);
}

/** Which pull spec a caller wants while a newer spec tag has not been imported yet. */
export type Pending = 'recent' | 'newest';

export type TagPullSpec =
  | {
      readonly ok: true;
      readonly pullSpec: string;
      /** It is an image that was imported or pushed. */
      readonly hasStatus: boolean;
      /** Nothing was ever tagged: the pull spec points where a push would go. */
      readonly isTagEmpty: boolean;
      /** The spec tag asks for something newer than this. */
      readonly hasNewer: boolean;
    }
  | { readonly ok: false; readonly error: string };

/**
 * The pull spec of a tag, imported or not: `recent` takes the last imported image though a newer spec tag is pending,
 * `newest` looks through to the pending source (vectors `tagResolution`, `resolveRecent` and `resolveNewest`).
 * `external` prefers the public repository for a tag that is empty.
 */
export function tagPullSpec(
  stream: ImageStream,
  tag: string,
  pending: Pending,
  external: boolean,
): TagPullSpec {
  const event = latestEvent(stream, tag);
  const spec = specTag(stream, tag);
  const hasNewer = event !== undefined && (spec?.generation ?? 0) > (event.generation ?? 0);
  if (event !== undefined && !(hasNewer && pending === 'newest')) {
    const pullSpec = pullSpecOf(
      event,
      spec?.referencePolicy ?? 'Source',
      stream.status.dockerImageRepository,
    );
    return { ok: true, pullSpec, hasStatus: true, isTagEmpty: false, hasNewer };
  }
  if (spec?.from !== undefined) {
    return spec.from.kind === 'DockerImage' && spec.referencePolicy === 'Source'
      ? { ok: true, pullSpec: spec.from.name, hasStatus: false, isTagEmpty: false, hasNewer: false }
      : { ok: false, error: 'the pull spec cannot be determined yet' };
  }
  return emptyTagPullSpec(stream, tag === '' ? defaultTag : tag, external);
}

function emptyTagPullSpec({ status }: ImageStream, tag: string, external: boolean): TagPullSpec {
  const publicRepository = external ? status.publicDockerImageRepository : undefined;
  const repository = [publicRepository, status.dockerImageRepository].find(
    (name) => name !== undefined && name !== '',
  );
  if (repository === undefined) {
    return { ok: false, error: 'no image repository has been set on the image stream status' };
  }
  return { ok: true, pullSpec: `${repository}:${tag}`, hasStatus: false, isTagEmpty: true, hasNewer: false };
}
