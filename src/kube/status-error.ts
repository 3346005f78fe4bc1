/** An API server's refusal: the `v1 Status` it answered with. Callers branch on `code` and `reason`, never on the message. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly code: number;
  readonly reason: string;

  constructor(status: { code: number; reason: string; message: string }) {
    super(status.message);
    this.code = status.code;
    this.reason = status.reason;
  }
}
