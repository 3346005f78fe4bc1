import type { ManifestQuery, ManifestSource } from '../importer/manifest-source.ts';
import type { Log } from '../telemetry/log.ts';
import type { Clock } from './clock.ts';
import { failed, saidOf, type Said } from './said.ts';

/** One question that is under way to a registry. */
export interface Flight<T> {
  readonly startedMs: number;
  /** What was made of the answer. Never rejects, and comes within the limit, whatever the registry does. */
  readonly landed: Promise<T>;
}

export interface FlightsOptions {
  readonly source: Pick<ManifestSource, 'digest'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** At the same time; a bound on memory, far over what registries are asked at once. */
export const flightsMax = 4096;
/** Those that nobody waits for, so that there is always room for those that somebody does. */
export const backgroundFlightsMax = 128;
const flightMsMax = 30_000;

/** Made once: an error takes the time of its stack. */
const over = new Error('nobody waits any longer');

/**
 * One question a key at a time, however many ask it. A question is not ended when somebody no longer waits for it, only by
 * a limit of its own.
 */
export class Flights<T> {
  readonly #options: FlightsOptions;
  readonly #flights = new Map<string, Flight<T>>();
  readonly #endings = new Set<AbortController>();
  #background = 0;
  #stopped = false;

  constructor(options: FlightsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#flights.size;
  }

  get(key: string): Flight<T> | undefined {
    return this.#flights.get(key);
  }

  hasRoom(urgency: ManifestQuery['urgency']): boolean {
    if (this.#stopped || this.#flights.size >= flightsMax) return false;
    return urgency === 'asked' || this.#background < backgroundFlightsMax;
  }

  /** Asks. There must be room, and no flight of this key. */
  start(key: string, query: ManifestQuery, land: (said: Said) => T): Flight<T> {
    const isBackground = query.urgency === 'scheduled';
    if (isBackground) this.#background += 1;
    const flight: Flight<T> = {
      startedMs: this.#options.clock.now(),
      landed: this.#fly(query).then((said) => {
        if (isBackground) this.#background -= 1;
        this.#flights.delete(key);
        return land(said);
      }),
    };
    this.#flights.set(key, flight);
    return flight;
  }

  /** Ends all of them, as failed. */
  stop(): void {
    this.#stopped = true;
    for (const ending of this.#endings) ending.abort(new Error('stopping'));
  }

  async #fly(query: ManifestQuery): Promise<Said> {
    const ending = new AbortController();
    this.#endings.add(ending);
    const limit = this.#options.clock
      .sleep(flightMsMax, ending.signal)
      .then(() =>
        failed(this.#stopped ? 'Pinstream is stopping' : `no answer within ${flightMsMax / 1000} s`),
      );
    try {
      return await Promise.race([this.#ask(query, ending.signal), limit]);
    } finally {
      this.#endings.delete(ending);
      ending.abort(over);
    }
  }

  async #ask(query: ManifestQuery, signal: AbortSignal): Promise<Said> {
    const { source, log } = this.#options;
    try {
      return saidOf(await source.digest(query, signal));
    } catch (error) {
      if (!signal.aborted) {
        const { registry, repository } = query;
        const stack = error instanceof Error ? error.stack : String(error);
        log.error({ registry, repository, error: stack }, 'a question to a registry failed');
      }
      return failed(signal.aborted ? 'no answer in time' : 'an error of Pinstream, which its log has');
    }
  }
}
