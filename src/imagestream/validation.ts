import type { ImageReference } from '../reference/reference.ts';
import type { LocalRegistry } from './local-registry.ts';
import type { StreamName } from './repository.ts';
import type { ImageStream } from './types.ts';

/** One thing that is wrong with an object, in the API server's terms: a cause of a Status. */
export interface FieldError {
  readonly reason: FieldErrorReason;
  /** As the API server writes it: `spec.tags[v1].from.name`. */
  readonly field: string;
  readonly message: string;
}

export type FieldErrorReason =
  'FieldValueInvalid' | 'FieldValueNotFound' | 'FieldValueNotSupported' | 'FieldValueForbidden';

/** A stream of another namespace that a new or changed tag follows: whoever wrote it must be allowed to. */
export interface ForeignSource {
  readonly stream: StreamName;
  readonly field: string;
}

export interface Judgement {
  readonly errors: readonly FieldError[];
  /** One sentence each, of any length. */
  readonly warnings: readonly string[];
  /** One a tag. */
  readonly foreignSources: readonly ForeignSource[];
}

export interface ValidationSettings {
  /** host[:port]; empty: there is no internal registry. */
  readonly internalRegistryHostname: string;
  /** Caches that stand in for it under reference policy `Local`. Absent: none. */
  readonly localRegistry?: LocalRegistry;
  /** A stream by its name; undefined: there is none. */
  readonly findStream: (name: StreamName) => ImageStream | undefined;
  /** Why nothing may be imported from there; undefined: it may. Absent: from everywhere. */
  readonly mayImport?: (reference: ImageReference, insecure: boolean) => string | undefined;
}
