import { asList, asObject, asText, asTextMap } from '../json/untyped.ts';
import { imageNameOf } from '../imagestream/read.ts';
import type { WholeStream } from '../imagestream/whole-stream.ts';

/** On an Image: when the importer made it. Only Images with it are ever collected. */
export const importedAtAnnotation = 'pinstream.dev/imported-at';

/** The images that a stream's history names. */
export function imagesOf({ status }: WholeStream): readonly string[] {
  return status.tags.flatMap(({ items }) => items.map(({ image }) => image)).filter((image) => image !== '');
}

/** What the collector needs to know of one Image. */
export interface KnownImage {
  /** Its digest. */
  readonly name: string;
  /** When the importer made it, in ms since the epoch; undefined where somebody else did. */
  readonly importedAtMs: number | undefined;
  /** The images of an index. */
  readonly parts: readonly string[];
}

export function readKnownImage(raw: unknown): KnownImage {
  const { metadata, dockerImageManifests } = asObject(raw);
  const { name, annotations } = asObject(metadata);
  const importedAtMs = Date.parse(asTextMap(annotations)[importedAtAnnotation] ?? '');
  return {
    name: imageNameOf(asText(name)),
    importedAtMs: Number.isNaN(importedAtMs) ? undefined : importedAtMs,
    parts: asList(dockerImageManifests).map((part) => asText(asObject(part).digest)),
  };
}

/**
 * The Images that nobody needs: made by the importer longer ago than `minimumAgeMs`, and named by no stream's history,
 * directly or as a part of an index that one names.
 *
 * @param used the images that histories name, and those that are about to be
 */
export function garbageOf(
  images: readonly KnownImage[],
  used: ReadonlySet<string>,
  nowMs: number,
  minimumAgeMs: number,
): readonly KnownImage[] {
  const parts = new Set(images.filter(({ name }) => used.has(name)).flatMap((image) => image.parts));
  return images.filter(
    ({ name, importedAtMs }) =>
      importedAtMs !== undefined &&
      nowMs - importedAtMs >= minimumAgeMs &&
      !used.has(name) &&
      !parts.has(name),
  );
}
