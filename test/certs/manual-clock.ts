import type { Clock } from '../../src/kube/clock.ts';

/** A clock that moves when it is told to, and then wakes whoever has slept long enough. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
  /** How many sleep now. */
  sleeping(): number;
}

export function manualClock(start: number = Date.now()): ManualClock {
  let now = start;
  const sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const sleeper = { until: now + ms, wake };
        function wake(): void {
          sleepers.delete(sleeper);
          signal.removeEventListener('abort', wake);
          resolve();
        }
        sleepers.add(sleeper);
        signal.addEventListener('abort', wake);
        if (signal.aborted) wake();
      }),
    advance: (ms) => {
      now += ms;
      for (const sleeper of [...sleepers]) if (sleeper.until <= now) sleeper.wake();
    },
    sleeping: () => sleepers.size,
  };
}
