import type { Presence } from '../importer/results.ts';
import { asList, asObject, asText, objectAt, stringAt, type JsonObject } from '../json/untyped.ts';
import { parseReference } from '../reference/parse.ts';
import { formatReference } from '../reference/format.ts';
import type { ObjectKey } from './object-client.ts';
import type { ImportAnswer, ImportOrder, TagAnswer } from './stream-actions.ts';
import { specTagOf, type SpecTagObject } from './stream-object.ts';

const apiVersion = 'image.openshift.io/v1';
/** On a stream: all its tags may be reached without valid TLS. */
const insecureAnnotation = 'openshift.io/image.insecureRepository';

/** A spec tag as OpenShift's API has it; our own stores have no generations. */
export interface NumberedSpecTag extends SpecTagObject {
  readonly generation?: number;
}

/** The tag of a `tag` command. Generation 0 has an image of a registry imported now (spec imagestream-system.md 5.3). */
export function askingToImport(tag: SpecTagObject): NumberedSpecTag {
  return tag.from?.kind === 'DockerImage' ? { ...tag, generation: 0 } : tag;
}

/** An ImageStreamTag with this spec tag, whose annotations have to be those of the object (spec imagestream-system.md 2.1). */
export function streamTagObject({ namespace, name }: ObjectKey, tag: NumberedSpecTag): JsonObject {
  const { annotations } = tag;
  return {
    apiVersion,
    kind: 'ImageStreamTag',
    metadata: {
      name: `${name}:${tag.name}`,
      namespace,
      ...(annotations === undefined ? {} : { annotations }),
    },
    tag,
  };
}

/**
 * The ImageStreamImport of an order (spec imagestream-system.md 2.4). Where there is a stream, its version goes along: what the
 * order was made from must still hold.
 */
export function importObject(order: ImportOrder, stream: JsonObject | undefined): JsonObject {
  const { key, tags, lookOnly } = order;
  const wanted = order.change(stream);
  const isInsecure = asObject(objectAt(wanted, 'metadata').annotations)[insecureAnnotation] === 'true';
  const resourceVersion = stringAt(objectAt(stream, 'metadata'), 'resourceVersion');
  const what =
    tags === 'repository'
      ? { repository: repositoryOf(wanted, order.repositoryPolicy ?? {}, isInsecure) }
      : { images: tags.map((tag) => imageOf(wanted, tag, isInsecure)) };
  return {
    apiVersion,
    kind: 'ImageStreamImport',
    metadata: { ...key, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
    spec: { import: !lookOnly, ...what },
  };
}

function imageOf(stream: JsonObject, tag: string, isInsecure: boolean): JsonObject {
  const spec = specTagOf(stream, tag);
  const { referencePolicy } = asObject(spec);
  return {
    from: { kind: 'DockerImage', name: asText(objectAt(spec, 'from').name) },
    to: { name: tag },
    importPolicy: { ...objectAt(spec, 'importPolicy'), ...(isInsecure ? { insecure: true } : {}) },
    ...(referencePolicy === undefined ? {} : { referencePolicy }),
  };
}

function repositoryOf(
  stream: JsonObject,
  { importPolicy = {}, referencePolicy }: NonNullable<ImportOrder['repositoryPolicy']>,
  isInsecure: boolean,
): JsonObject {
  return {
    from: { kind: 'DockerImage', name: asText(objectAt(stream, 'spec').dockerImageRepository) },
    importPolicy: { ...importPolicy, ...(isInsecure ? { insecure: true } : {}) },
    ...(referencePolicy === undefined ? {} : { referencePolicy }),
  };
}

/** What the answered ImageStreamImport tells: its HTTP status is a success also where every image failed. */
export function importAnswer(answered: JsonObject, tags: ImportOrder['tags']): ImportAnswer {
  const status = objectAt(answered, 'status');
  const repository = objectAt(status, 'repository');
  const failure = failureOf(objectAt(repository, 'status'));
  const names = asList(repository.additionalTags).map(asText);
  const images = asList(status.images).map((image, index) =>
    tagAnswer(image, tags === 'repository' ? '' : (tags[index] ?? '')),
  );
  return {
    // The stream of an answer may leave out what it is.
    stream:
      status.import === undefined || status.import === null
        ? undefined
        : { apiVersion, kind: 'ImageStream', ...asObject(status.import) },
    tags: [...asList(repository.images).map((image) => tagAnswer(image, '')), ...images],
    ...(failure === undefined ? {} : { repositoryFailure: failure }),
    ...(names.length === 0 ? {} : { additionalTags: { count: names.length, names } }),
    notes: [],
  };
}

function tagAnswer(answered: unknown, asked: string): TagAnswer {
  const { tag: given, image, status } = asObject(answered);
  const tag = asText(given) === '' ? asked : asText(given);
  const failure = failureOf(asObject(status));
  if (failure !== undefined) return { tag, ok: false, message: failure };
  if (image === undefined || image === null) {
    return { tag, ok: false, message: 'unknown error prevented import' };
  }
  return { tag, ok: true, image: { apiVersion, kind: 'Image', ...asObject(image) } };
}

function failureOf({ status, message, reason }: JsonObject): string | undefined {
  if (status !== 'Failure') return undefined;
  return [asText(message), asText(reason), 'unknown error prevented import'].find((text) => text !== '');
}

/**
 * An ImageStreamImport that looks for one image and writes nothing. All platforms of it count, so that an image of many is not
 * taken for gone because it lacks one.
 *
 * @param event the pull spec of the image in the stream's history
 * @returns undefined where the pull spec cannot be read
 */
export function presenceObject(
  key: ObjectKey,
  event: string,
  digest: string,
  isInsecure: boolean,
): JsonObject | undefined {
  const parsed = parseReference(event);
  if (!parsed.ok) return undefined;
  const name = formatReference({ ...parsed.reference, tag: '', id: digest });
  const importPolicy = { ...(isInsecure ? { insecure: true } : {}), importMode: 'PreserveOriginal' };
  return {
    apiVersion,
    kind: 'ImageStreamImport',
    metadata: { ...key },
    spec: { import: false, images: [{ from: { kind: 'DockerImage', name }, importPolicy }] },
  };
}

/** What the registry said of that image. */
export function presenceIn(answered: JsonObject): Presence {
  const [image] = asList(objectAt(answered, 'status').images);
  const { status, reason } = objectAt(image, 'status');
  if (status === 'Success') return 'present';
  return status === 'Failure' && reason === 'NotFound' ? 'gone' : 'unknown';
}
