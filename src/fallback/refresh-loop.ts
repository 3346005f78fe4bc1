import type { Clock } from './clock.ts';
import type { FallbackCacheSettings } from './settings.ts';

export interface RefreshLoop {
  /** Something is in use: looks again and again, until nothing is. */
  wake(): void;
  stop(): void;
}

export interface RefreshLoopOptions {
  readonly clock: Clock;
  readonly settings: () => FallbackCacheSettings;
  /** Asks for what is due; tells whether anything is in use. */
  readonly refresh: () => boolean;
}

/** Of the last quarter of a life, a fourth may pass before an answer that is due is seen. */
const looksInALife = 16;
const pauseMsMin = 100;
const pauseMsMax = 5000;

/** Looks after what is in use. Where nothing is, no timer runs. */
export function createRefreshLoop({ clock, settings, refresh }: RefreshLoopOptions): RefreshLoop {
  const stopping = new AbortController();
  const { signal } = stopping;
  let running = false;
  const run = async (): Promise<void> => {
    do {
      const { ttlMs, negativeTtlMs } = settings();
      const pauseMs = Math.min(ttlMs, negativeTtlMs) / looksInALife;
      await clock.sleep(Math.min(pauseMsMax, Math.max(pauseMsMin, pauseMs)), signal);
    } while (!signal.aborted && refresh());
    running = false;
  };
  return {
    wake() {
      if (running || signal.aborted) return;
      running = true;
      void run();
    },
    stop: () => stopping.abort(),
  };
}
