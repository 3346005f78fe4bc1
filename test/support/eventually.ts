import { setTimeout as delay } from 'node:timers/promises';

export interface EventuallyOptions {
  /** What is waited for; opens the error's message. */
  readonly describe: string;
  /** The deadline, on a machine as slow as can be: a minute unless more is told. */
  readonly timeoutMs?: number;
  /** Pause between two tries; 50 ms unless told. */
  readonly intervalMs?: number;
}

/** Only what hangs or is wrong waits for it, so it costs nothing to be patient. */
const patienceMs = 60_000;

/**
 * Tries `attempt` until it neither throws nor rejects, and gives its result. At the deadline it throws an error with the
 * description and the last message, and the last error as `cause`. An attempt in progress is waited for.
 */
export async function eventually<T>(attempt: () => T | Promise<T>, options: EventuallyOptions): Promise<T> {
  const { describe, intervalMs = 50 } = options;
  const timeoutMs = Math.max(options.timeoutMs ?? 0, patienceMs);
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() >= deadline) {
        const last = error instanceof Error ? error.message : String(error);
        throw new Error(`${describe}: not within ${timeoutMs} ms: ${last}`, { cause: error });
      }
    }
    await delay(intervalMs);
  }
}
