import type { AskedObject } from '../admission/asked-object.ts';
import type { AdmissionDecision, PatchOperation } from '../admission/decision.ts';
import type { Reason } from '../resolver/reason.ts';
import type { Resolution, Source } from '../resolver/resolution.ts';

/** An object that was asked about: what it is, and itself. */
export type DescribedObject = Pick<AskedObject, 'apiVersion' | 'kind' | 'namespace' | 'name' | 'object'>;

/** The answer of a dry run; its JSON form is a contract (design section 6). */
export interface DryRunResult {
  readonly apiVersion: 'pinstream.dev/v1';
  readonly kind: 'DryRunResult';
  /** Whether every object would be admitted. */
  readonly allowed: boolean;
  readonly objects: readonly ObjectResult[];
  /** What qualifies all answers: a stale view of the cluster, for example. */
  readonly notes?: readonly string[];
}

export interface ObjectResult {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly allowed: boolean;
  /** Why it would be denied, as kubectl would show it. */
  readonly message?: string;
  readonly images: readonly ImageResult[];
  readonly patch: readonly PatchOperation[];
  readonly warnings: readonly string[];
}

export interface ImageResult {
  readonly container: string;
  /** JSON pointer to the image. */
  readonly path: string;
  readonly from: string;
  /** What it would be admitted as; the image itself where nothing changes. */
  readonly to: string;
  readonly outcome: Resolution['outcome'];
  readonly reason: Reason;
  readonly message: string;
  readonly source?: Source;
}

/** Puts decisions into the shape that is shown. */
export function dryRunResult(
  decided: readonly { readonly asked: DescribedObject; readonly decision: AdmissionDecision }[],
  notes: readonly string[],
): DryRunResult {
  const objects = decided.map(({ asked, decision }) => objectResult(asked, decision));
  return {
    apiVersion: 'pinstream.dev/v1',
    kind: 'DryRunResult',
    allowed: objects.every(({ allowed }) => allowed),
    objects,
    ...(notes.length === 0 ? {} : { notes }),
  };
}

function objectResult(
  { apiVersion, kind, namespace, name }: DescribedObject,
  decision: AdmissionDecision,
): ObjectResult {
  const { denial, patch, warnings, images } = decision;
  return {
    apiVersion,
    kind,
    namespace,
    name,
    allowed: denial === undefined,
    ...(denial === undefined ? {} : { message: denial.message }),
    images: images.map(({ slot, resolution }) => imageResult(slot.container, slot.pointer, resolution)),
    patch,
    warnings,
  };
}

function imageResult(container: string, path: string, resolution: Resolution): ImageResult {
  const { from, outcome, reason, message, source } = resolution;
  const to = resolution.outcome === 'rewritten' ? resolution.to : from;
  return { container, path, from, to, outcome, reason, message, ...(source === undefined ? {} : { source }) };
}
