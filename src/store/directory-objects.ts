import { readDocuments } from '../manifest/documents.ts';
import type { StoreKind } from './object-sink.ts';

/** One object of a file that the store holds. */
export interface StoredObject {
  readonly kind: StoreKind;
  readonly namespace: string;
  readonly name: string;
  readonly raw: object;
}

export type FileContents =
  | { readonly ok: true; readonly objects: readonly StoredObject[]; readonly warnings: readonly string[] }
  /** `problem` names file, line and column. */
  | { readonly ok: false; readonly problem: string };

/** The kinds that are held, by apiVersion; old files of OpenShift 3 write image streams as plain `v1`. */
const held: Readonly<Record<string, StoreKind>> = {
  'image.openshift.io/v1 ImageStream': 'ImageStream',
  'v1 ImageStream': 'ImageStream',
  'image.openshift.io/v1 Image': 'Image',
  'v1 Namespace': 'Namespace',
};

/** Reads a file's objects. It parses and does not judge: other kinds are passed over, what is odd loads with a warning. */
export function readObjects(file: string, text: string): FileContents {
  const documents = readDocuments(text);
  if (!documents.ok) {
    const { document, line, column } = documents.place;
    const place = line === 0 ? `${file}: document ${document}` : `${file}:${line}:${column}`;
    const problem = `${place}: ${documents.message}`;
    // A folder in Git holds JSON and YAML of all sorts.
    if (documents.reason === 'shape')
      return { ok: true, objects: [], warnings: [`${problem}; the file is passed over`] };
    return { ok: false, problem };
  }
  const warnings: string[] = [];
  const objects = documents.objects.flatMap((raw): StoredObject[] => {
    const { apiVersion, kind, metadata } = raw as {
      apiVersion?: unknown;
      kind?: unknown;
      metadata?: Metadata;
    };
    if (typeof apiVersion !== 'string' || typeof kind !== 'string') return [];
    const storeKind = held[`${apiVersion} ${kind}`];
    if (storeKind === undefined) return [];
    const { name, namespace } = metadata ?? {};
    if (typeof name !== 'string' || name === '') {
      warnings.push(`${file}: an object of kind ${storeKind} without metadata.name is left out`);
      return [];
    }
    if (storeKind !== 'ImageStream') return [{ kind: storeKind, namespace: '', name, raw }];
    if (typeof namespace === 'string' && namespace !== '') return [{ kind: storeKind, namespace, name, raw }];
    warnings.push(`${file}: ImageStream ${name} names no metadata.namespace; it counts as "default"`);
    const placed = { ...raw, metadata: { ...metadata, namespace: 'default' } };
    return [{ kind: storeKind, namespace: 'default', name, raw: placed }];
  });
  return { ok: true, objects, warnings };
}

interface Metadata {
  readonly name?: unknown;
  readonly namespace?: unknown;
}
