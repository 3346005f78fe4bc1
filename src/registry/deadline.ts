/** The reason of a signal whose time was over. */
export class OverDeadline extends Error {
  override readonly name = 'OverDeadline';
}

export interface Deadline {
  /** Aborts with the reason of `outer`, or with an OverDeadline. */
  readonly signal: AbortSignal;
  /** Lets go of timer and `outer`. */
  release(): void;
}

/** A limit of `ms` on something that `outer` may also end. */
export function startDeadline(ms: number, outer?: AbortSignal): Deadline {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new OverDeadline()), ms);
  const follow = (): void => controller.abort(outer?.reason);
  outer?.addEventListener('abort', follow, { once: true });
  if (outer?.aborted === true) follow();
  return {
    signal: controller.signal,
    release() {
      clearTimeout(timer);
      outer?.removeEventListener('abort', follow);
    },
  };
}

/** `work`, or a rejection as soon as the signal aborts, for work that knows no signal. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const ended = Promise.withResolvers<never>();
  const end = (): void => ended.reject(signal.reason as Error);
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  try {
    return await Promise.race([work, ended.promise]);
  } finally {
    signal.removeEventListener('abort', end);
  }
}
