/** The kinds that the store holds. */
export type StoreKind = 'ImageStream' | 'Image' | 'Namespace';

/**
 * What an adapter (cluster, directory) feeds. Objects come in as they are, raw; the sink keeps only what is read
 * (trimmed on arrival) and tolerates what is odd, so that one strange object never stops the others.
 */
export interface ObjectSink {
  /** Adds or replaces one object. */
  put(kind: StoreKind, raw: unknown): void;
  /** Forgets one object; `namespace` is '' for cluster-scoped kinds. */
  remove(kind: StoreKind, namespace: string, name: string): void;
  /** Starts a full list of a kind: what is not put before `commit` is forgotten by it, in one step. */
  replaceAll(kind: StoreKind): { put(raw: unknown): void; commit(): void };
}
