import type { Clock } from './clock.ts';

export interface WorkQueueOptions {
  readonly clock: Clock;
  /** Gives [0, 1). */
  readonly random: () => number;
  /** The wait after the first failure of a key; doubled with each further one. */
  readonly initialMs: number;
  readonly maxMs: number;
  /** Told of a `work` that threw, which is a bug; the key is retried. */
  readonly onError: (key: string, error: unknown) => void;
}

export interface RunOptions {
  /** How many keys are worked on at once. */
  readonly workers: number;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Never called for a key that is being worked on. */
  readonly work: (key: string) => Promise<void>;
}

/**
 * Keys to work on, each at most once at a time and at most once in the queue (the model is client-go's
 * util/workqueue). A key says what to look at, not what happened: work reads the present state, so that ten changes
 * cost one look. A queue runs once; what is added after its end is dropped.
 */
export interface WorkQueue {
  /** To be worked on from now on; once more afterwards when it is being worked on. */
  add(key: string): void;
  /** To be worked on in `ms`. Of several times for one key the earliest wins. */
  addAfter(key: string, ms: number): void;
  /** To be worked on after a wait that grows with every call until `forget`. */
  retry(key: string): void;
  /** The key is well: its next retry waits as short as the first. */
  forget(key: string): void;
  /** How many keys wait for a worker; neither those whose time has not come nor those that are worked on. */
  size(): number;
  /** Works until `signal` aborts; resolves when the last running work has ended. It never rejects. */
  run(options: RunOptions): Promise<void>;
}

/** What a timer of Node can hold. Work that looks 24 days early does no harm. */
const delayMsMax = 2 ** 31 - 1;

export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  return new Queue(options);
}

class Queue implements WorkQueue {
  readonly #options: WorkQueueOptions;
  /** In the order in which they became due. */
  readonly #due = new Set<string>();
  readonly #delayed = new Map<string, { readonly dueMs: number; readonly timer: AbortController }>();
  readonly #worked = new Set<string>();
  /** Added while worked on. */
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #idle: (() => void)[] = [];
  #phase: 'new' | 'running' | 'ended' = 'new';

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  add(key: string): void {
    if (this.#phase === 'ended') return;
    this.#cancelDelay(key);
    if (this.#worked.has(key)) {
      this.#again.add(key);
      return;
    }
    this.#due.add(key);
    this.#idle.shift()?.();
  }

  addAfter(key: string, ms: number): void {
    if (!(ms > 0)) {
      this.add(key);
      return;
    }
    const { clock } = this.#options;
    const dueMs = clock.now() + ms;
    const delayed = this.#delayed.get(key);
    const sooner = this.#due.has(key) || this.#again.has(key) || (delayed && delayed.dueMs <= dueMs);
    if (this.#phase === 'ended' || sooner) return;
    this.#cancelDelay(key);
    const timer = new AbortController();
    this.#delayed.set(key, { dueMs, timer });
    void clock.sleep(Math.min(ms, delayMsMax), timer.signal).then(() => {
      if (!timer.signal.aborted) this.add(key);
    });
  }

  retry(key: string): void {
    const { initialMs, maxMs, random } = this.#options;
    const failures = this.#failures.get(key) ?? 0;
    const stepMs = Math.min(maxMs, initialMs * 2 ** failures);
    this.#failures.set(key, failures + 1);
    // Jittered over the upper half, so that what failed together does not come back together.
    this.addAfter(key, stepMs / 2 + (random() * stepMs) / 2);
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  size(): number {
    return this.#due.size;
  }

  async run({ workers, signal, work }: RunOptions): Promise<void> {
    if (this.#phase !== 'new') throw new Error('a work queue runs once');
    this.#phase = 'running';
    const end = (): void => this.#end();
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    await Promise.all(Array.from({ length: workers }, () => this.#workOn(work)));
    signal.removeEventListener('abort', end);
  }

  async #workOn(work: RunOptions['work']): Promise<void> {
    for (;;) {
      const key = await this.#next();
      if (key === undefined) return;
      this.#worked.add(key);
      try {
        await work(key);
      } catch (error) {
        this.#options.onError(key, error);
        this.retry(key);
      }
      this.#worked.delete(key);
      if (this.#again.delete(key)) this.add(key);
    }
  }

  /** The next key that is due, undefined at the end. */
  async #next(): Promise<string | undefined> {
    for (;;) {
      if (this.#phase === 'ended') return undefined;
      const [key] = this.#due;
      if (key !== undefined) {
        this.#due.delete(key);
        return key;
      }
      await new Promise<void>((resolve) => this.#idle.push(resolve));
    }
  }

  #cancelDelay(key: string): void {
    this.#delayed.get(key)?.timer.abort();
    this.#delayed.delete(key);
  }

  #end(): void {
    this.#phase = 'ended';
    for (const key of [...this.#delayed.keys()]) this.#cancelDelay(key);
    this.#due.clear();
    this.#again.clear();
    for (const wake of this.#idle.splice(0)) wake();
  }
}
