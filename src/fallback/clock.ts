/** Time as a port, so that tests need not wait. One that never jumps is best: ages are measured with it. */
export interface Clock {
  now(): number;
  /** Resolves after `ms`, or as soon as `signal` aborts; never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
