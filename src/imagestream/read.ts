import { asList, asObject, asText, asTextMap, isObject, type JsonObject } from '../json/untyped.ts';
import type {
  Image,
  ImageStream,
  NamedTagEventList,
  ObjectReference,
  TagEvent,
  TagReference,
} from './types.ts';

/**
 * Raw API objects → the types of this room. Reading is tolerant: nulls and missing lists become empty lists, fields of a
 * wrong type count as absent. It keeps only what is read, so that a store of many streams stays small.
 */

/** Reads an ImageStream of any completeness. A repeated spec tag name is no error upstream: the last one wins. */
export function readImageStream(raw: unknown): ImageStream {
  const { metadata, spec, status } = asObject(raw);
  const { namespace, name } = asObject(metadata);
  const { lookupPolicy, tags } = asObject(spec);
  const { dockerImageRepository, publicDockerImageRepository, tags: statusTags } = asObject(status);
  return {
    metadata: { namespace: asText(namespace), name: asText(name) },
    spec: {
      lookupPolicy: { local: asObject(lookupPolicy).local === true },
      tags: lastOfEachName(asList(tags).map(readTagReference)),
    },
    status: {
      ...optional('dockerImageRepository', optionalText(dockerImageRepository)),
      ...optional('publicDockerImageRepository', optionalText(publicDockerImageRepository)),
      tags: asList(statusTags).map(readTagEventList),
    },
  };
}

function lastOfEachName(tags: readonly TagReference[]): readonly TagReference[] {
  return [...new Map(tags.map((tag) => [tag.name, tag])).values()];
}

/** Reads an Image. On our CRD the object is named `sha256-<hex>`, since an object name holds no colon. */
export function readImage(raw: unknown): Image {
  const { metadata, dockerImageReference, dockerImageMetadata } = asObject(raw);
  const { name, labels, annotations } = asObject(metadata);
  return {
    name: imageNameOf(asText(name)),
    dockerImageReference: asText(dockerImageReference),
    labels: asTextMap(labels),
    annotations: asTextMap(annotations),
    ...optional('dockerLabels', readDockerLabels(dockerImageMetadata)),
  };
}

function readDockerLabels(metadata: unknown): Image['dockerLabels'] {
  if (metadata === undefined || metadata === null) return undefined;
  if (!isObject(metadata)) return 'unreadable';
  const config = metadata.Config ?? metadata.config;
  if (config === undefined || config === null) return undefined;
  return isObject(config) ? asTextMap(config.Labels) : 'unreadable';
}

/** An Image's object name → its image name: `sha256-<hex>` of the CRD becomes `sha256:<hex>`; others stay. */
export function imageNameOf(objectName: string): string {
  return objectName.replace(/^(sha256|sha384|sha512)-(?=[0-9a-f]+$)/, '$1:');
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Tags and their events are most of a stream: they go without the spreads of the others, in half the time. */
function readTagReference(raw: unknown): TagReference {
  const { name, annotations, from, reference, generation, referencePolicy } = asObject(raw);
  const policy = asObject(referencePolicy).type === 'Local' ? 'Local' : 'Source';
  const tag: Writable<TagReference> = { name: asText(name), referencePolicy: policy };
  if (isObject(annotations)) tag.annotations = asTextMap(annotations);
  if (isObject(from)) tag.from = readObjectReference(from);
  if (reference === true) tag.reference = reference;
  const number = wholeNumber(generation);
  if (number !== undefined) tag.generation = number;
  return tag;
}

function readObjectReference({ kind, namespace, name }: JsonObject): ObjectReference {
  const reference = { kind: asText(kind), name: asText(name) };
  return typeof namespace === 'string' ? { ...reference, namespace } : reference;
}

function readTagEventList(raw: unknown): NamedTagEventList {
  const { tag, items } = asObject(raw);
  return { tag: asText(tag), items: asList(items).map(readTagEvent) };
}

function readTagEvent(raw: unknown): TagEvent {
  const { created, dockerImageReference: reference, image: name, generation } = asObject(raw);
  const dockerImageReference = asText(reference);
  const image = asText(name);
  const event: Writable<TagEvent> =
    typeof created === 'string' ? { created, dockerImageReference, image } : { dockerImageReference, image };
  const number = wholeNumber(generation);
  if (number !== undefined) event.generation = number;
  return event;
}

function optionalText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function wholeNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}

function optional<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
