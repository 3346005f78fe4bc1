import { LRUCache } from 'lru-cache';

/** Answers that take a while to get: asked for once at a time, kept, and forgotten again. */
export interface Remembered<T> {
  /** Waits no longer than `signal`; rejects as the reading does, and the next one tries again. */
  get(key: string, signal: AbortSignal): Promise<T>;
  /** The next one reads anew; an answer that is still on its way does not come back. */
  forget(key: string): void;
}

export interface RememberOptions<T> {
  /** Bounded in time by itself: it is not ended by whoever came first, since others wait for the same answer. */
  readonly read: (key: string) => Promise<T>;
  readonly keepMs: (answer: T) => number;
  /** How many answers are kept at most; those that nobody asks for go first. */
  readonly max: number;
  /** Bounds memory where answers differ in size: the sum of the weights of all that are kept. */
  readonly weights?: { readonly of: (answer: T) => number; readonly max: number };
  readonly clock: { now(): number };
}

interface Flight<T> {
  readonly answer: Promise<T>;
  /** Until when the answer may be used; for ever while it is on its way. */
  readonly untilMs: number;
  readonly weight: number;
}

export function remember<T>({ read, keepMs, max, weights, clock }: RememberOptions<T>): Remembered<T> {
  const flights = new LRUCache<string, Flight<T>>({
    max,
    maxSize: weights?.max ?? max,
    sizeCalculation: ({ weight }) => weight,
  });
  const start = (key: string): Flight<T> => {
    const flight: Flight<T> = { answer: read(key), untilMs: Infinity, weight: 1 };
    flights.set(key, flight);
    const isCurrent = (): boolean => flights.peek(key) === flight;
    flight.answer.then(
      (answer) => {
        const untilMs = clock.now() + keepMs(answer);
        if (isCurrent()) flights.set(key, { ...flight, untilMs, weight: weights?.of(answer) ?? 1 });
      },
      () => {
        if (isCurrent()) flights.delete(key);
      },
    );
    return flight;
  };
  return {
    get(key, signal) {
      const last = flights.get(key);
      const flight = last !== undefined && clock.now() < last.untilMs ? last : start(key);
      return waitFor(flight.answer, signal);
    },
    forget: (key) => {
      flights.delete(key);
    },
  };
}

/** Waits no longer than the caller does. */
async function waitFor<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => {
      reject(
        signal.reason instanceof Error ? signal.reason : new Error('given up', { cause: signal.reason }),
      );
    };
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
