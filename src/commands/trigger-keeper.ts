import type { JsonObject } from '../json/untyped.ts';
import type { FollowedTag, TriggerOrder } from './triggers-order.ts';

/** The triggers of an object, wherever its kind keeps them. */
export interface TriggerView {
  /** Whether a change of the pod template rolls out by itself: a Deployment that is not paused. */
  readonly config: boolean;
  readonly images: readonly ImageTriggerView[];
}

export interface ImageTriggerView {
  readonly from: FollowedTag;
  readonly containers: readonly string[];
  readonly auto: boolean;
  /** Why it can never do anything. */
  readonly problem?: string;
}

export type ReadView =
  { readonly ok: true; readonly view: TriggerView } | { readonly ok: false; readonly error: string };

export type ChangedTriggers =
  /** Undefined: it is as asked already. */
  | { readonly ok: true; readonly object: JsonObject | undefined }
  | { readonly ok: false; readonly error: string };

/** Where a kind keeps its triggers. */
export interface TriggerKeeper {
  readonly read: (object: JsonObject) => ReadView;
  readonly change: (object: JsonObject, order: Exclude<TriggerOrder, { action: 'list' }>) => ChangedTriggers;
}
