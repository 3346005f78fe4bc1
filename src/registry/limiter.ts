import type { Clock } from './clock.ts';

export interface Demand {
  /** `asked` goes before `scheduled`. */
  readonly urgency: 'asked' | 'scheduled';
  /** Whether it takes one of the permits a minute: manifests and tag lists do, blobs do not. */
  readonly counted: boolean;
}

export type Permit =
  | {
      readonly ok: true;
      /** Frees the place; `unused` also gives the permit back, when nothing was sent. */
      release(how?: 'unused'): void;
    }
  | { readonly ok: false; readonly retryAfterMs: number; readonly detail: string };

/** How much is asked of one registry. */
export interface Limiter {
  /** Waits for its turn. Rejects only with the reason of `signal`. */
  acquire(demand: Demand, signal: AbortSignal): Promise<Permit>;
  /** Nothing at all for so long: the registry asked for it. Whoever waits is told at once. */
  pause(ms: number): void;
  /** Nothing that counts for so long: our quota there is empty. */
  exhaust(ms: number): void;
}

export interface LimiterOptions {
  readonly clock: Clock;
  /** How many counted operations a minute, and how many at once after a quiet minute; 0: no limit. It may change. */
  readonly perMinute: () => number;
  /** Operations under way at the same time. */
  readonly concurrencyMax: number;
}

interface Waiter {
  settle(permit: Permit): void;
}

interface Lane {
  readonly demand: Demand;
  readonly waiters: Set<Waiter>;
}

/** More than anybody waits for: a bound only. */
const waitersMax = 20_000;
const paused = 'the registry asked for a pause';
const exhausted = 'the quota there is used up';
const busyMs = 60_000;

/**
 * A token bucket and a number of places, served by urgency. Whoever asks waits until its turn, or until its signal ends
 * that; where the registry itself said to stay away, it is told so at once.
 */
export function createLimiter({ clock, perMinute, concurrencyMax }: LimiterOptions): Limiter {
  const isLimited = (): boolean => perMinute() > 0;
  const perMs = (): number => perMinute() / 60_000;
  const burst = (): number => Math.max(1, perMinute());
  let permits = burst();
  let countedMs = clock.now();
  let running = 0;
  let pausedUntilMs = 0;
  let exhaustedUntilMs = 0;
  let alarm: AbortController | undefined;
  // In the order in which they are served.
  const lanes: readonly Lane[] = [
    { demand: { urgency: 'asked', counted: false }, waiters: new Set() },
    { demand: { urgency: 'asked', counted: true }, waiters: new Set() },
    { demand: { urgency: 'scheduled', counted: false }, waiters: new Set() },
    { demand: { urgency: 'scheduled', counted: true }, waiters: new Set() },
  ];

  const refill = (): void => {
    const nowMs = clock.now();
    permits = Math.min(burst(), permits + Math.max(0, nowMs - countedMs) * perMs());
    countedMs = nowMs;
  };

  /** Rounding must not leave somebody waiting for the last billionth. */
  const hasPermit = (): boolean => !isLimited() || permits > 1 - 1e-6;

  const permit = (counted: boolean): Permit => {
    const costs = counted && isLimited();
    if (costs) permits -= 1;
    running += 1;
    let released = false;
    return {
      ok: true,
      release(how) {
        if (released) return;
        released = true;
        running -= 1;
        if (how === 'unused' && costs) permits = Math.min(burst(), permits + 1);
        serve();
      },
    };
  };

  const serve = (): void => {
    refill();
    for (const { demand, waiters } of lanes) {
      for (const waiter of waiters) {
        if (running >= concurrencyMax) return;
        if (demand.counted && !hasPermit()) break;
        waiters.delete(waiter);
        waiter.settle(permit(demand.counted));
      }
    }
    setAlarm();
  };

  /** Wakes up for the next permit, if anybody waits for one. */
  const setAlarm = (): void => {
    const wanted = isLimited() && lanes.some(({ demand, waiters }) => demand.counted && waiters.size > 0);
    if (!wanted) {
      alarm?.abort();
      alarm = undefined;
    } else if (alarm === undefined) {
      const own = (alarm = new AbortController());
      void clock.sleep(Math.max(1, Math.ceil((1 - permits) / perMs())), own.signal).then(() => {
        if (alarm === own) alarm = undefined;
        if (!own.signal.aborted) serve();
      });
    }
  };

  const refuse = (lane: Lane, ms: number, detail: string): void => {
    for (const waiter of lane.waiters) {
      lane.waiters.delete(waiter);
      waiter.settle({ ok: false, retryAfterMs: ms, detail });
    }
  };

  /** Why it need not even wait. */
  const refusalOf = (lane: Lane): Permit | undefined => {
    const { counted } = lane.demand;
    const nowMs = clock.now();
    const no = (ms: number, detail: string): Permit => ({ ok: false, retryAfterMs: Math.ceil(ms), detail });
    if (pausedUntilMs > nowMs) return no(pausedUntilMs - nowMs, paused);
    if (!counted) return undefined;
    if (exhaustedUntilMs > nowMs) return no(exhaustedUntilMs - nowMs, exhausted);
    return lane.waiters.size < waitersMax
      ? undefined
      : no(busyMs, 'too many other requests of ours wait for it');
  };

  return {
    async acquire(demand, signal) {
      signal.throwIfAborted();
      const lane = lanes.find((one) => isDeepSame(one.demand, demand));
      if (lane === undefined) throw new Error(`no lane for ${JSON.stringify(demand)}`);
      const refusal = refusalOf(lane);
      if (refusal !== undefined) return refusal;
      const { promise, resolve, reject } = Promise.withResolvers<Permit>();
      const waiter: Waiter = { settle: resolve };
      const giveUp = (): void => {
        lane.waiters.delete(waiter);
        reject(signal.reason as Error);
        setAlarm();
      };
      signal.addEventListener('abort', giveUp, { once: true });
      lane.waiters.add(waiter);
      serve();
      try {
        return await promise;
      } finally {
        signal.removeEventListener('abort', giveUp);
      }
    },
    pause(ms) {
      pausedUntilMs = Math.max(pausedUntilMs, clock.now() + ms);
      for (const lane of lanes) refuse(lane, ms, paused);
      setAlarm();
    },
    exhaust(ms) {
      exhaustedUntilMs = Math.max(exhaustedUntilMs, clock.now() + ms);
      for (const lane of lanes) if (lane.demand.counted) refuse(lane, ms, exhausted);
      setAlarm();
    },
  };
}

function isDeepSame(one: Demand, other: Demand): boolean {
  return one.urgency === other.urgency && one.counted === other.counted;
}
