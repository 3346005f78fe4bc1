import { asList, asText, isObject, objectAt, type JsonObject } from '../json/untyped.ts';
import { digestOf, isVerifiableDigest } from './digest.ts';
import type { Descriptor, IndexEntry, ManifestReading } from './manifest.ts';
import { imageConfigTypes, imageManifestTypes, indexTypes, schema1Types } from './media-types.ts';

const textMax = 255;

/**
 * Reads the bytes of a manifest. `mediaType` is what the registry called it; one that says nothing (empty,
 * application/json…) leaves it to the document. The digest is that of the bytes (sha256).
 */
export function readManifest(bytes: Uint8Array, mediaType: string): ManifestReading {
  const document = parsed(bytes);
  if (!isObject(document)) return malformed('it is not a JSON object');
  const stated = asText(document.mediaType);
  const named = essenceOf(mediaType);
  if (isSchema1(named) || document.schemaVersion === 1) return unsupported(schema1Sentence);
  const type = isGeneric(named) ? stated : named;
  if (stated !== '' && stated !== type) {
    return malformed(`the registry calls it ${quoted(named)}, the document itself ${quoted(stated)}`);
  }
  const isImage = includes(imageManifestTypes, type);
  if (!isImage && !includes(indexTypes, type)) {
    return unsupported(type === '' ? 'it does not say what it is' : `${quoted(type)} is no container image`);
  }
  if (document.schemaVersion !== 2) return malformed('its schemaVersion is not 2');
  // One document that reads as either would be an image to some and an index to others (CVE-2021-41190).
  if (document.manifests !== undefined && (document.layers !== undefined || document.config !== undefined)) {
    return malformed('it has the fields of an image and of an index');
  }
  return isImage ? readImage(bytes, type, document) : readIndex(bytes, type, document);
}

const schema1Sentence =
  'it is in the old schema 1 format, which carries no digests that can be trusted; push it again with a current tool';

function readImage(bytes: Uint8Array, mediaType: string, document: JsonObject): ManifestReading {
  const config = descriptorOf(document.config);
  if (config === undefined) return malformed('its config is no descriptor');
  if (!includes(imageConfigTypes, config.mediaType)) {
    const kind = asText(document.artifactType) === '' ? config.mediaType : asText(document.artifactType);
    return unsupported(`it is an artifact (${quoted(kind)}), no container image`);
  }
  if (!Array.isArray(document.layers)) return malformed('it has no list of layers');
  const layers = asList(document.layers).map(descriptorOf).filter(isDefined);
  if (layers.length !== document.layers.length) return malformed('one of its layers is no descriptor');
  const manifest = { kind: 'image', digest: digestOf(bytes), mediaType, size: bytes.length } as const;
  return { ok: true, manifest: { ...manifest, config, layers } };
}

function readIndex(bytes: Uint8Array, mediaType: string, document: JsonObject): ManifestReading {
  if (!Array.isArray(document.manifests)) return malformed('it has no list of manifests');
  const manifests = asList(document.manifests).map(entryOf).filter(isDefined);
  if (manifests.length !== document.manifests.length)
    return malformed('one of its manifests is no descriptor');
  return {
    ok: true,
    manifest: { kind: 'index', digest: digestOf(bytes), mediaType, size: bytes.length, manifests },
  };
}

function entryOf(value: unknown): IndexEntry | undefined {
  const descriptor = descriptorOf(value);
  if (descriptor === undefined) return undefined;
  const platform = objectAt(value, 'platform');
  const variant = asText(platform.variant);
  return {
    ...descriptor,
    platform: {
      architecture: asText(platform.architecture),
      os: asText(platform.os),
      ...(variant !== '' && { variant }),
    },
  };
}

function descriptorOf(value: unknown): Descriptor | undefined {
  if (!isObject(value)) return undefined;
  const { mediaType, digest, size } = value;
  if (typeof mediaType !== 'string' || mediaType === '') return undefined;
  if (typeof digest !== 'string' || !isVerifiableDigest(digest)) return undefined;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return undefined;
  return { mediaType, digest, size };
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** A media type without its parameters. */
export function essenceOf(mediaType: string): string {
  return (mediaType.split(';', 1)[0] ?? '').trim().toLowerCase();
}

function isGeneric(type: string): boolean {
  return ['', 'application/json', 'application/octet-stream', 'text/plain'].includes(type);
}

function isSchema1(type: string): boolean {
  return includes(schema1Types, type);
}

function includes(types: readonly string[], type: string): boolean {
  return types.includes(type);
}

function isDefined<T>(value: T | undefined): value is T {
  return value !== undefined;
}

/** Bounded and on one line: it comes from outside. */
function quoted(text: string): string {
  return JSON.stringify(text.slice(0, textMax));
}

function malformed(detail: string): ManifestReading {
  return { ok: false, kind: 'malformed', detail };
}

function unsupported(detail: string): ManifestReading {
  return { ok: false, kind: 'unsupported', detail };
}
