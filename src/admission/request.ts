import type { GroupResource } from '../policy/image-policy.ts';

/** What the rules need of an admission request. `object` and `oldObject` are raw: they may have any shape. */
export interface AdmissionRequest {
  readonly operation: string;
  readonly resource: GroupResource;
  /** Empty: the object itself. */
  readonly subResource: string;
  readonly kind: string;
  /** Empty: cluster-scoped. */
  readonly namespace: string;
  /** Empty with generateName. */
  readonly name: string;
  /** Who the writer says that it is; absent: it does not. */
  readonly fieldManager?: string;
  readonly object: unknown;
  readonly oldObject?: unknown;
}

/**
 * `mutate` rewrites and refuses; `validate` judges what is there after all mutation and rewrites nothing
 * (spec openshift-admission.md 3.5).
 */
export type Phase = 'mutate' | 'validate';
