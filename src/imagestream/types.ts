/**
 * `image.openshift.io/v1` as far as it is read (spec imagestream-system.md 1). Field names are the API's own; lists that
 * a typed client sends as null arrive here as empty lists (read.ts).
 */
export interface ImageStream {
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly spec: {
    readonly lookupPolicy: { readonly local: boolean };
    readonly tags: readonly TagReference[];
  };
  readonly status: {
    /** Absent (not: empty) where nobody computed it; `internalRegistryHostname` may then fill it in. */
    readonly dockerImageRepository?: string;
    readonly publicDockerImageRepository?: string;
    readonly tags: readonly NamedTagEventList[];
  };
}

/** A spec tag: what a tag should follow. */
export interface TagReference {
  readonly name: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly from?: ObjectReference;
  readonly reference?: boolean;
  readonly generation?: number;
  readonly referencePolicy: ReferencePolicy;
}

export type ReferencePolicy = 'Source' | 'Local';

export interface ObjectReference {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/** A status tag: what a tag was and is, newest first. */
export interface NamedTagEventList {
  readonly tag: string;
  readonly items: readonly TagEvent[];
}

/** One history item. `image` is empty for reference tags. */
export interface TagEvent {
  readonly created?: string;
  readonly dockerImageReference: string;
  readonly image: string;
  readonly generation?: number;
}

/** A cluster-scoped Image: named by its digest ("sha256:…"), trimmed to what execution rules ask. */
export interface Image {
  readonly name: string;
  readonly dockerImageReference: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Labels of the image's own configuration; absent where its metadata is unknown. */
  readonly dockerLabels?: Readonly<Record<string, string>> | 'unreadable';
}
