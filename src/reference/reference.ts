/**
 * An image reference, split as OpenShift splits it: nothing is normalised, no `docker.io` and no `library` is added.
 * Absent parts are empty strings. `name` is empty when the text is only a registry ("quay.io"); it may contain slashes
 * ("b/c" in "quay.io/a/b/c").
 */
export interface ImageReference {
  readonly registry: string;
  readonly namespace: string;
  readonly name: string;
  readonly tag: string;
  /** The digest of a text that was parsed; otherwise the name of an Image object, which need not be a digest. */
  readonly id: string;
}
