import { asObject, isObject } from '../json/untyped.ts';
import { annotationsOf } from '../workload/metadata.ts';
import type { ImageDecision, PatchOperation } from './decision.ts';

/**
 * The record of original names on the object: container → {from, to, source, reason}. An entry stays while its `to` is the
 * container's image; the stored object's entry wins over what a client sends, and what matches no image is dropped.
 */
export const resolvedImagesAnnotation = 'pinstream.dev/resolved-images';

const pointer = `/metadata/annotations/${resolvedImagesAnnotation.replace('/', '~1')}`;

/** The patch that brings the record up to date; empty when it is. */
export function recordPatch(
  object: unknown,
  oldObject: unknown,
  images: readonly ImageDecision[],
): readonly PatchOperation[] {
  const current = annotationsOf(object)[resolvedImagesAnnotation];
  const record = JSON.stringify(
    recordOf(images, readRecord(current), readRecord(annotationsOf(oldObject)[resolvedImagesAnnotation])),
  );
  if (record === current || (record === '{}' && current === undefined)) return [];
  const { metadata } = asObject(object);
  if (!isObject(metadata)) return [];
  if (!isObject(metadata.annotations)) {
    return [{ op: 'add', path: '/metadata/annotations', value: { [resolvedImagesAnnotation]: record } }];
  }
  return [{ op: current === undefined ? 'add' : 'replace', path: pointer, value: record }];
}

type Record_ = ReadonlyMap<string, object>;

function recordOf(images: readonly ImageDecision[], sent: Record_, stored: Record_): object {
  const entries: [string, object][] = [];
  for (const { slot, resolution } of images) {
    if (resolution.outcome === 'rewritten') {
      const { from, to, source, reason } = resolution;
      entries.push([slot.container, { from, to, ...(source && { source }), reason }]);
    } else {
      const kept = [stored, sent]
        .map((record) => record.get(slot.container))
        .find((entry) => asObject(entry).to === slot.image);
      if (kept !== undefined) entries.push([slot.container, kept]);
    }
  }
  return Object.fromEntries(entries);
}

/** Reads a record leniently: it may have been written by anybody. */
function readRecord(annotation: unknown): Record_ {
  if (typeof annotation !== 'string') return new Map();
  try {
    return new Map(
      Object.entries(asObject(JSON.parse(annotation))).filter((entry): entry is [string, object] =>
        isObject(entry[1]),
      ),
    );
  } catch {
    return new Map();
  }
}
