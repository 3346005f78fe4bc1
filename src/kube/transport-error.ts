import { isObject, stringAt } from '../json/untyped.ts';

/**
 * - `io`: no connection, or one that broke; credentials that could not be had.
 * - `deadline`: no complete answer in time.
 * - `aborted`: the caller gave up.
 * - `tooLarge`: an answer, or one line of a watch, over the limit.
 * - `malformed`: an answer that is not what the API sends.
 */
export type TransportErrorKind = 'io' | 'deadline' | 'aborted' | 'tooLarge' | 'malformed';

/** A request that got no usable answer (a refusal by the API server is a StatusError). Callers branch on `kind`. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly kind: TransportErrorKind;

  constructor(kind: TransportErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** One line of why for people. Node leaves the message of an error that collects several attempts empty. */
export function reasonOf(error: unknown): string {
  if (!isObject(error)) return String(error);
  const first: unknown = Array.isArray(error.errors) ? error.errors[0] : undefined;
  const message = stringAt(error, 'message') ?? (first === undefined ? undefined : reasonOf(first));
  return message ?? stringAt(error, 'code') ?? 'unknown error';
}
