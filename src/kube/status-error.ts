/** What a `v1 Status` says of itself, as far as anybody reads it. */
export interface StatusDetails {
  readonly kind: string;
  readonly name: string;
  readonly causes: readonly { readonly field: string; readonly message: string }[];
}

/**
 * An API server's refusal: the `v1 Status` it answered with. Callers branch on `code` and `reason`, never on the message.
 * Stores of files refuse in the same words.
 */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly code: number;
  readonly reason: string;
  /** What the server itself said, without the request that it was said to. */
  readonly said: string;
  readonly details: StatusDetails | undefined;

  constructor(status: {
    code: number;
    reason: string;
    message: string;
    said?: string;
    details?: StatusDetails | undefined;
  }) {
    super(status.message);
    this.code = status.code;
    this.reason = status.reason;
    this.said = status.said ?? status.message;
    this.details = status.details;
  }
}
