import { asList, asObject, asText, objectAt, type JsonObject } from '../json/untyped.ts';
import type { ObjectReference, ReferencePolicy } from '../imagestream/types.ts';
import type { ImportMode } from '../imagestream/whole-stream.ts';
import type { ObjectKey } from './object-client.ts';

/** A spec tag as commands write it; the API's own shape. */
export interface SpecTagObject {
  readonly name: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly from?: ObjectReference;
  readonly reference?: boolean;
  readonly importPolicy?: {
    readonly insecure?: boolean;
    readonly scheduled?: boolean;
    readonly importMode?: ImportMode;
  };
  readonly referencePolicy?: { readonly type: ReferencePolicy };
}

/** A new ImageStream with these spec tags. */
export function newStream(
  { namespace, name }: ObjectKey,
  tags: readonly SpecTagObject[] = [],
  lookupLocal = false,
): JsonObject {
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name, namespace },
    spec: { lookupPolicy: { local: lookupLocal }, ...(tags.length === 0 ? {} : { tags }) },
  };
}

/** The spec tag of that name as it is written; of several the last one counts. */
export function specTagOf(stream: JsonObject, tag: string): JsonObject | undefined {
  return specTags(stream).findLast(({ name }) => name === tag);
}

/** Sets a whole spec tag: in its place where there is one of its name, else at the end. */
export function withSpecTag(stream: JsonObject, tag: SpecTagObject): JsonObject {
  const tags = specTags(stream);
  const at = tags.findLastIndex(({ name }) => name === tag.name);
  const others = tags.filter(({ name }, index) => name !== tag.name || index === at);
  const written: JsonObject = { ...tag };
  const next = at < 0 ? [...tags, written] : others.map((old) => (old.name === tag.name ? written : old));
  return withSpec(stream, { tags: next });
}

export function withoutSpecTag(stream: JsonObject, tag: string): JsonObject {
  return withSpec(stream, { tags: specTags(stream).filter(({ name }) => name !== tag) });
}

/** The stream with some fields of its spec replaced. */
export function withSpec(stream: JsonObject, fields: JsonObject): JsonObject {
  return { ...stream, spec: { ...objectAt(stream, 'spec'), ...fields } };
}

/** The object with an annotation set, or taken away. */
export function withAnnotation(object: JsonObject, key: string, value: string | undefined): JsonObject {
  const metadata = objectAt(object, 'metadata');
  const others = Object.entries(objectAt(metadata, 'annotations')).filter(([name]) => name !== key);
  const entries: readonly (readonly [string, unknown])[] =
    value === undefined ? others : [...others, [key, value]];
  const { annotations: _old, ...rest } = metadata;
  const next = entries.length === 0 ? rest : { ...metadata, annotations: Object.fromEntries(entries) };
  return { ...object, metadata: next };
}

export function keyOf(object: JsonObject): ObjectKey {
  const { namespace, name } = objectAt(object, 'metadata');
  return { namespace: asText(namespace), name: asText(name) };
}

function specTags(stream: JsonObject): readonly JsonObject[] {
  return asList(objectAt(stream, 'spec').tags).map(asObject);
}
