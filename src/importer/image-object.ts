import { asObject, asText, isObject, type JsonObject } from '../json/untyped.ts';
import type { ImageIndex, ImageManifest } from '../oci/manifest.ts';
import type { ImageObject } from './stream-store.ts';

/** etcd holds 1.5 MiB an object; labels of this size are nobody's. */
const configCharactersMax = 256 * 1024;

/**
 * The Image of one platform: its configuration, layers and size, so that questions about it need no registry
 * (spec imagestream-system.md 3.1 and 5.7). Texts of manifest and configuration are not kept, as upstream.
 *
 * @param pullSpec `registry/path@digest`
 * @param config the image's configuration as its registry has it
 */
export function imageObject(manifest: ImageManifest, config: unknown, pullSpec: string): ImageObject {
  return {
    ...base(manifest.digest, pullSpec, manifest.mediaType),
    dockerImageMetadata: metadataOf(manifest, asObject(config)),
    dockerImageLayers: manifest.layers.map(({ digest, size, mediaType }) => ({
      name: digest,
      size,
      mediaType,
    })),
  };
}

/** The Image of a whole index: which images it has for which platforms; layers and configurations are theirs. */
export function indexObject(index: ImageIndex, pullSpec: string): ImageObject {
  return {
    ...base(index.digest, pullSpec, index.mediaType),
    dockerImageManifests: index.manifests.map(({ digest, mediaType, size, platform }) => ({
      digest,
      mediaType,
      manifestSize: size,
      architecture: platform.architecture,
      os: platform.os,
      ...(platform.variant === undefined ? {} : { variant: platform.variant }),
    })),
  };
}

function base(digest: string, dockerImageReference: string, mediaType: string): ImageObject {
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'Image',
    metadata: { name: digest, annotations: { 'image.openshift.io/dockerLayersOrder': 'ascending' } },
    dockerImageReference,
    dockerImageMetadataVersion: '1.0',
    dockerImageManifestMediaType: mediaType,
  };
}

/** Upstream's names begin with capitals, the configuration's own do not. */
function metadataOf(manifest: ImageManifest, config: JsonObject): object {
  const { created, author, architecture, os, variant, comment } = config;
  return {
    kind: 'DockerImage',
    apiVersion: 'image.openshift.io/1.0',
    Id: manifest.config.digest,
    ...texts({ Created: created, Author: author, Comment: comment, Os: os, Variant: variant }),
    Architecture: asText(architecture),
    Size: sizeOf(manifest),
    ...configOf(config.config),
  };
}

function configOf(config: unknown): object {
  if (!isObject(config)) return {};
  const tooLarge = JSON.stringify(config).length > configCharactersMax;
  return { Config: tooLarge ? { Image: 'left out: the configuration is too large to be kept' } : config };
}

/** Of the configuration and all distinct layers: what a pull of the image transfers. */
function sizeOf({ config, layers }: ImageManifest): number {
  const sizes = new Map([config, ...layers].map(({ digest, size }) => [digest, size]));
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

function texts(values: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => typeof value === 'string' && value !== ''),
  );
}
