import { failureAdvice, failureExplanation } from '../oci/failure-explanation.ts';
import type { RegistryFailure } from '../oci/failure.ts';

/** Why an import failed, in the API's terms; without a time and a generation, which are the writer's. */
export interface ImportFailure {
  readonly reason: FailureReason;
  readonly message: string;
  /** What else people should be told where there is room for it; upstream's message has to stay as it is. */
  readonly advice?: string;
}

export type FailureReason =
  | 'NotFound'
  | 'Unauthorized'
  | 'Forbidden'
  | 'TooManyRequests'
  | 'Timeout'
  | 'ServiceUnavailable'
  | 'Invalid'
  | 'ImportFailed'
  | 'InternalError';

/**
 * A registry's failure as the reason and message of a condition. Where upstream has a text of its own, the message begins
 * with it (spec imagestream-system.md 3.4; vectors `importErrorMapping`). Upstream calls everything else an internal error;
 * here it has a reason that says who can do something about it (deviations err-05 to err-07).
 *
 * @param name the source as the spec tag names it
 */
export function registryFailure(failure: RegistryFailure, name: string): ImportFailure {
  const explained = `${name}: ${failureExplanation(failure)}`;
  const advice = failureAdvice(failure);
  switch (failure.kind) {
    case 'notFound':
      return { reason: 'NotFound', message: `dockerimage.image.openshift.io "${name}" not found`, advice };
    case 'unauthorized': {
      const message = `you may not have access to the container image "${name}"${shown(failure)}`;
      return { reason: 'Unauthorized', message, advice };
    }
    case 'wrongCredential': {
      const message = `incorrect username or password for image "${name}"${shown(failure)}`;
      return { reason: 'Unauthorized', message, advice };
    }
    case 'denied':
      return { reason: 'Forbidden', message: explained };
    case 'rateLimited':
      return { reason: 'TooManyRequests', message: explained };
    case 'timeout':
      return { reason: 'Timeout', message: explained };
    case 'unreachable':
    case 'serverError':
    case 'paused':
      return { reason: 'ServiceUnavailable', message: explained };
    case 'tls':
    case 'plainHttp':
    case 'notARegistry':
    case 'unsupported':
    case 'integrity':
    case 'tooLarge':
    case 'malformed':
    case 'redirect':
      return { reason: 'InternalError', message: `Internal error occurred: ${explained}` };
  }
}

function shown({ credential }: RegistryFailure): string {
  return credential === undefined ? '' : ` (${credential} was shown)`;
}

/** A registry that the rules block (vector err-08). */
export function blockedRegistry(host: string): ImportFailure {
  return { reason: 'Forbidden', message: `forbidden: registry ${host} blocked` };
}

const secondMs = 1000;
const minuteMs = 60 * secondMs;

/** How soon a failed import is tried again, the first time; each further failure doubles it. */
export interface Retry {
  readonly initialMs: number;
  readonly maxMs: number;
  /** The registry itself said when. */
  readonly notBeforeMs?: number;
}

/**
 * When an import that failed is worth another try. What people have to mend is asked for less and less often; what mends
 * itself sooner.
 */
export function retryAfter(failure: RegistryFailure): Retry {
  switch (failure.kind) {
    case 'rateLimited':
    case 'paused':
    case 'serverError': {
      const { retryAfterMs } = failure;
      const retry = { initialMs: 10 * secondMs, maxMs: 10 * minuteMs };
      return retryAfterMs === undefined ? retry : { ...retry, notBeforeMs: retryAfterMs };
    }
    case 'unreachable':
    case 'timeout':
    case 'tls':
    case 'integrity':
    case 'malformed':
      return { initialMs: 10 * secondMs, maxMs: 10 * minuteMs };
    case 'notFound':
    case 'unauthorized':
    case 'wrongCredential':
    case 'denied':
    case 'plainHttp':
    case 'notARegistry':
    case 'unsupported':
    case 'tooLarge':
    case 'redirect':
      return { initialMs: 30 * secondMs, maxMs: 30 * minuteMs };
  }
}
