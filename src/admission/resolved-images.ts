import { asObject, asText, isObject } from '../json/untyped.ts';
import { reasons, type Reason } from '../resolver/reason.ts';
import type { Resolution, Source } from '../resolver/resolution.ts';
import { annotationsOf } from '../workload/metadata.ts';
import type { ImageDecision, PatchOperation } from './decision.ts';

/**
 * The record of original names on the object: container → {from, to, source, reason}. An entry stays while its `to` is the
 * container's image; the stored object's entry wins over what a client sends, and what matches no image is dropped.
 */
export const resolvedImagesAnnotation = 'pinstream.dev/resolved-images';

export interface RecordedImage {
  readonly from: string;
  readonly to: string;
  readonly source?: Source;
  readonly reason: Reason;
}

const pointer = `/metadata/annotations/${resolvedImagesAnnotation.replace('/', '~1')}`;

/** The patch that brings the record up to date; empty when it is. */
export function recordPatch(
  object: unknown,
  oldObject: unknown,
  images: readonly ImageDecision[],
): readonly PatchOperation[] {
  const current = annotationsOf(object)[resolvedImagesAnnotation];
  const stored = recordedImages(oldObject);
  if (current === undefined && stored.size === 0 && !images.some(isNewlyRewritten)) return [];
  const record = recordOf(images, recordedImages(object), stored);
  if (record === current || (record === '{}' && current === undefined)) return [];
  const { metadata } = asObject(object);
  if (!isObject(metadata)) return [];
  if (!isObject(metadata.annotations)) {
    return [{ op: 'add', path: '/metadata/annotations', value: { [resolvedImagesAnnotation]: record } }];
  }
  return [{ op: current === undefined ? 'add' : 'replace', path: pointer, value: record }];
}

/** The record that an object carries, by container. It may have been written by anybody: what is no entry is left out. */
export function recordedImages(object: unknown): ReadonlyMap<string, RecordedImage> {
  const annotation = annotationsOf(object)[resolvedImagesAnnotation];
  if (typeof annotation !== 'string') return none;
  let record: unknown;
  try {
    record = JSON.parse(annotation);
  } catch {
    return none;
  }
  const entries = Object.entries(asObject(record)).map(
    ([container, entry]) => [container, readEntry(entry)] as const,
  );
  return new Map(
    entries.filter((entry): entry is readonly [string, RecordedImage] => entry[1] !== undefined),
  );
}

const none: ReadonlyMap<string, RecordedImage> = new Map();

/** As JSON. Of two images of one name, which nothing admits, the last one counts. */
function recordOf(
  images: readonly ImageDecision[],
  sent: ReadonlyMap<string, RecordedImage>,
  stored: ReadonlyMap<string, RecordedImage>,
): string {
  const entries = new Map<string, string>();
  for (const decision of images) {
    const { slot, resolution } = decision;
    const entry = isNewlyRewritten(decision)
      ? newEntry(resolution)
      : keptEntry(resolution, stored.get(slot.container), sent.get(slot.container));
    if (entry !== undefined) entries.set(slot.container, entry);
  }
  return `{${Array.from(entries, ([container, entry]) => `${JSON.stringify(container)}:${entry}`).join()}}`;
}

/** Written once for each resolution: those are remembered as long as their tag does not move. */
const newEntries = new WeakMap<Resolution, string>();

function newEntry(resolution: Resolution): string {
  const known = newEntries.get(resolution);
  if (known !== undefined) return known;
  const { from, reason, source } = resolution;
  const entry = JSON.stringify({ from, to: imageOf(resolution), ...(source && { source }), reason });
  newEntries.set(resolution, entry);
  return entry;
}

function keptEntry(
  resolution: Resolution,
  ...known: readonly (RecordedImage | undefined)[]
): string | undefined {
  const to = imageOf(resolution);
  const kept = known.find((entry) => entry?.to === to);
  return kept && JSON.stringify(kept);
}

/** The image that the container has in the end. */
function imageOf(resolution: Resolution): string {
  return resolution.outcome === 'rewritten' ? resolution.to : resolution.from;
}

/** What is put back as it was created keeps the entry of its creation. */
function isNewlyRewritten({ resolution }: ImageDecision): boolean {
  return resolution.outcome === 'rewritten' && resolution.reason !== 'ImmutableKind';
}

function readEntry(entry: unknown): RecordedImage | undefined {
  const { from, to, source, reason } = asObject(entry);
  const known = reasons.find((candidate) => candidate === reason);
  if (typeof from !== 'string' || typeof to !== 'string' || known === undefined) return undefined;
  return { from, to, ...(isObject(source) && { source: readSource(source) }), reason: known };
}

function readSource({ kind, namespace, name, generation }: Readonly<Record<string, unknown>>): Source {
  if (kind === 'Registry') return { kind, name: asText(name) };
  return {
    kind: kind === 'ImageStreamImage' ? kind : 'ImageStreamTag',
    namespace: asText(namespace),
    name: asText(name),
    ...(typeof generation === 'number' ? { generation } : {}),
  };
}
