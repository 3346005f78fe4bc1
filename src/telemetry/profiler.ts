import { Session } from 'node:inspector/promises';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { getHeapSnapshot } from 'node:v8';

/** Looks into the process that it runs in; one look at a time, since each costs it time or memory. */
export interface Profiler {
  /**
   * Where the CPU's time goes for so long, as a .cpuprofile that browsers and editors show; it ends early when `signal` aborts.
   *
   * @returns undefined while another look is under way
   */
  cpuProfile(seconds: number, signal: AbortSignal): Promise<string | undefined>;
  /**
   * All memory, as a .heapsnapshot; the process stands still while it is taken.
   *
   * @returns undefined while another look is under way
   */
  heapSnapshot(): Readable | undefined;
}

export function createProfiler(): Profiler {
  let busy = false;
  return {
    cpuProfile: async (seconds, signal) => {
      if (busy) return undefined;
      busy = true;
      const session = new Session();
      try {
        session.connect();
        await session.post('Profiler.enable');
        await session.post('Profiler.start');
        await delay(seconds * 1000, undefined, { signal }).catch(() => undefined);
        const { profile } = await session.post('Profiler.stop');
        return JSON.stringify(profile);
      } finally {
        session.disconnect();
        busy = false;
      }
    },
    heapSnapshot: () => {
      if (busy) return undefined;
      busy = true;
      const snapshot = getHeapSnapshot();
      snapshot.once('close', () => (busy = false));
      return snapshot;
    },
  };
}
