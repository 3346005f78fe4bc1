/** One image reference, with what its surroundings say about looking it up. */
export interface ImageQuestion {
  readonly image: string;
  /** The namespace of the object that names the image. */
  readonly namespace: string;
  /** The object or its template carries `resolve-names: '*'`: every reference is looked up locally (spec 2.3). */
  readonly force: boolean;
  readonly mode: LookupMode;
  /** Builds: the kind and namespace of the object reference whose name `image` is. */
  readonly buildReference?: { readonly kind: string; readonly namespace: string };
}

/** The Namespace's `pinstream.dev/image-lookup`: one by one, all streams open, streams not asked, left alone. */
export type LookupMode = 'enabled' | 'all' | 'fallback' | 'disabled';
