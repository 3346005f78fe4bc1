import { createBackoff, type Backoff } from './backoff.ts';
import type { KubeClient, WatchEvent } from './client.ts';
import type { Clock } from './clock.ts';
import { objectAt, stringAt } from '../json/untyped.ts';
import { listPages } from './list.ts';
import { describeFailure, isNotServed, maySurviveInPlace } from './reflector-failure.ts';
import type { Resource } from './resource.ts';
import { watchOnce } from './watch-once.ts';

/** Where the objects go, one at a time, raw as the API sends them. */
export interface ReflectorHandler {
  /** Starts a full list; until `commit` it changes nothing, and one that is never committed never was. */
  startList(): { put(raw: unknown): void; commit(): void };
  put(raw: unknown): void;
  remove(raw: unknown): void;
}

export const reflectorVerbs = ['list', 'watch'] as const;
export type ReflectorVerb = (typeof reflectorVerbs)[number];

export interface ReflectorState {
  /** `synced` from the first full list on, also while the watch is in trouble: the last state stays in use. */
  readonly phase: 'starting' | 'synced' | 'notServed';
  /** When the API server was last heard; a quiet watch is heard every minute or two, by a bookmark. */
  readonly lastContactMs: number;
  /** How often listing or watching had to begin again after a failure. */
  readonly restarts: number;
  /** The failure that has not been followed by a contact yet. */
  readonly lastError?: string;
}

export interface ReflectorOptions {
  readonly client: KubeClient;
  readonly resource: Resource;
  readonly handler: ReflectorHandler;
  readonly clock: Clock;
  /** Gives [0, 1). */
  readonly random: () => number;
  /** Ends it. */
  readonly signal: AbortSignal;
  /**
   * How often a resource that is not served is looked for, in ms; 10 s unless told. The second look comes after 10 s in any
   * case: an API server that is just starting does not serve everything yet.
   */
  readonly notServedRetryMs?: number;
  /** Told of every list and watch that failed and is begun again; not of a resource that is not served. */
  readonly onFailure?: (verb: ReflectorVerb) => void;
  /** Called when `phase` or `lastError` changed. */
  readonly onChange?: (state: ReflectorState) => void;
}

export interface Reflector {
  readonly state: () => ReflectorState;
  /** Resolves when it has ended; it never rejects. */
  readonly done: Promise<void>;
}

const secondLookMs = 10_000;

/**
 * Mirrors one collection into `handler` until `signal` aborts: list, watch, resume where the watch ended. The model is
 * client-go's reflector (tools/cache/reflector.go).
 */
export function startReflector(options: ReflectorOptions): Reflector {
  const loop = new ReflectorLoop(options);
  return { state: () => loop.state, done: loop.run() };
}

class ReflectorLoop {
  state: ReflectorState;
  readonly #options: ReflectorOptions;
  readonly #backoff: Backoff;
  /** The resourceVersion up to which everything is known; undefined: a list is needed. */
  #position: string | undefined;
  #notServedInARow = 0;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#backoff = createBackoff(options.clock, options.random);
    this.state = { phase: 'starting', lastContactMs: options.clock.now(), restarts: 0 };
  }

  async run(): Promise<void> {
    const { clock, signal } = this.#options;
    const stopped = (): boolean => signal.aborted;
    while (!stopped()) {
      const verb = this.#position === undefined ? 'list' : 'watch';
      try {
        if (this.#position === undefined) this.#position = await this.#list();
        else await this.#watch(this.#position);
      } catch (error) {
        if (!stopped()) await clock.sleep(this.#afterFailure(verb, error), signal);
      }
    }
  }

  async #list(): Promise<string> {
    const { client, resource, handler, signal } = this.#options;
    const list = handler.startList();
    const put = (raw: unknown): void => list.put(raw);
    const { path, view = 'objects', pageSize } = resource;
    const position = await listPages(client, path, {
      ...{ signal, put, view },
      ...(pageSize !== undefined && { pageSize }),
      onPage: () => this.#contact(),
    });
    list.commit();
    this.#notServedInARow = 0;
    this.#contact('synced');
    return position;
  }

  async #watch(from: string): Promise<void> {
    const onEvent = (event: WatchEvent): void => {
      this.#apply(event);
      this.#position = stringAt(objectAt(event.object, 'metadata'), 'resourceVersion') ?? this.#position;
      this.#contact();
    };
    const { path, view = 'objects' } = this.#options.resource;
    const end = await watchOnce({ ...this.#options, path, view, from, onEvent });
    if (end === 'closed') this.#contact();
  }

  #apply({ type, object }: WatchEvent): void {
    const { handler } = this.#options;
    if (type === 'ADDED' || type === 'MODIFIED') handler.put(object);
    if (type === 'DELETED') handler.remove(object);
  }

  /** Takes note of a failure and gives the milliseconds to wait. */
  #afterFailure(verb: ReflectorVerb, error: unknown): number {
    if (verb === 'list' && isNotServed(error)) return this.#afterNotServed();
    this.#notServedInARow = 0;
    this.#options.onFailure?.(verb);
    if (verb === 'watch' && !maySurviveInPlace(error)) this.#position = undefined;
    const lastError = describeFailure(verb, this.#options.resource, error);
    this.#change({ ...this.state, restarts: this.state.restarts + 1, lastError });
    return this.#backoff.next();
  }

  /**
   * One 404 may come from a proxy or an API server that is just starting: what was served is forgotten only when it is
   * still missing at the second look.
   */
  #afterNotServed(): number {
    const { handler, random, notServedRetryMs = secondLookMs } = this.#options;
    this.#notServedInARow += 1;
    const { phase } = this.state;
    if (phase === 'synced' && this.#notServedInARow > 1) handler.startList().commit();
    this.#contact(phase === 'synced' && this.#notServedInARow === 1 ? 'synced' : 'notServed');
    const waitMs = this.#notServedInARow === 1 ? secondLookMs : notServedRetryMs;
    return waitMs * (0.8 + 0.4 * random());
  }

  #contact(phase = this.state.phase): void {
    this.#change({ phase, lastContactMs: this.#options.clock.now(), restarts: this.state.restarts });
  }

  #change(next: ReflectorState): void {
    const { phase, lastError } = this.state;
    this.state = next;
    if (next.phase !== phase || next.lastError !== lastError) this.#options.onChange?.(next);
  }
}
