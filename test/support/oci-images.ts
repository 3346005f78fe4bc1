import { createHash } from 'node:crypto';
import type { Descriptor, Platform } from '../../src/oci/manifest.ts';
import { withRegistry, type PushTarget, type RegistrySession } from './registry-session.ts';
import { tarLayer } from './tar-layer.ts';

/** Whose media types are used: those of the OCI image specification, or of Docker's manifest version 2. */
export type ImageFormat = 'oci' | 'docker';

/** What the image is; the same description makes the same bytes, and so the same digests. */
export interface ImageDescription extends Platform {
  readonly labels?: Readonly<Record<string, string>>;
  /** The content of one file a layer; one layer unless told. */
  readonly layers?: readonly string[];
  /** RFC 3339; a fixed moment unless told. */
  readonly created?: string;
  /** oci unless told. */
  readonly format?: ImageFormat;
}

/** A manifest that a registry has taken. */
export interface PushedManifest extends Descriptor {
  readonly bytes: Buffer;
}

export interface PushedImage extends PushedManifest {
  readonly platform: Platform;
  readonly config: Descriptor;
  /** The content of the blob `config`. */
  readonly configuration: object;
  readonly layers: readonly Descriptor[];
}

const mediaTypes = {
  oci: {
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    index: 'application/vnd.oci.image.index.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  },
  docker: {
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  },
} as const;

const manifestTypes = Object.values(mediaTypes).flatMap(({ manifest, index }) => [manifest, index]);

/** Pushes a tiny image under a tag, or without a tag by its digest alone. */
export async function pushImage(
  target: PushTarget,
  repository: string,
  tag: string | undefined,
  image: ImageDescription,
): Promise<PushedImage> {
  const {
    format = 'oci',
    layers: contents = ['hello'],
    labels = {},
    created = '2024-01-02T03:04:05Z',
  } = image;
  const types = mediaTypes[format];
  const platform = platformOf(image);
  const layers = contents.map((content, at) => tarLayer(`layer-${at + 1}.txt`, content));
  const configuration = {
    created,
    ...platform,
    config: { Env: ['PATH=/bin'], Cmd: ['/bin/true'], Labels: labels },
    rootfs: { type: 'layers', diff_ids: layers.map(({ tar }) => digestOf(tar)) },
    history: layers.map((_, at) => ({ created, created_by: `COPY layer-${at + 1}.txt /` })),
  };
  const configBytes = bytesOf(configuration);
  const config = describe(types.config, configBytes);
  const layerDescriptors = layers.map(({ gzip }) => describe(types.layer, gzip));
  const bytes = bytesOf({ schemaVersion: 2, mediaType: types.manifest, config, layers: layerDescriptors });
  const pushed = { ...describe(types.manifest, bytes), bytes };
  await withRegistry(target, async (session) => {
    await pushBlob(session, repository, configBytes);
    for (const { gzip } of layers) await pushBlob(session, repository, gzip);
    await putManifest(session, repository, tag, pushed);
  });
  return { ...pushed, platform, config, configuration, layers: layerDescriptors };
}

/** Pushes an index (Docker: a manifest list) of images that the repository has, in their order. */
export async function pushIndex(
  target: PushTarget,
  repository: string,
  tag: string | undefined,
  images: readonly PushedImage[],
  format: ImageFormat = 'oci',
): Promise<PushedManifest> {
  const { index } = mediaTypes[format];
  const manifests = images.map(({ mediaType, digest, size, platform }) => ({
    mediaType,
    digest,
    size,
    platform,
  }));
  const bytes = bytesOf({ schemaVersion: 2, mediaType: index, manifests });
  const pushed = { ...describe(index, bytes), bytes };
  await withRegistry(target, (session) => putManifest(session, repository, tag, pushed));
  return pushed;
}

/** Lets a tag stand for what another tag or a digest of the repository stands for. */
export async function tagExisting(
  target: PushTarget,
  repository: string,
  tag: string,
  existing: string,
): Promise<void> {
  await withRegistry(target, async (session) => {
    const { headers, body } = await session.send({
      method: 'GET',
      at: `${repository}/manifests/${existing}`,
      headers: { accept: manifestTypes.join(', ') },
      expected: [200],
    });
    await putManifest(session, repository, tag, {
      mediaType: String(headers['content-type']),
      digest: digestOf(body),
      bytes: body,
    });
  });
}

/** Deletes a manifest by its digest, with all its tags; by a tag: that tag alone. */
export async function deleteManifest(
  target: PushTarget,
  repository: string,
  reference: string,
): Promise<void> {
  await withRegistry(target, (session) =>
    session.send({ method: 'DELETE', at: `${repository}/manifests/${reference}`, expected: [202] }),
  );
}

/** Distribution spec, "Pushing blobs": ask for a place, then put the bytes there. */
async function pushBlob(session: RegistrySession, repository: string, bytes: Buffer): Promise<void> {
  const digest = digestOf(bytes);
  const known = await session.send({
    method: 'HEAD',
    at: `${repository}/blobs/${digest}`,
    expected: [200, 404],
  });
  if (known.status === 200) return;
  const upload = await session.send({ method: 'POST', at: `${repository}/blobs/uploads/`, expected: [202] });
  const place = new URL(String(upload.headers.location));
  place.searchParams.set('digest', digest);
  await session.send({
    method: 'PUT',
    at: place.href,
    headers: { 'content-type': 'application/octet-stream' },
    body: bytes,
    expected: [201],
  });
}

async function putManifest(
  session: RegistrySession,
  repository: string,
  tag: string | undefined,
  { mediaType, digest, bytes }: Pick<PushedManifest, 'mediaType' | 'digest' | 'bytes'>,
): Promise<void> {
  await session.send({
    method: 'PUT',
    at: `${repository}/manifests/${tag ?? digest}`,
    headers: { 'content-type': mediaType },
    body: bytes,
    expected: [201],
  });
}

function platformOf({ os, architecture, variant }: Platform): Platform {
  return { architecture, os, ...(variant !== undefined && { variant }) };
}

function describe(mediaType: string, bytes: Buffer): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function bytesOf(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}
