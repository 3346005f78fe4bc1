import type { Image } from '../imagestream/types.ts';
import type { JudgedImage } from '../policy/execution-rules.ts';
import type { ImageReference } from '../reference/reference.ts';
import type { Reason } from './reason.ts';
import type { Source } from './resolution.ts';

/** What looking an image up gave, in memory or in registries, before any rule judges it. */
export type Finding = Resolved | Unresolved;

export interface Resolved {
  readonly kind: 'resolved';
  readonly reason: Extract<
    Reason,
    | 'ImageStreamTag'
    | 'ImageStreamTagMissing'
    | 'InternalRegistry'
    | 'Mirror'
    | 'Trigger'
    | 'AlreadyPinned'
    | 'Fallback'
    | 'FallbackStale'
  >;
  readonly message: string;
  /** What the image stands for. */
  readonly reference: ImageReference;
  /** The same as text; written where the policy rewrites. */
  readonly pullSpec: string;
  /** It was asked for by a local name (or forced), so that `localNames` rules rewrite it. */
  readonly local: boolean;
  /** An image stream tag answered, wherever its image lies (vector H22). */
  readonly integrated: boolean;
  readonly image?: NonNullable<JudgedImage['image']>;
  readonly source?: Source;
  readonly warning?: string;
}

export interface Unresolved {
  readonly kind: 'unresolved';
  readonly reason: Extract<
    Reason,
    | 'AlreadyPinned'
    | 'Qualified'
    | 'NoStream'
    | 'LookupClosed'
    | 'LookupDisabled'
    | 'NotTagged'
    | 'Unparseable'
    | 'NotCovered'
    | 'Trigger'
    | 'FallbackFailed'
    | 'FallbackNotFound'
  >;
  readonly message: string;
  /** Absent where the text is no image reference. */
  readonly reference?: ImageReference;
  readonly source?: Source;
  readonly warning?: string;
}

/** Shorthand for the usual shape. */
export function unresolved(
  reason: Unresolved['reason'],
  message: string,
  more: Pick<Unresolved, 'reference' | 'source' | 'warning'> = {},
): Unresolved {
  return { kind: 'unresolved', reason, message, ...more };
}

/** The Image's own data, with the spec tag's annotations merged over it: a stream owner can mark a tag (vector H12). */
export function imageFacts(
  image: Image | undefined,
  tagAnnotations: Readonly<Record<string, string>>,
): NonNullable<Resolved['image']> {
  return {
    labels: image?.labels ?? {},
    annotations: { ...image?.annotations, ...tagAnnotations },
    ...(image?.dockerLabels === undefined ? {} : { dockerLabels: image.dockerLabels }),
  };
}
