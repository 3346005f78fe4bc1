import type { FailurePlace, RegistryFailure } from '../oci/failure.ts';

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/**
 * A failure before it is known whose it is: without registry, repository and credential. `outOfReach`: it leads inside, where
 * we do not go; to people it is unreachable, of the registry it shows nothing.
 */
export type Cause =
  | Without<RegistryFailure, Exclude<keyof FailurePlace, 'detail'>>
  | { readonly kind: 'outOfReach'; readonly detail: string };

export interface Failed {
  readonly ok: false;
  readonly cause: Cause;
  /** The label of the credential that was shown. */
  readonly credential?: string;
}

export type Outcome<T> = { readonly ok: true; readonly value: T } | Failed;

export function failed(cause: Cause, credential?: string): Failed {
  return { ok: false, cause, ...(credential !== undefined && { credential }) };
}

/** Whether another credential could change the answer; everything else is final. */
export function isRefusal({ kind }: Cause): boolean {
  return kind === 'wrongCredential' || kind === 'denied' || kind === 'unauthorized';
}

const telling: readonly Cause['kind'][] = ['wrongCredential', 'denied', 'unauthorized'];

/** The place of a refusal among others: the lowest says most. */
export function tellingRank({ kind }: Cause): number {
  const rank = telling.indexOf(kind);
  return rank < 0 ? telling.length : rank;
}
