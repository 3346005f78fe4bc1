/** Where something went wrong, and who we were there. */
export interface FailurePlace {
  /** Host and port as the reference has them: "quay.io", "reg.example:5000". */
  readonly registry: string;
  /** Path inside it: "team/app"; '' where the registry as a whole fails. */
  readonly repository: string;
  /** Which credential was shown last, by its name, never its content: `secret "regcred"`; absent: none. */
  readonly credential?: string;
  /** One line for people: what the registry said, or the system. Bounded, without secrets. */
  readonly detail: string;
}

/**
 * Why a registry gave no answer that can be used. An expected outcome, so a value; `failureExplanation` says it to people.
 *
 * - `notFound`: it has no such manifest, or no such repository.
 * - `unauthorized`: it wants (another) credential; `wrongCredential`: it refused the one that was shown.
 * - `denied`: it knows who we are, and says no (403, DENIED).
 * - `rateLimited`: 429, or our own limit is waiting for it; `retryAfterMs` says when to ask again, if the registry did.
 * - `unreachable`: DNS, refused, reset, closed in the middle; `timeout`: no complete answer in time.
 * - `tls`: its certificate is not trusted, expired, or for another host.
 * - `plainHttp`: it speaks plain HTTP only, which nobody allowed.
 * - `notARegistry`: what answered does not speak the distribution protocol.
 * - `unsupported`: a manifest of a kind that is not read (the old schema 1, an artifact).
 * - `integrity`: bytes that do not have the digest they were asked for by.
 * - `tooLarge`: an answer over our limit; `malformed`: one that is not what its type says.
 * - `redirect`: a chain of redirects that does not end, or leads where we do not follow.
 * - `serverError`: 5xx, or a status that the protocol does not know.
 * - `paused`: it failed several times in a row and is left alone until `retryAfterMs`; nothing was sent.
 */
export type RegistryFailure = FailurePlace &
  (
    | {
        readonly kind:
          | 'notFound'
          | 'unauthorized'
          | 'wrongCredential'
          | 'denied'
          | 'unreachable'
          | 'timeout'
          | 'tls'
          | 'plainHttp'
          | 'notARegistry'
          | 'unsupported'
          | 'integrity'
          | 'tooLarge'
          | 'malformed'
          | 'redirect';
      }
    | { readonly kind: 'rateLimited'; readonly retryAfterMs?: number }
    | { readonly kind: 'serverError'; readonly status: number; readonly retryAfterMs?: number }
    | { readonly kind: 'paused'; readonly retryAfterMs: number }
  );

export type RegistryFailureKind = RegistryFailure['kind'];

/** What a registry answered, or why it did not. `notes`: what people should know all the same, a line each. */
export type RegistryAnswer<T> =
  | {
      readonly ok: true;
      readonly value: T;
      readonly notes: readonly string[];
      /** The label of the credential that it answered to; absent: to none. */
      readonly credential?: string;
    }
  | { readonly ok: false; readonly failure: RegistryFailure; readonly notes: readonly string[] };
