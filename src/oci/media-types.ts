/** Media types of manifests (OCI image spec; Docker registry manifest version 2). */
export const imageManifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
] as const;

export const indexTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
] as const;

/** The old formats, asked for by name only so that a registry says which one it has instead of "not found". */
export const schema1Types = [
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
  'application/vnd.docker.distribution.manifest.v1+json',
] as const;

/**
 * What the configuration of a container image is called. Clients of 2016 pushed theirs as octet-stream, and such images
 * are still served. Another type is the mark of an artifact: a Helm chart, a signature.
 */
export const imageConfigTypes = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
  'application/octet-stream',
] as const;
