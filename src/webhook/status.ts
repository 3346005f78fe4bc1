/** HTTP codes of a refused or failed request, with the reason Kubernetes clients know them by. */
const reasons = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  500: 'InternalError',
  503: 'ServiceUnavailable',
} as const;

export type FailureCode = keyof typeof reasons;

/** All of them. */
export const failureCodes: readonly string[] = Object.keys(reasons);

/** A `v1 Status`: the API server shows its message to the user when a webhook's failure policy is Fail. */
export interface Status {
  readonly apiVersion: 'v1';
  readonly kind: 'Status';
  readonly status: 'Failure';
  readonly code: FailureCode;
  readonly reason: (typeof reasons)[FailureCode];
  readonly message: string;
}

export function failure(code: FailureCode, message: string): Status {
  return { apiVersion: 'v1', kind: 'Status', status: 'Failure', code, reason: reasons[code], message };
}
