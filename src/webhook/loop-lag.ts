/** How often it is measured. */
const intervalMs = 500;
/** What a busy but healthy process shows now and then. */
const noticedMs = 50;

/**
 * How long what arrives has to wait until the event loop comes to it. Two things tell: a timer that comes too late, which says how
 * long those waited who are read next; and one that is overdue, since the loop is still at it. Times are those of one clock.
 */
export class LoopLag {
  #dueMs: number;
  #lateMs = 0;

  constructor(nowMs: number) {
    this.#dueMs = nowMs + intervalMs;
  }

  /** The timer has come. True: late enough to ask for a call of `caughtUp`. */
  tick(nowMs: number): boolean {
    this.#lateMs = Math.max(0, nowMs - this.#dueMs);
    this.#dueMs = nowMs + intervalMs;
    return this.#lateMs >= noticedMs;
  }

  /** What had arrived by the last tick has been read. */
  caughtUp(): void {
    this.#lateMs = 0;
  }

  /** For what is read now. */
  read(nowMs: number): number {
    return Math.max(this.#lateMs, nowMs - this.#dueMs, 0);
  }
}

/** Measures this process, without keeping it alive. */
export function watchLoopLag(): { readonly lag: LoopLag; readonly stop: () => void } {
  const lag = new LoopLag(performance.now());
  const timer = setInterval(() => {
    // Sockets are read between timers and immediates: once round, and nobody is there who waited meanwhile.
    if (lag.tick(performance.now())) setImmediate(() => lag.caughtUp());
  }, intervalMs).unref();
  return { lag, stop: () => clearInterval(timer) };
}
