import { join } from 'node:path';
import type { ObjectKey, ObjectKind } from '../commands/object-client.ts';
import { asObject, asText, type JsonObject } from '../json/untyped.ts';
import { placeText, readPlacedDocuments, type ObjectPlace } from '../manifest/documents.ts';
import { listFiles, readText } from './directory-files.ts';

/** An object of any kind in a folder's files. */
export interface FoundObject {
  readonly file: string;
  readonly at: ObjectPlace;
  readonly object: JsonObject;
}

/** Every object of a kind, in the order of the files. A file that does not name the kind anywhere is not parsed. */
export async function objectsOf(folder: string, kind: ObjectKind): Promise<readonly FoundObject[]> {
  const files = await listFiles(folder).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `the folder ${folder} cannot be read (${reason}); --objects takes a folder of YAML or JSON files`;
    throw new Error(message, { cause: error });
  });
  const found: FoundObject[] = [];
  for (const file of files.keys()) {
    const text = await readText(join(folder, file));
    if (text?.includes(kind.kind) === true) found.push(...objectsIn(folder, file, text, kind));
  }
  return found;
}

export function objectsIn(
  folder: string,
  file: string,
  text: string,
  kind: ObjectKind,
): readonly FoundObject[] {
  const documents = readPlacedDocuments(text);
  if (!documents.ok) {
    // A folder in Git holds JSON and YAML of all sorts.
    if (documents.reason === 'shape') return [];
    throw new Error(`${join(folder, file)}: ${placeText(documents.place)}: ${documents.message}`);
  }
  return documents.objects.flatMap(({ object: raw, at }) => {
    const object = asObject(raw);
    return isOfKind(kind, object) ? [{ file, at, object: withNamespace(kind, object) }] : [];
  });
}

function isOfKind({ group, version, kind }: ObjectKind, object: JsonObject): boolean {
  if (object.kind !== kind) return false;
  // Old files of OpenShift 3 write image streams as plain `v1`.
  if (object.apiVersion === 'v1') return group === '' || kind === 'ImageStream';
  return object.apiVersion === `${group}/${version}`;
}

function withNamespace(kind: ObjectKind, object: JsonObject): JsonObject {
  const metadata = asObject(object.metadata);
  if (!kind.namespaced || asText(metadata.namespace) !== '') return object;
  return { ...object, metadata: { ...metadata, namespace: 'default' } };
}

export function placeOf(kind: ObjectKind, object: JsonObject): ObjectKey {
  const { namespace, name } = asObject(object.metadata);
  return { namespace: kind.namespaced ? asText(namespace) : '', name: asText(name) };
}

export function isNamed(kind: ObjectKind, key: ObjectKey, object: JsonObject): boolean {
  const { namespace, name } = placeOf(kind, object);
  if (kind.namespaced && namespace !== key.namespace) return false;
  return (
    name === key.name || (kind.kind === 'Image' && name.replace('-', ':') === key.name.replace('-', ':'))
  );
}
