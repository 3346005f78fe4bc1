export interface TimeLimit {
  /** Aborts with `outer`, or when the time is over. */
  readonly signal: AbortSignal;
  /** Whether the time is over. */
  expired(): boolean;
  /** Lifts the limit and keeps following `outer`. */
  lift(): void;
  /** Lifts the limit and lets go of `outer`. */
  release(): void;
  /** `work`, or a rejection as soon as the signal aborts, for work that knows no signal. */
  race<T>(work: Promise<T>): Promise<T>;
}

/** A time limit of `ms` on something that `outer` may also end. */
export function startTimeLimit(ms: number, outer?: AbortSignal): TimeLimit {
  const controller = new AbortController();
  let over = false;
  const timer = setTimeout(() => {
    over = true;
    controller.abort();
  }, ms);
  const follow = (): void => controller.abort();
  const lift = (): void => clearTimeout(timer);
  outer?.addEventListener('abort', follow, { once: true });
  if (outer?.aborted) follow();
  return {
    signal: controller.signal,
    expired: () => over,
    lift,
    release() {
      lift();
      outer?.removeEventListener('abort', follow);
    },
    race: (work) => orAborted(work, controller.signal),
  };
}

async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const ended = Promise.withResolvers<never>();
  const end = (): void => ended.reject(new Error('aborted'));
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  try {
    return await Promise.race([work, ended.promise]);
  } finally {
    signal.removeEventListener('abort', end);
  }
}
