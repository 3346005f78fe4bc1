import { asObject, isObject } from '../json/untyped.ts';
import type { Resolution } from '../resolver/resolution.ts';
import { annotationsOf } from '../workload/metadata.ts';
import type { AdmissionDecision, ImageDecision, PatchOperation } from './decision.ts';
import { imagePatch } from './patch.ts';
import { recordPatch, resolvedImagesAnnotation } from './resolved-images.ts';
import { oneLiners } from './warnings.ts';

/** The decision to rewrite images, and nothing else of their object. */
export function imageChange(images: readonly ImageDecision[]): AdmissionDecision {
  return change(images, []);
}

/**
 * The decision to rewrite an object's images, and to record their original names on it. Workloads of a kind look alike: where
 * none of them carries a record yet, the same images in the same places come to the same decision, so it is remembered.
 */
export function recordedChange(
  object: unknown,
  oldObject: unknown,
  images: readonly ImageDecision[],
): AdmissionDecision {
  const key = images.length > rememberedImagesMax ? undefined : firstRewritten(images);
  const { metadata } = asObject(object);
  if (key === undefined || !isObject(metadata) || carriesRecord(object) || carriesRecord(oldObject)) {
    return change(images, recordPatch(object, oldObject, images));
  }
  const annotated = isObject(metadata.annotations);
  const known = remembered.get(key);
  if (known?.annotated === annotated && areSame(known.decision.images, images)) return known.decision;
  const decision = change(images, recordPatch(object, oldObject, images));
  remembered.set(key, { annotated, decision });
  return decision;
}

/** More than most objects have; it bounds what is remembered. */
const rememberedImagesMax = 8;

interface RememberedChange {
  /** The object has annotations, so that the record is put beside them. */
  readonly annotated: boolean;
  readonly decision: AdmissionDecision;
}

/** The last one for each image that comes first; resolutions are themselves remembered as long as their tag does not move. */
const remembered = new WeakMap<Resolution, RememberedChange>();

function change(images: readonly ImageDecision[], record: readonly PatchOperation[]): AdmissionDecision {
  const warnings = images.flatMap(({ resolution }) => resolution.warning ?? []);
  return { images, patch: [...imagePatch(images), ...record], warnings: oneLiners(warnings) };
}

function firstRewritten(images: readonly ImageDecision[]): Resolution | undefined {
  return images.find(({ resolution }) => resolution.outcome === 'rewritten')?.resolution;
}

function carriesRecord(object: unknown): boolean {
  return annotationsOf(object)[resolvedImagesAnnotation] !== undefined;
}

function areSame(before: readonly ImageDecision[], images: readonly ImageDecision[]): boolean {
  return (
    before.length === images.length &&
    before.every(({ slot, resolution }, index) => {
      const own = images[index];
      return (
        own?.resolution === resolution &&
        own.slot.pointer === slot.pointer &&
        own.slot.container === slot.container &&
        own.slot.image === slot.image &&
        own.slot.buildReference === slot.buildReference
      );
    })
  );
}
