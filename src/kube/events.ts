import { BoundedMap } from './bounded-map.ts';
import type { KubeClient } from './client.ts';
import type { Clock } from './clock.ts';
import { StatusError } from './status-error.ts';
import { reasonOf } from './transport-error.ts';
import type { Log } from '../telemetry/log.ts';

/** The object that an event is about; `namespace` is '' for one of the cluster. */
export interface Regarding {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion?: string;
}

export interface EventNote {
  readonly regarding: Regarding;
  readonly type: 'Normal' | 'Warning';
  /** One word, such as `Imported`: machines may look at it. */
  readonly reason: string;
  /** For people; over 1024 bytes it is cut. */
  readonly message: string;
  readonly action?: string;
}

export interface EventRecorderOptions {
  readonly client: KubeClient;
  /** Who says it. */
  readonly component: string;
  readonly clock: Clock;
  readonly log: Log;
  /** The process of the component; its name unless told. */
  readonly instance?: string;
}

export interface EventRecorder {
  /** Sends it in the background; never throws. An event is a courtesy: one that cannot be sent is gone. */
  record(note: EventNote): void;
  /** Resolves when all that was recorded so far is sent or given up; never rejects. */
  settled(): Promise<void>;
}

/** Within this the same note again is counted on the first, as client-go's correlator does. */
const sameWithinMs = 600_000;
/** client-go's spam filter: 25 at once for one object, then one every five minutes. */
const burst = 25;
const refillMs = 300_000;
/** client-go's bounds: of notes and of objects that are remembered, and of notes that wait to be sent. */
const rememberedMax = 4096;
const waitingMax = 10_000;
const messageBytesMax = 1024;

interface Recorded {
  readonly path: string;
  count: number;
  lastMs: number;
}

interface Bucket {
  tokens: number;
  filledMs: number;
}

/** Writes core `v1` Events: one after another, so that a count never overtakes the event that it is on. */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  return new Recorder(options);
}

class Recorder implements EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #recorded = new BoundedMap<string, Recorded>(rememberedMax);
  readonly #buckets = new BoundedMap<string, Bucket>(rememberedMax);
  /** Kinds of failure that are in the log already. */
  readonly #complaints = new Set<string>();
  #waiting = 0;
  #made = 0;
  #sending: Promise<void> = Promise.resolve();

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  record(note: EventNote): void {
    const nowMs = this.#options.clock.now();
    if (!this.#hasToken(note.regarding, nowMs)) return;
    if (this.#waiting >= waitingMax) {
      this.#complain('waiting', note, `${waitingMax} events wait to be sent`);
      return;
    }
    this.#waiting += 1;
    this.#sending = this.#sending.then(() => this.#send(note, nowMs)).finally(() => (this.#waiting -= 1));
  }

  async settled(): Promise<void> {
    await this.#sending;
  }

  async #send(note: EventNote, nowMs: number): Promise<void> {
    try {
      if (!(await this.#countAgain(note, nowMs))) await this.#create(note, nowMs);
      // What failed for a while is worth a line when it fails again; what is forbidden stays so.
      for (const what of this.#complaints) if (what !== '403') this.#complaints.delete(what);
    } catch (error) {
      const code = error instanceof StatusError ? error.code : 0;
      const hint = code === 403 ? '; it needs create and patch of events' : '';
      this.#complain(String(code), note, `${reasonOf(error)}${hint}`);
    }
  }

  /** Whether the note was counted on an event that says the same. */
  async #countAgain(note: EventNote, nowMs: number): Promise<boolean> {
    const key = keyOf(note);
    const recorded = this.#recorded.get(key);
    if (recorded === undefined) return false;
    if (nowMs - recorded.lastMs > sameWithinMs) {
      this.#recorded.delete(key);
      return false;
    }
    const count = recorded.count + 1;
    try {
      const change = { count, lastTimestamp: timeOf(nowMs) };
      await this.#options.client.patch(recorded.path, change, 'merge');
    } catch (error) {
      // Events live for an hour, or until somebody deletes them.
      if (!(error instanceof StatusError) || error.code !== 404) throw error;
      this.#recorded.delete(key);
      return false;
    }
    recorded.count = count;
    recorded.lastMs = nowMs;
    return true;
  }

  async #create(note: EventNote, nowMs: number): Promise<void> {
    const { client, component, instance = component } = this.#options;
    const { regarding, type, reason, message, action } = note;
    // Events about objects of the cluster live in `default`.
    const namespace = regarding.namespace === '' ? 'default' : regarding.namespace;
    const collection = `/api/v1/namespaces/${namespace}/events`;
    const name = this.#nameFor(regarding.name, nowMs);
    await client.create(collection, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace },
      involvedObject: regarding.namespace === '' ? { ...regarding, namespace: undefined } : regarding,
      type,
      reason,
      message: cut(message),
      ...(action === undefined ? {} : { action }),
      source: { component },
      reportingComponent: component,
      reportingInstance: instance,
      count: 1,
      firstTimestamp: timeOf(nowMs),
      lastTimestamp: timeOf(nowMs),
    });
    this.#recorded.set(keyOf(note), { path: `${collection}/${name}`, count: 1, lastMs: nowMs });
  }

  /** As client-go: the object's name and a number that no other event about it has. */
  #nameFor(name: string, nowMs: number): string {
    this.#made = (this.#made + 1) % 1_000_000;
    const number = BigInt(Math.floor(nowMs)) * 1_000_000n + BigInt(this.#made);
    return `${name.slice(0, 220).replace(/(?<![^a-z0-9])[^a-z0-9]+$/, '')}.${number.toString(16)}`;
  }

  #hasToken({ uid, kind, namespace, name }: Regarding, nowMs: number): boolean {
    const key = JSON.stringify([uid, kind, namespace, name]);
    const bucket = this.#buckets.get(key) ?? { tokens: burst, filledMs: nowMs };
    const filled = Math.max(0, Math.floor((nowMs - bucket.filledMs) / refillMs));
    bucket.tokens = Math.min(burst, bucket.tokens + filled);
    bucket.filledMs = bucket.tokens === burst ? nowMs : bucket.filledMs + filled * refillMs;
    const has = bucket.tokens > 0;
    if (has) bucket.tokens -= 1;
    this.#buckets.set(key, bucket);
    return has;
  }

  #complain(what: string, { regarding, reason }: EventNote, why: string): void {
    if (this.#complaints.has(what)) return;
    this.#complaints.add(what);
    const about = `${regarding.kind} ${regarding.namespace}/${regarding.name}`;
    this.#options.log.warn({ about, reason }, `cannot record an event, nor perhaps others: ${why}`);
  }
}

/** What makes two notes the same (client-go's getEventKey); an object that changed meanwhile is the same object. */
function keyOf({ regarding, type, reason, message, action }: EventNote): string {
  const { apiVersion, kind, namespace, name, uid } = regarding;
  return JSON.stringify([apiVersion, kind, namespace, name, uid, type, reason, message, action]);
}

/** At most 1024 bytes of UTF-8, never half a character. */
function cut(message: string): string {
  const bytes = Buffer.from(message);
  if (bytes.length <= messageBytesMax) return message;
  let end = messageBytesMax - Buffer.byteLength('…');
  // A byte of the form 10xxxxxx goes on with the character before it.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `${bytes.toString('utf8', 0, end)}…`;
}

/** The API's Time: whole seconds. */
function timeOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
