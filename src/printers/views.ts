import { mapToLocal, type LocalPlaces } from '../imagestream/local-registry.ts';
import { pullSpecOf } from '../imagestream/pull-spec.ts';
import { imageNameOf, readImageStream } from '../imagestream/read.ts';
import { internalRepository } from '../imagestream/repository.ts';
import type { ImageStream, NamedTagEventList, ReferencePolicy, TagEvent } from '../imagestream/types.ts';
import { asList, asObject, asText, asTextMap, isObject, type JsonObject } from '../json/untyped.ts';
import { formatReference } from '../reference/format.ts';
import { parseReference } from '../reference/parse.ts';

/**
 * The objects that an OpenShift API server makes up from an image stream and its Images (spec imagestream-system.md 2): where
 * streams are custom resources or files, nobody else does.
 */

const apiVersion = 'image.openshift.io/v1';

/**
 * The ImageStreamTag of one tag (spec 2.1).
 *
 * @param stream the raw ImageStream
 * @param image the raw Image of the tag's newest event. Without it the view holds what the event knows, as in a list;
 *   upstream answers 404
 * @returns undefined where reading it answers 404: the tag has no event, or a reference that names no image
 */
export function streamTagView(
  stream: unknown,
  tag: string,
  image: unknown,
  local: LocalPlaces,
): JsonObject | undefined {
  const whole = readStream(stream);
  const list = whole.read.status.tags.find((candidate) => candidate.tag === tag);
  return list === undefined ? undefined : tagView(whole, list, image, local);
}

/** A stream, as it came and as it is read. */
interface Stream {
  readonly metadata: JsonObject;
  readonly read: ImageStream;
  readonly specTags: ReadonlyMap<string, unknown>;
  readonly conditions: ReadonlyMap<string, unknown>;
}

function readStream(raw: unknown): Stream {
  const { metadata, spec, status } = asObject(raw);
  return {
    metadata: asObject(metadata),
    read: readImageStream(raw),
    specTags: new Map(asList(asObject(spec).tags).map((tag) => [asText(asObject(tag).name), tag])),
    conditions: new Map(
      asList(asObject(status).tags).map((list) => [asText(asObject(list).tag), asObject(list).conditions]),
    ),
  };
}

function tagView(
  { metadata, read, specTags, conditions }: Stream,
  { tag, items }: NamedTagEventList,
  image: unknown,
  local: LocalPlaces,
): JsonObject | undefined {
  const [event] = items;
  if (event === undefined || event.image === '') return undefined;
  const { name, namespace, labels, uid, resourceVersion, creationTimestamp } = metadata;
  const specTag = specTags.get(tag);
  const { annotations: rawAnnotations, referencePolicy } = asObject(specTag);
  const annotations = asTextMap(rawAnnotations);
  const policy = asObject(referencePolicy).type === 'Local' ? 'Local' : 'Source';
  const tagConditions = asList(conditions.get(tag));
  return withoutUndefined({
    apiVersion,
    kind: 'ImageStreamTag',
    metadata: withoutUndefined({
      name: `${asText(name)}:${tag}`,
      namespace,
      uid,
      resourceVersion,
      creationTimestamp: event.created ?? creationTimestamp,
      labels,
      annotations: nonEmpty(annotations),
    }),
    tag: specTag ?? null,
    generation: event.generation ?? 0,
    lookupPolicy: { local: read.spec.lookupPolicy.local },
    conditions: tagConditions.length === 0 ? undefined : tagConditions,
    image: imageView(image, event, localPullSpec(read, event, policy, local), annotations),
  });
}

/** The ImageStreamTags of a stream, as a list has them: of each image its name and reference only (spec 2.1). */
export function streamTagViews(stream: unknown, local: LocalPlaces): JsonObject[] {
  const whole = readStream(stream);
  return whole.read.status.tags
    .map((list) => tagView(whole, list, undefined, local))
    .filter((view) => view !== undefined);
}

export type StreamImage =
  | {
      readonly ok: true;
      /** Its digest in full. */
      readonly image: string;
      /** The newest event of it, or of the index that it is a part of. */
      readonly event: TagEvent;
      /** It is a part of the event's image. */
      readonly isPart: boolean;
    }
  | {
      readonly ok: false;
      readonly reason: 'NotFound' | 'Ambiguous';
      /** The images that `id` may mean. */
      readonly candidates: readonly string[];
      readonly message: string;
    };

/**
 * Which image of a stream `id` names: a digest, or the beginning of it or of its hex part (spec 2.3). Upstream takes an
 * arbitrary one of several; here that is an error.
 *
 * @param images raw Images that are known: the parts of those that are an index are found, too
 */
export function findStreamImage(stream: unknown, id: string, images: readonly unknown[] = []): StreamImage {
  const { metadata, status } = readImageStream(stream);
  const parts = new Map(images.map((image) => [nameOf(image), partsOf(image)]));
  const known = new Map<string, { readonly event: TagEvent; readonly isPart: boolean }>();
  const events = status.tags.flatMap(({ items }) => items).filter(({ image }) => image !== '');
  for (const event of events) {
    if (known.get(event.image)?.isPart !== false) known.set(event.image, { event, isPart: false });
    for (const part of parts.get(event.image) ?? []) {
      if (!known.has(part)) known.set(part, { event, isPart: true });
    }
  }
  const candidates = [...known.keys()].filter((image) => id !== '' && isPrefix(id, image));
  const [image = '', ...more] = candidates;
  const found = known.get(image);
  if (found === undefined) {
    const message = `imagestreamimages.image.openshift.io "${metadata.name}@${id}" not found`;
    return { ok: false, reason: 'NotFound', candidates, message };
  }
  if (more.length > 0 && image !== id) {
    const message = `"${id}" is the beginning of ${candidates.length} images of "${metadata.name}"; write more of it`;
    return { ok: false, reason: 'Ambiguous', candidates, message };
  }
  return { ok: true, image, ...found };
}

export type StreamImageView =
  { readonly ok: true; readonly view: JsonObject } | Extract<StreamImage, { ok: false }>;

/**
 * The ImageStreamImage that `id` names; the name of the view is what was asked for (spec 2.3).
 *
 * @param image the raw Image that `findStreamImage` says; without it the view holds what the event knows
 * @param images as for `findStreamImage`
 */
export function streamImageView(
  stream: unknown,
  id: string,
  image: unknown,
  images: readonly unknown[] = [],
): StreamImageView {
  const found = findStreamImage(stream, id, images);
  if (!found.ok) return found;
  const { name, namespace, annotations } = asObject(asObject(stream).metadata);
  const { creationTimestamp } = asObject(asObject(image).metadata);
  const event = found.isPart ? { ...found.event, ...partEvent(found) } : found.event;
  const view = withoutUndefined({
    apiVersion,
    kind: 'ImageStreamImage',
    metadata: withoutUndefined({
      name: `${asText(name)}@${id}`,
      namespace,
      creationTimestamp: creationTimestamp ?? event.created,
      annotations,
    }),
    image: imageView(image, event, undefined, {}),
  });
  return { ok: true, view };
}

/** The event as if it had been of the part. */
function partEvent({ event, image }: Extract<StreamImage, { ok: true }>): Partial<TagEvent> {
  const parsed = parseReference(event.dockerImageReference);
  if (!parsed.ok) return { image };
  return { image, dockerImageReference: formatReference({ ...parsed.reference, tag: '', id: image }) };
}

/**
 * Where an image of a stream is pulled from. Reference policy `Local` leads to the stream's own repository; where there is
 * none, to the cache that holds the image (docs/local-registry.md).
 */
function localPullSpec(
  { metadata, status }: ImageStream,
  event: TagEvent,
  policy: ReferencePolicy,
  { internalRegistryHostname, localRegistry }: LocalPlaces,
): string {
  const repository =
    status.dockerImageRepository ?? internalRepository(internalRegistryHostname, metadata) ?? '';
  if (policy === 'Source' || repository !== '') return pullSpecOf(event, policy, repository);
  const parsed = parseReference(event.dockerImageReference);
  const cached = parsed.ok ? mapToLocal(parsed.reference, localRegistry) : undefined;
  if (cached === undefined) return event.dockerImageReference;
  return formatReference({ ...cached, tag: '', id: event.image });
}

/** The Image as a view shows it: without the texts of manifest and configuration. */
function imageView(
  image: unknown,
  event: TagEvent,
  dockerImageReference: string | undefined,
  tagAnnotations: Readonly<Record<string, string>>,
): JsonObject {
  if (!isObject(image)) {
    return {
      metadata: withoutUndefined({ name: event.image, annotations: nonEmpty(tagAnnotations) }),
      dockerImageReference: dockerImageReference ?? event.dockerImageReference,
    };
  }
  const { apiVersion: _version, kind: _kind, metadata, ...fields } = image;
  const { name, annotations, managedFields: _managers, ...more } = asObject(metadata);
  return withoutUndefined({
    ...fields,
    dockerImageManifest: undefined,
    dockerImageConfig: undefined,
    metadata: withoutUndefined({
      ...more,
      name: imageNameOf(asText(name)),
      annotations: nonEmpty({ ...asTextMap(annotations), ...tagAnnotations }),
    }),
    dockerImageReference: dockerImageReference ?? fields.dockerImageReference,
  });
}

function nameOf(image: unknown): string {
  return imageNameOf(asText(asObject(asObject(image).metadata).name));
}

function partsOf(image: unknown): string[] {
  return asList(asObject(image).dockerImageManifests).map((part) => asText(asObject(part).digest));
}

function isPrefix(id: string, image: string): boolean {
  return image.startsWith(id) || image.slice(image.indexOf(':') + 1).startsWith(id);
}

function nonEmpty(map: Readonly<Record<string, string>>): object | undefined {
  return Object.keys(map).length === 0 ? undefined : map;
}

function withoutUndefined(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
