import type { Clock } from '../kube/clock.ts';

/** A task that runs again and again, one run at a time. */
export interface Loop {
  /** Asks for a run soon, ahead of the interval. Many requests before that run are one; one during a run follows it. */
  poke(): void;
  stop(): void;
}

export interface LoopOptions {
  readonly clock: Clock;
  /** From the end of a run to the next. */
  readonly intervalMs: number;
  /** From a poke to its run. */
  readonly pokeDelayMs?: number;
  /** Must not reject: what goes wrong is its own to log. */
  readonly task: () => Promise<void>;
}

/** Starts with a pause of one interval. */
export function startLoop({ clock, intervalMs, pokeDelayMs = 0, task }: LoopOptions): Loop {
  let poked = false;
  let stopped = false;
  let pause = new AbortController();
  const isStopped = (): boolean => stopped;
  const rest = async (): Promise<void> => {
    pause = new AbortController();
    if (!poked) await clock.sleep(intervalMs, pause.signal);
    pause = new AbortController();
    if (poked && !stopped) await clock.sleep(pokeDelayMs, pause.signal);
    poked = false;
  };
  const run = async (): Promise<void> => {
    while (!isStopped()) {
      await rest();
      if (!isStopped()) await task();
    }
  };
  void run();
  return {
    poke: () => {
      if (poked) return;
      poked = true;
      pause.abort();
    },
    stop: () => {
      stopped = true;
      pause.abort();
    },
  };
}
