import type { KubeClient } from './client.ts';
import type { Clock } from './clock.ts';
import { claimOf, readLease, type LeaseRecord } from './lease-record.ts';
import { StatusError } from './status-error.ts';
import { reasonOf } from './transport-error.ts';
import type { Log } from '../telemetry/log.ts';

export interface LeaderElectionOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  /** The Lease that the candidates share; made when it does not exist. */
  readonly name: string;
  /** Of this process and no other: two with the same would lead at once (see `electionIdentity`). */
  readonly identity: string;
  /** A steady one (`steadyClock`): one that is set forward looks like a leader that stopped renewing. */
  readonly clock: Clock;
  /** Gives [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  /** Ends it: stops leading, gives the lease back. */
  readonly signal: AbortSignal;
  /**
   * Called each time this process becomes the leader. Its signal aborts with `signal`, and then nobody else leads before
   * it has ended; or when the lease could not be renewed, and then somebody may 5 s later. When it ends by itself the lease
   * is given back, and tried for again.
   */
  readonly lead: (signal: AbortSignal) => Promise<void>;
  /** For the message of a 403: what grants the Lease; a sentence about the rights unless told. */
  readonly grantedBy?: string;
}

export interface LeaderElection {
  readonly leads: () => boolean;
  /** Who holds the lease as far as this process has seen; empty when nobody does. */
  readonly holder: () => string;
  /** Resolves after `signal` aborted, `lead` has ended and the lease is given back; it never rejects. */
  readonly done: Promise<void>;
}

/** client-go's usual numbers. Others wait the first; a leader that could not renew for the second stops. */
const leaseDurationMs = 15_000;
const renewDeadlineMs = 10_000;
const retryPeriodMs = 2000;
/** For one try, so that one that hangs leaves time for another before the deadline. */
const tryMsMax = renewDeadlineMs / 2;
/** What a lease that was given back says: whoever looks next may take it (client-go's `ReleaseOnCancel`). */
const releasedDurationMs = 1000;

/** An identity for one process: the host name says where it is, the rest tells a restart on that host from what died there. */
export function electionIdentity(hostName: string, random: () => number): string {
  const digits = (): string =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return `${hostName}_${digits()}${digits()}`;
}

/**
 * Tries to be the one that leads, until `signal` aborts (the model is client-go's tools/leaderelection). Clocks of two
 * machines are never compared: a candidate takes a lease that it has itself seen unchanged for the lease's duration, and
 * a leader stops a third earlier, counted from before its last renewal was sent. Whoever deletes the Lease, or writes it by hand,
 * lifts that guarantee until the next renewal.
 */
export function startLeaderElection(options: LeaderElectionOptions): LeaderElection {
  const election = new Election(options);
  return { leads: () => election.leads, holder: () => election.holder, done: election.run() };
}

type Attempt = 'held' | 'taken' | 'failed';

class Election {
  leads = false;
  readonly #options: LeaderElectionOptions;
  /** The record that was seen or written last, and when that was noticed. */
  #seen: { readonly record: LeaseRecord; readonly sinceMs: number } | undefined;
  /** What is in the log already. */
  #complaint = '';

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
  }

  get holder(): string {
    return this.#seen?.record.holder ?? '';
  }

  async run(): Promise<void> {
    const { clock, random, signal } = this.#options;
    const stopped = (): boolean => signal.aborted;
    while (!stopped()) {
      const sentMs = clock.now();
      const attempt = await this.#attempt(tryMsMax);
      if (attempt === 'held') await (stopped() ? this.#release() : this.#term(sentMs));
      if (!stopped()) await clock.sleep(retryPeriodMs * (0.8 + 0.4 * random()), signal);
    }
  }

  /** One time as the leader, from a lease that was just taken until `lead` has ended. */
  async #term(sentMs: number): Promise<void> {
    const { namespace, name, identity, log, signal, lead } = this.#options;
    const term = new AbortController();
    const ended = new AbortController();
    const stop = (): void => term.abort();
    signal.addEventListener('abort', stop, { once: true });
    this.leads = true;
    log.info({ lease: `${namespace}/${name}`, identity }, 'leading');
    const work = this.#run(lead, term.signal).finally(() => ended.abort());
    const held = await this.#hold(sentMs, ended.signal);
    this.leads = false;
    term.abort();
    signal.removeEventListener('abort', stop);
    if (!held) log.warn({ lease: `${namespace}/${name}`, identity }, 'lost the lease: no longer leading');
    await work;
    await this.#release();
    if (held) log.info({ lease: `${namespace}/${name}`, identity }, 'no longer leading: gave the lease back');
  }

  async #run(lead: LeaderElectionOptions['lead'], signal: AbortSignal): Promise<void> {
    try {
      await lead(signal);
    } catch (error) {
      this.#options.log.error({ error: reasonOf(error) }, 'what the leader does has failed; trying again');
    }
  }

  /**
   * Renews until `ended` aborts, also while what was led is coming to its end; false when the lease is lost. The deadline counts
   * from before a renewal is sent: nobody can have seen it earlier.
   */
  async #hold(sentMs: number, ended: AbortSignal): Promise<boolean> {
    const { clock } = this.#options;
    const done = (): boolean => ended.aborted;
    let deadlineMs = sentMs + renewDeadlineMs;
    while (!done()) {
      await clock.sleep(Math.min(retryPeriodMs, deadlineMs - clock.now()), ended);
      if (done()) break;
      const nowMs = clock.now();
      if (nowMs >= deadlineMs) return false;
      const attempt = await this.#attempt(Math.min(tryMsMax, deadlineMs - nowMs));
      if (attempt === 'taken' || clock.now() >= deadlineMs) return false;
      if (attempt === 'held') deadlineMs = nowMs + renewDeadlineMs;
    }
    return true;
  }

  /** Takes or renews the lease if that may be done now; never throws. */
  async #attempt(msMax: number): Promise<Attempt> {
    try {
      const attempt = await this.#within(msMax, (expired) => this.#takeOrRenew(expired));
      this.#complaint = '';
      return attempt;
    } catch (error) {
      if (!isLostRace(error)) this.#complain(error);
      return 'failed';
    }
  }

  async #takeOrRenew(expired: () => boolean): Promise<Attempt> {
    // A leader knows the record: one request. Only what changed behind its back is looked at.
    if (this.leads && this.#seen?.record.holder === this.#options.identity) {
      try {
        return await this.#write(this.#seen.record);
      } catch (error) {
        if (!isLostRace(error) && !isMissing(error)) throw error;
      }
    }
    const record = await this.#read();
    this.#see(record);
    if (record !== undefined && !this.#mayTake(record)) return 'taken';
    // An answer that came too late is no reason to write: this process may be at its end.
    return expired() ? 'failed' : this.#write(record);
  }

  #mayTake({ holder, durationMs }: LeaseRecord): boolean {
    const { clock, identity } = this.#options;
    if (holder === '' || holder === identity) return true;
    return this.#seen !== undefined && clock.now() - this.#seen.sinceMs >= durationMs;
  }

  async #read(): Promise<LeaseRecord | undefined> {
    try {
      return readLease(await this.#options.client.get(this.#path()));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async #write(record: LeaseRecord | undefined): Promise<'held'> {
    const { client, identity } = this.#options;
    const body = this.#claim(record, identity, leaseDurationMs);
    const written =
      record === undefined
        ? await client.create(this.#collection(), body)
        : await client.replace(this.#path(), body);
    this.#see(readLease(written));
    return 'held';
  }

  #see(record: LeaseRecord | undefined): void {
    if (record === undefined) this.#seen = undefined;
    else if (record.version !== this.#seen?.record.version) {
      this.#seen = { record, sinceMs: this.#options.clock.now() };
    }
  }

  /** Lets the next candidate in at once, if the lease is still ours; tries once. */
  async #release(): Promise<void> {
    const { client, identity } = this.#options;
    const release = async (): Promise<void> => {
      const record = await this.#read();
      if (record?.holder !== identity) return;
      await client.replace(this.#path(), this.#claim(record, '', releasedDurationMs));
    };
    try {
      await this.#within(tryMsMax, release);
    } catch (error) {
      if (!isLostRace(error)) this.#complain(error);
    }
    this.#seen = undefined;
  }

  #claim(record: LeaseRecord | undefined, holder: string, durationMs: number): object {
    const { namespace, name, clock } = this.#options;
    return claimOf(record, { namespace, name, holder, durationMs, nowMs: clock.now() });
  }

  /** Gives up on `work` after `ms`, and lets it know. */
  async #within<T>(ms: number, work: (expired: () => boolean) => Promise<T>): Promise<T> {
    const over = new AbortController();
    let expired = false;
    const limit = this.#options.clock.sleep(ms, over.signal).then(() => {
      expired = true;
      throw new Error(`no answer within ${Math.round(ms)} ms`);
    });
    try {
      return await Promise.race([work(() => expired), limit]);
    } finally {
      limit.catch(() => undefined);
      over.abort();
    }
  }

  #complain(error: unknown): void {
    const { namespace, name, log, grantedBy } = this.#options;
    const line = describeFailure(error, namespace, grantedBy);
    if (line === this.#complaint) return;
    this.#complaint = line;
    log.warn({ lease: `${namespace}/${name}` }, `cannot take or renew the lease: ${line}; trying again`);
  }

  #collection(): string {
    return `/apis/coordination.k8s.io/v1/namespaces/${this.#options.namespace}/leases`;
  }

  #path(): string {
    return `${this.#collection()}/${this.#options.name}`;
  }
}

function describeFailure(error: unknown, namespace: string, grantedBy: string | undefined): string {
  if (!(error instanceof StatusError)) return reasonOf(error);
  const rights =
    grantedBy ?? `a Role in ${namespace} with create, get and update of leases.coordination.k8s.io`;
  if (error.code === 403) return `forbidden: ${error.message}; ${rights} grants it`;
  // The Lease itself is made when it is missing, so it is the namespace that is not there.
  if (error.code === 404) return `${error.message}; create the namespace ${namespace}`;
  return error.message;
}

/** Somebody else wrote it first. */
function isLostRace(error: unknown): boolean {
  return error instanceof StatusError && error.code === 409;
}

function isMissing(error: unknown): boolean {
  return error instanceof StatusError && error.code === 404;
}
