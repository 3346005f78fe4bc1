import type { Reason } from './reason.ts';

/** Where an answer came from. */
export type Source = StreamSource | RegistrySource;

/** The image stream object. */
export interface StreamSource {
  readonly kind: 'ImageStreamTag' | 'ImageStreamImage';
  readonly namespace: string;
  /** "stream:tag" or "stream@digest". */
  readonly name: string;
  /** Of the tag event. */
  readonly generation?: number;
}

/** The registry that has the image: "quay.io/crew/web:1". */
export interface RegistrySource {
  readonly kind: 'Registry';
  readonly name: string;
}

interface Decided {
  readonly from: string;
  readonly reason: Reason;
  /** A sentence for people. */
  readonly message: string;
  readonly source?: Source;
  /** What a user should hear of at once; absent for what is as expected. */
  readonly warning?: string;
}

/** The decision for one image reference. Webhook, dry run and command line all show this, and decide nothing themselves. */
export type Resolution =
  | (Decided & { readonly outcome: 'rewritten'; readonly to: string })
  | (Decided & { readonly outcome: 'unchanged' })
  | (Decided & {
      readonly outcome: 'denied';
      /** Set when the image could not be resolved, and why; upstream then names this as the cause (spec 4). */
      readonly resolutionError?: string;
    });
