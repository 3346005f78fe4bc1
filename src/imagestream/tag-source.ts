import { parseReference } from '../reference/parse.ts';
import type { ImageReference } from '../reference/reference.ts';
import { defaultTag, latestEvent } from './pull-spec.ts';
import { copiedReference, type StreamName } from './repository.ts';
import type { ImageStream, ObjectReference, TagEvent, TagReference } from './types.ts';

/** What a spec tag follows. Stream and namespace are always filled in. */
export type TagSource =
  | { readonly kind: 'DockerImage'; readonly reference: ImageReference }
  | {
      readonly kind: 'ImageStreamTag';
      readonly namespace: string;
      readonly stream: string;
      readonly tag: string;
    }
  | {
      readonly kind: 'ImageStreamImage';
      readonly namespace: string;
      readonly stream: string;
      readonly id: string;
    };

export type ParsedSource =
  | { readonly ok: true; readonly source: TagSource }
  /** `field` is the part of `from` that is wrong. */
  | { readonly ok: false; readonly field: 'from.kind' | 'from.name'; readonly message: string };

export const sourceKinds = ['DockerImage', 'ImageStreamTag', 'ImageStreamImage'] as const;

/**
 * Reads what `from` names (spec imagestream-system.md 1.2):
 *
 *     DockerImage        an image reference
 *     ImageStreamTag     TAG of this stream, or STREAM:TAG
 *     ImageStreamImage   ID of this stream, or STREAM@ID; an id is a digest or a prefix of it
 *
 * @param stream whose spec tag it is
 */
export function parseSource(from: ObjectReference, stream: StreamName): ParsedSource {
  const namespace = from.namespace === undefined || from.namespace === '' ? stream.namespace : from.namespace;
  switch (from.kind) {
    case 'DockerImage':
      return parseDockerImage(from.name);
    case 'ImageStreamTag': {
      const named = splitName(from.name, ':', stream.name);
      if (named === undefined) return badName(from.name, 'must be of the form TAG or STREAM:TAG');
      // "web:" reads as "web:latest" (vector his-17).
      const tag = named.rest === '' ? defaultTag : named.rest;
      return { ok: true, source: { kind: 'ImageStreamTag', namespace, stream: named.stream, tag } };
    }
    case 'ImageStreamImage': {
      const named = splitName(from.name, '@', stream.name);
      if (named === undefined || named.rest === '') {
        return badName(
          from.name,
          'must be of the form ID or STREAM@ID, where ID is a digest or its beginning',
        );
      }
      return {
        ok: true,
        source: { kind: 'ImageStreamImage', namespace, stream: named.stream, id: named.rest },
      };
    }
    default:
      return {
        ok: false,
        field: 'from.kind',
        message: `"${from.kind}" is no kind that a tag can follow; there are ${sourceKinds.join(', ')}`,
      };
  }
}

function parseDockerImage(name: string): ParsedSource {
  const parsed = parseReference(name);
  if (!parsed.ok) return badName(name, `is no image reference: ${parsed.error}`);
  // "my.app:v1" reads as a registry: what looks like a host is one.
  if (parsed.reference.name === '') {
    return badName(name, 'names a registry but no image in it; write it out, as in docker.io/library/NAME');
  }
  return { ok: true, source: { kind: 'DockerImage', reference: parsed.reference } };
}

function badName(name: string, message: string): ParsedSource {
  return { ok: false, field: 'from.name', message: `"${name}" ${message}` };
}

/** "STREAM<separator>REST" or "REST" of `ownStream`; undefined where it is neither. */
function splitName(
  name: string,
  separator: ':' | '@',
  ownStream: string,
): { readonly stream: string; readonly rest: string } | undefined {
  const [first = '', rest, ...more] = name.split(separator);
  if (first === '' || more.length > 0) return undefined;
  return rest === undefined ? { stream: ownStream, rest: first } : { stream: first, rest };
}

/** The field path of a part of a spec tag, as the API server writes it. */
export function tagField(tag: string, part: string): string {
  return part === '' ? `spec.tags[${tag}]` : `spec.tags[${tag}].${part}`;
}

/** What a spec tag comes to that no registry has to be asked for. */
export type LocalEvaluation =
  | { readonly outcome: 'event'; readonly event: TagEvent }
  /** An import is to answer, or what it follows is not tagged yet. */
  | { readonly outcome: 'nothing' }
  | {
      readonly outcome: 'error';
      readonly reason: 'Invalid' | 'NotFound';
      readonly field: string;
      readonly message: string;
    };

export interface LocalEvaluationSettings {
  /** The stream that the tag belongs to. */
  readonly destination: StreamName;
  /** The tag's effective generation. */
  readonly generation: number | undefined;
  /** RFC 3339. */
  readonly now: string;
  readonly internalRegistryHostname: string;
}

/**
 * Evaluates a spec tag from what streams hold (spec imagestream-system.md 1.5; vectors `historyPush`, his-39 to his-44).
 *
 * @param sourceStream the stream that the source names, where it is one of the stream kinds; undefined: there is none
 */
export function evaluateLocalSource(
  tag: TagReference & { readonly from: ObjectReference },
  source: TagSource,
  sourceStream: ImageStream | undefined,
  { destination, generation, now, internalRegistryHostname }: LocalEvaluationSettings,
): LocalEvaluation {
  const numbered = generation === undefined ? {} : { generation };
  if (source.kind === 'DockerImage') {
    if (tag.reference !== true) return { outcome: 'nothing' };
    return {
      outcome: 'event',
      event: { created: now, dockerImageReference: tag.from.name, image: '', ...numbered },
    };
  }
  const field = tagField(tag.name, 'from.name');
  if (sourceStream === undefined) {
    const message = `there is no image stream "${source.stream}" in namespace "${source.namespace}"`;
    return { outcome: 'error', reason: 'NotFound', field, message };
  }
  const found = sourceEvent(sourceStream, source);
  if (!found.ok) return { outcome: 'error', reason: 'Invalid', field, message: found.message };
  if (found.event === undefined) return { outcome: 'nothing' };
  const { created, image } = found.event;
  const copied = copiedReference(
    found.event,
    { namespace: source.namespace, name: source.stream },
    { ...destination, reference: tag.reference === true },
    internalRegistryHostname,
  );
  // A tag's event keeps its age; one that is taken from the history is tagged now.
  const createdNow = source.kind === 'ImageStreamImage' || created === undefined ? now : created;
  return {
    outcome: 'event',
    event: { created: createdNow, dockerImageReference: copied, image, ...numbered },
  };
}

type FoundEvent =
  | { readonly ok: true; readonly event: TagEvent | undefined }
  | { readonly ok: false; readonly message: string };

function sourceEvent(stream: ImageStream, source: Exclude<TagSource, { kind: 'DockerImage' }>): FoundEvent {
  if (source.kind === 'ImageStreamTag') return { ok: true, event: latestEvent(stream, source.tag) };
  return imageOfHistory(stream, source.id);
}

/** The event of the one image of a stream's history that `id` names. A prefix that fits several images is an error. */
export function imageOfHistory(stream: ImageStream, id: string): FoundEvent {
  const fits = ({ image }: TagEvent) =>
    image !== '' && (image.startsWith(id) || image.slice(image.indexOf(':') + 1).startsWith(id));
  const events = stream.status.tags.flatMap(({ items }) => items.filter(fits));
  const images = new Set(events.map(({ image }) => image));
  const { namespace, name } = stream.metadata;
  const where = `the history of image stream "${name}" in namespace "${namespace}"`;
  if (images.size === 0) return { ok: false, message: `no image "${id}" in ${where}` };
  if (images.size > 1) {
    return {
      ok: false,
      message: `"${id}" is the beginning of ${images.size} images in ${where}; write more of it`,
    };
  }
  return { ok: true, event: events[0] };
}
