import { readPlacedDocuments, type ObjectPlace } from '../manifest/documents.ts';
import { trimSecret } from './directory-secrets.ts';
import type { StoreKind } from './object-sink.ts';

/** The kinds that are read from files: what decisions ask, and what the index never gets: credentials, and rules of registries. */
export type FileKind =
  StoreKind | 'Secret' | 'ServiceAccount' | 'ConfigImage' | 'ImageDigestMirrorSet' | 'ImageTagMirrorSet';

/** One object of a file that the store holds. */
export interface StoredObject {
  readonly kind: FileKind;
  readonly namespace: string;
  readonly name: string;
  readonly raw: object;
  /** Relative to the folder. */
  readonly file: string;
  readonly at: ObjectPlace;
}

export type FileContents =
  | { readonly ok: true; readonly objects: readonly StoredObject[]; readonly warnings: readonly string[] }
  /** `problem` names file, line and column. */
  | { readonly ok: false; readonly problem: string };

/** The kinds that are held, by apiVersion; old files of OpenShift 3 write image streams as plain `v1`. */
const held: Readonly<Record<string, FileKind>> = {
  'image.openshift.io/v1 ImageStream': 'ImageStream',
  'v1 ImageStream': 'ImageStream',
  'image.openshift.io/v1 Image': 'Image',
  'v1 Namespace': 'Namespace',
  'v1 Secret': 'Secret',
  'v1 ServiceAccount': 'ServiceAccount',
  'config.openshift.io/v1 Image': 'ConfigImage',
  'config.openshift.io/v1 ImageDigestMirrorSet': 'ImageDigestMirrorSet',
  'config.openshift.io/v1 ImageTagMirrorSet': 'ImageTagMirrorSet',
};
const clusterScoped: ReadonlySet<FileKind> = new Set<FileKind>([
  'Image',
  'Namespace',
  'ConfigImage',
  'ImageDigestMirrorSet',
  'ImageTagMirrorSet',
]);

/** Reads a file's objects. It parses and does not judge: other kinds are passed over, what is odd loads with a warning. */
export function readObjects(file: string, text: string): FileContents {
  const documents = readPlacedDocuments(text);
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
  const objects = documents.objects.flatMap(({ object: raw, at }): StoredObject[] => {
    const { apiVersion, kind, metadata } = raw as {
      apiVersion?: unknown;
      kind?: unknown;
      metadata?: Metadata;
    };
    if (typeof apiVersion !== 'string' || typeof kind !== 'string') return [];
    const fileKind = held[`${apiVersion} ${kind}`];
    if (fileKind === undefined) return [];
    const { name, namespace } = metadata ?? {};
    if (typeof name !== 'string' || name === '') {
      warnings.push(`${file}: an object of kind ${fileKind} without metadata.name is left out`);
      return [];
    }
    const kept = fileKind === 'Secret' ? trimSecret(raw) : raw;
    const stored = { kind: fileKind, name, file, at };
    if (clusterScoped.has(fileKind)) return [{ ...stored, namespace: '', raw: kept }];
    if (typeof namespace === 'string' && namespace !== '') return [{ ...stored, namespace, raw: kept }];
    warnings.push(`${file}: ${fileKind} ${name} names no metadata.namespace; it counts as "default"`);
    const placed = { ...kept, metadata: { ...metadata, namespace: 'default' } };
    return [{ ...stored, namespace: 'default', raw: placed }];
  });
  return { ok: true, objects, warnings };
}

interface Metadata {
  readonly name?: unknown;
  readonly namespace?: unknown;
}
