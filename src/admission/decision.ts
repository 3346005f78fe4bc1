import type { Resolution } from '../resolver/resolution.ts';
import type { ImageSlot } from '../workload/images.ts';

/** One image of an object and what was decided for it. */
export interface ImageDecision {
  readonly slot: ImageSlot;
  readonly resolution: Resolution;
}

/** The decision for one object: what webhook, dry run and command line show. */
export interface AdmissionDecision {
  readonly images: readonly ImageDecision[];
  /** RFC 6902; empty when nothing changes or the object is denied. */
  readonly patch: readonly PatchOperation[];
  /** Each one line of at most 120 characters, at most ten. */
  readonly warnings: readonly string[];
  /** Absent: allowed. */
  readonly denial?: Denial;
}

export interface PatchOperation {
  readonly op: 'add' | 'replace';
  readonly path: string;
  readonly value: unknown;
}

/** A policy's refusal, shaped like upstream's (spec openshift-admission.md 4). */
export interface Denial {
  readonly code: 422 | 403;
  readonly reason: 'Invalid' | 'Forbidden';
  /** Names container, image and reason, since kubectl shows nothing else. */
  readonly message: string;
  readonly causes: readonly {
    readonly reason: 'FieldValueForbidden' | 'FieldValueInvalid';
    readonly field: string;
    readonly message: string;
  }[];
}
