import type { RegistryAnswer, RegistryFailure } from '../oci/failure.ts';

/** What a registry said, as far as looking for an image goes. */
export type Said =
  | {
      readonly kind: 'found';
      readonly digest: string;
      /** The label of the credential that it was told to; absent: everybody is told. */
      readonly credential?: string;
    }
  | { readonly kind: 'absent' }
  | SaidFailed;

export interface SaidFailed {
  readonly kind: 'failed';
  /** One line, at most 200 characters, without credentials. */
  readonly detail: string;
  /** It asked not to be asked again for so long. */
  readonly retryAfterMs?: number;
}

const detailMax = 200;

/** That an image is private is nobody's business who may not read it: it is absent, like one that does not exist. */
export function saidOf(answer: RegistryAnswer<string>): Said {
  if (answer.ok) {
    const { value: digest, credential } = answer;
    return { kind: 'found', digest, ...(credential !== undefined && { credential }) };
  }
  const { failure } = answer;
  const what = whatOf(failure);
  if (what === undefined) return { kind: 'absent' };
  // Which credential was shown is left out: whoever reads this need not know those of the server.
  const said = failed(failure.detail === '' ? what : `${what}: ${failure.detail}`);
  const retryAfterMs = 'retryAfterMs' in failure ? failure.retryAfterMs : undefined;
  return retryAfterMs === undefined ? said : { ...said, retryAfterMs };
}

/** A failure that no registry told. */
export function failed(detail: string): SaidFailed {
  const bounded = detail.length > detailMax ? `${detail.slice(0, detailMax - 1)}…` : detail;
  return { kind: 'failed', detail: bounded.toWellFormed() };
}

/** What went wrong, to be read after the registry's name; undefined: nothing, it has no such image for us. */
function whatOf(failure: RegistryFailure): string | undefined {
  switch (failure.kind) {
    case 'notFound':
    case 'unauthorized':
    case 'wrongCredential':
    case 'denied':
      return undefined;
    case 'rateLimited':
      return 'too many requests';
    case 'unreachable':
      return 'cannot be reached';
    case 'timeout':
      return 'no complete answer in time';
    case 'tls':
      return 'its certificate is not trusted';
    case 'plainHttp':
      return 'it speaks plain HTTP only';
    case 'notARegistry':
      return 'it does not answer as an image registry';
    case 'serverError':
      return `HTTP status ${failure.status}`;
    case 'paused':
      return 'it failed several times in a row and is left alone for now';
    case 'redirect':
      return 'it redirects to where we do not follow';
    case 'unsupported':
    case 'integrity':
    case 'tooLarge':
    case 'malformed':
      return 'its answer cannot be used';
  }
}
