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

type Fields = Readonly<Record<string, unknown>>;

/** Reads an ImageStream of any completeness. A repeated spec tag name is no error upstream: the last one wins. */
export function readImageStream(raw: unknown): ImageStream {
  const { metadata, spec, status } = fields(raw);
  const { namespace, name } = fields(metadata);
  const { lookupPolicy, tags } = fields(spec);
  const { dockerImageRepository, publicDockerImageRepository, tags: statusTags } = fields(status);
  return {
    metadata: { namespace: text(namespace), name: text(name) },
    spec: {
      lookupPolicy: { local: fields(lookupPolicy).local === true },
      tags: [
        ...new Map(
          list(tags)
            .map(readTagReference)
            .map((tag) => [tag.name, tag]),
        ).values(),
      ],
    },
    status: {
      ...optional('dockerImageRepository', optionalText(dockerImageRepository)),
      ...optional('publicDockerImageRepository', optionalText(publicDockerImageRepository)),
      tags: list(statusTags).map(readTagEventList),
    },
  };
}

/** Reads an Image. On our CRD the object is named `sha256-<hex>`, since an object name holds no colon. */
export function readImage(raw: unknown): Image {
  const { metadata, dockerImageReference, dockerImageMetadata } = fields(raw);
  const { name, labels, annotations } = fields(metadata);
  return {
    name: imageNameOf(text(name)),
    dockerImageReference: text(dockerImageReference),
    labels: textMap(labels),
    annotations: textMap(annotations),
    ...optional('dockerLabels', readDockerLabels(dockerImageMetadata)),
  };
}

function readDockerLabels(metadata: unknown): Image['dockerLabels'] {
  if (metadata === undefined || metadata === null) return undefined;
  if (!isFields(metadata)) return 'unreadable';
  const config = metadata.Config ?? metadata.config;
  if (config === undefined || config === null) return undefined;
  return isFields(config) ? textMap(config.Labels) : 'unreadable';
}

/** An Image's object name → its image name: `sha256-<hex>` of the CRD becomes `sha256:<hex>`; others stay. */
export function imageNameOf(objectName: string): string {
  return objectName.replace(/^(sha256|sha384|sha512)-(?=[0-9a-f]+$)/, '$1:');
}

function readTagReference(raw: unknown): TagReference {
  const { name, annotations, from, reference, generation, referencePolicy } = fields(raw);
  return {
    name: text(name),
    ...optional('annotations', isFields(annotations) ? textMap(annotations) : undefined),
    ...optional('from', isFields(from) ? readObjectReference(from) : undefined),
    ...(reference === true ? { reference } : {}),
    ...optional('generation', wholeNumber(generation)),
    referencePolicy: fields(referencePolicy).type === 'Local' ? 'Local' : 'Source',
  };
}

function readObjectReference({ kind, namespace, name }: Fields): ObjectReference {
  return { kind: text(kind), name: text(name), ...optional('namespace', optionalText(namespace)) };
}

function readTagEventList(raw: unknown): NamedTagEventList {
  const { tag, items } = fields(raw);
  return { tag: text(tag), items: list(items).map(readTagEvent) };
}

function readTagEvent(raw: unknown): TagEvent {
  const { created, dockerImageReference, image, generation } = fields(raw);
  return {
    ...optional('created', optionalText(created)),
    dockerImageReference: text(dockerImageReference),
    image: text(image),
    ...optional('generation', wholeNumber(generation)),
  };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fields(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function optionalText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function wholeNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}

function textMap(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(fields(value));
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function optional<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
