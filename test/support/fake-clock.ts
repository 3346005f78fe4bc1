import type { Clock } from '../../src/kube/clock.ts';

export interface FakeClock extends Clock {
  /** Moves time on and wakes who is due. */
  advance(ms: number): void;
  /** What the sleepers asked for, in ms, in the order in which they asked. */
  sleeping(): readonly number[];
}

/** A clock that stands still until it is told. */
export function createFakeClock(startMs = 1_000_000): FakeClock {
  let nowMs = startMs;
  const sleepers = new Set<{ readonly ms: number; readonly dueMs: number; readonly wake: () => void }>();
  return {
    now: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const sleeper = { ms, dueMs: nowMs + ms, wake };
        function wake(): void {
          sleepers.delete(sleeper);
          signal.removeEventListener('abort', wake);
          resolve();
        }
        sleepers.add(sleeper);
        signal.addEventListener('abort', wake);
        if (signal.aborted) wake();
      }),
    advance(ms) {
      nowMs += ms;
      for (const sleeper of [...sleepers]) if (sleeper.dueMs <= nowMs) sleeper.wake();
    },
    sleeping: () => [...sleepers].map(({ ms }) => ms),
  };
}
