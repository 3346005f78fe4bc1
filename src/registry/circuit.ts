import type { Clock } from './clock.ts';

/** What an operation showed about its registry: that it lives, that it does not, or nothing (given up). */
export type Sign = 'alive' | 'dead' | 'unknown';

export type Passage =
  { readonly ok: true; done(sign: Sign): void } | { readonly ok: false; readonly retryAfterMs: number };

/** Leaves a registry alone that failed several times in a row, so that it costs nobody time. */
export interface Circuit {
  /** How long it is closed to everybody; 0: ask. */
  waitMs(): number;
  /** Lets an operation through or not; whoever is let through says how it ended. */
  enter(): Passage;
}

const failuresMax = 5;
const firstPauseMs = 2000;
const pauseMsMax = 60_000;
const trialMs = 1000;

/**
 * After five failures in a row nothing is sent for a while: 1 to 2 s, doubled each time up to 30 to 60 s (jittered over
 * the upper half, so that replicas do not return in step). Then one operation tries; the others go on waiting.
 */
export function createCircuit(clock: Pick<Clock, 'now'>, random: () => number): Circuit {
  let failures = 0;
  let pauses = 0;
  let closedUntilMs = 0;
  let trying = false;

  const pause = (): void => {
    const stepMs = Math.min(pauseMsMax, firstPauseMs * 2 ** pauses);
    pauses += 1;
    closedUntilMs = clock.now() + stepMs / 2 + (random() * stepMs) / 2;
  };
  const recover = (): void => {
    failures = 0;
    pauses = 0;
  };
  const waitMs = (): number => {
    if (failures < failuresMax) return 0;
    const restMs = closedUntilMs - clock.now();
    if (restMs > 0) return restMs;
    return trying ? trialMs : 0;
  };
  return {
    waitMs,
    enter() {
      const restMs = waitMs();
      if (restMs > 0) return { ok: false, retryAfterMs: Math.ceil(restMs) };
      const isTrial = failures >= failuresMax;
      if (isTrial) trying = true;
      return {
        ok: true,
        done(sign) {
          if (isTrial) trying = false;
          if (sign === 'alive') recover();
          if (sign !== 'dead') return;
          if (isTrial) pause();
          // Those that were under way when it closed say nothing new.
          else if (failures < failuresMax && (failures += 1) === failuresMax) pause();
        },
      };
    },
  };
}
