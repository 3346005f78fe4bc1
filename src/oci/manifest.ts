/** One blob or manifest that another names. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
}

export interface Platform {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
}

export interface IndexEntry extends Descriptor {
  /** Empty texts where the index does not say. */
  readonly platform: Platform;
}

/** A manifest whose bytes have the digest `digest`. */
export type Manifest = ImageManifest | ImageIndex;

export interface ImageManifest {
  readonly kind: 'image';
  readonly digest: string;
  readonly mediaType: string;
  /** Size of the manifest itself in bytes. */
  readonly size: number;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

export interface ImageIndex {
  readonly kind: 'index';
  readonly digest: string;
  readonly mediaType: string;
  readonly size: number;
  readonly manifests: readonly IndexEntry[];
}

export type ManifestReading =
  | { readonly ok: true; readonly manifest: Manifest }
  | { readonly ok: false; readonly kind: 'unsupported' | 'malformed'; readonly detail: string };
