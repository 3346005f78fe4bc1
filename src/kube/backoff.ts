import type { Clock } from './clock.ts';

export interface Backoff {
  /** Counts one more failure and gives the milliseconds to wait before the next try. */
  next(): number;
}

export interface BackoffOptions {
  readonly initialMs: number;
  readonly maxMs: number;
  /** A stretch without failure after which the wait starts small again. */
  readonly resetMs: number;
}

/** What client-go's reflector waits: 800 ms, doubled up to 30 s, from the start again after two good minutes. */
export const watchBackoff: BackoffOptions = { initialMs: 800, maxMs: 30_000, resetMs: 120_000 };

/**
 * Exponential back-off, jittered over the upper half of each step so that replicas do not return in step.
 * `random` gives [0, 1).
 */
export function createBackoff(
  clock: Pick<Clock, 'now'>,
  random: () => number,
  options = watchBackoff,
): Backoff {
  const { initialMs, maxMs, resetMs } = options;
  let failures = 0;
  let lastFailureMs = Number.NEGATIVE_INFINITY;
  return {
    next() {
      const nowMs = clock.now();
      if (nowMs - lastFailureMs > resetMs) failures = 0;
      const stepMs = Math.min(maxMs, initialMs * 2 ** failures);
      failures += 1;
      lastFailureMs = nowMs;
      return stepMs / 2 + (random() * stepMs) / 2;
    },
  };
}
