import { readWholeStream } from '../imagestream/whole-stream.ts';
import { agendaOf, localLane, type Agenda, type Lane } from '../importer/agenda.ts';
import type { StreamKey, StreamListener } from '../importer/stream-store.ts';
import { createWorkQueue, type WorkQueue } from '../kube/work-queue.ts';
import { noteOf, type ImportPorts, type WorkResult } from './import-ports.ts';
import { LaneBook, laneKey, readLaneKey } from './lane-book.ts';
import { workLane, type LaneReport } from './work-lane.ts';

/** Lanes are waiting for registries most of the time, each of which has limits of its own. */
const lanesAtOnce = 256;

/** A tag's last look, for people; nothing of it is written to the cluster. */
export interface TagLook {
  readonly namespace: string;
  readonly stream: string;
  readonly tag: string;
  /** RFC 3339. */
  readonly checkedAt: string;
  readonly result: string;
}

/** The collector may have read streams before status named an image, and come to its Image only afterwards. */
const heldAfterwardsMs = 3_600_000;

interface HeldImage {
  /** How many writes are about to name it. */
  readonly writes: number;
  readonly lastMs: number;
}

interface KnownStream {
  readonly agenda: Agenda;
  readonly books: Map<Lane, LaneBook>;
  /** Tag → when it was looked at last, and what that came to. */
  readonly looks: Map<string, { readonly atMs: number; readonly result: string }>;
  /** The remarks of a lane's last work: those that every look repeats are told once. */
  readonly remarks: Map<Lane, ReadonlySet<string>>;
}

/**
 * Keeps image streams current: listens to streams, and works on what is behind, asked for, or due. One of these works at a
 * time in a cluster (a Lease sees to that); it may die at any moment.
 */
export class ImportController implements StreamListener {
  readonly #ports: ImportPorts;
  readonly #queue: WorkQueue;
  readonly #streams = new Map<string, KnownStream>();
  /** Source stream → streams that wait for one of its tags. */
  readonly #awaiting = new Map<string, Set<string>>();
  /** Digests that are about to be named by status, or were just now. */
  readonly #held = new Map<string, HeldImage>();

  constructor(ports: ImportPorts) {
    this.#ports = ports;
    this.#queue = createWorkQueue({
      clock: ports.clock,
      random: ports.random,
      initialMs: 1000,
      maxMs: 300_000,
      onError: (key, error) => this.#logFailure(key, error),
    });
  }

  /** Works until `signal` aborts; resolves when the last work under way has ended. */
  run(signal: AbortSignal): Promise<void> {
    return this.#queue.run({ workers: lanesAtOnce, signal, work: (key) => this.#work(key, signal) });
  }

  startList(): { put(raw: unknown): void; commit(): void } {
    const listed = new Set<string>();
    return {
      put: (raw) => {
        listed.add(this.put(raw));
      },
      commit: () => {
        for (const key of [...this.#streams.keys()]) if (!listed.has(key)) this.#forget(key);
      },
    };
  }

  put(raw: unknown): string {
    const stream = readWholeStream(raw);
    const key = keyOf(stream.metadata);
    const agenda = agendaOf(stream, this.#ports.settings());
    const before = this.#streams.get(key);
    this.#await(key, before?.agenda.awaited ?? [], agenda.awaited);
    const tags = new Set([
      ...stream.spec.tags.map(({ name }) => name),
      ...stream.status.tags.map(({ tag }) => tag),
    ]);
    const looks = new Map([...(before?.looks ?? [])].filter(([tag]) => tags.has(tag)));
    const known: KnownStream = {
      agenda,
      looks,
      books: before?.books ?? new Map<Lane, LaneBook>(),
      remarks: before?.remarks ?? new Map<Lane, ReadonlySet<string>>(),
    };
    this.#streams.set(key, known);
    this.#takeUp(key, known);
    this.#wakeAwaiting(key);
    return key;
  }

  remove(key: StreamKey): void {
    this.#forget(keyOf(key));
  }

  /** Looks at all streams anew: the settings have changed. */
  async replan(signal: AbortSignal): Promise<void> {
    await this.#ports.store.eachStream((raw) => this.put(raw), signal);
  }

  /** Digests that status is about to name, and those that it has begun to name within the hour. */
  heldImages(): ReadonlySet<string> {
    const sinceMs = this.#ports.clock.now() - heldAfterwardsMs;
    for (const [digest, { writes, lastMs }] of this.#held) {
      if (writes === 0 && lastMs < sinceMs) this.#held.delete(digest);
    }
    return new Set(this.#held.keys());
  }

  /** How many lanes wait to be worked on. */
  waiting(): number {
    return this.#queue.size();
  }

  /** How many tags could not be looked at the last time. */
  failing(): number {
    let failing = 0;
    for (const { looks } of this.#streams.values()) {
      for (const { result } of looks.values()) if (result === 'failed') failing += 1;
    }
    return failing;
  }

  /** The last look at every tag, of one namespace or of all. */
  looks(namespace?: string): readonly TagLook[] {
    return [...this.#streams].flatMap(([key, { looks }]) => {
      const place = readKey(key);
      if (namespace !== undefined && namespace !== place.namespace) return [];
      return [...looks].map(([tag, { atMs, result }]) => ({
        namespace: place.namespace,
        stream: place.name,
        tag,
        checkedAt: new Date(atMs).toISOString(),
        result,
      }));
    });
  }

  /** When each scheduled tag that was looked at was looked at last, in ms since the epoch. */
  scheduledLooksMs(): readonly number[] {
    return [...this.#streams.values()].flatMap(({ agenda, looks }) =>
      agenda.scheduled.flatMap((tag) => looks.get(tag)?.atMs ?? []),
    );
  }

  #takeUp(key: string, { agenda, books }: KnownStream): void {
    for (const lane of [...books.keys()]) if (!agenda.lanes.has(lane)) books.delete(lane);
    for (const [lane, part] of agenda.lanes) {
      const book = books.get(lane) ?? new LaneBook(laneKey(key, lane), this.#ports.random);
      books.set(lane, book);
      book.update(part, agenda.intervalMs, this.#ports.clock.now());
      const { pending } = part;
      if (pending.length > 0) {
        this.#queue.addAfter(laneKey(key, lane), book.pendingMs(pending, this.#ports.clock.now()));
      }
      this.#plan(laneKey(key, lane), book);
    }
  }

  #plan(key: string, book: LaneBook): void {
    const nextMs = book.nextMs();
    if (nextMs !== undefined) this.#queue.addAfter(key, nextMs - this.#ports.clock.now());
  }

  async #work(key: string, signal: AbortSignal): Promise<void> {
    const { stream, lane } = readLaneKey(key);
    const known = this.#streams.get(stream);
    if (known === undefined) return;
    const book = known.books.get(lane);
    const due = book?.takeDue(this.#ports.clock.now()) ?? { retry: new Set<string>(), schedule: false };
    const startedMs = this.#ports.clock.now();
    const worked = (result: WorkResult): void => {
      // The machine's clock may have been set back meanwhile.
      this.#ports.worked?.(result, Math.max(0, this.#ports.clock.now() - startedMs) / 1000);
    };
    try {
      const hold = (digests: readonly string[]) => this.#hold(digests);
      const report = await workLane(readKey(stream), lane, due, this.#ports, hold, signal);
      this.#queue.forget(key);
      worked('done');
      if (report !== undefined) this.#learn(stream, lane, report);
    } catch (error) {
      if (signal.aborted) return;
      worked('error');
      book?.giveBack(due, this.#ports.clock.now());
      throw error;
    }
    if (book === undefined) return;
    book.worked(this.#ports.clock.now());
    this.#plan(key, book);
  }

  #learn(key: string, lane: Lane, report: LaneReport): void {
    const { stream, results, retries, committed, notes } = report;
    const { clock, tell, count, log } = this.#ports;
    const nowMs = clock.now();
    const { looks, books, remarks } = this.#streams.get(key) ?? {};
    const book = books?.get(lane);
    for (const { task, kind } of results) {
      // A copy of what is not there yet is tried again, too.
      const result = retries.has(task.tag) ? 'failed' : kind;
      looks?.set(task.tag, { atMs: nowMs, result });
      count(result);
      if (result !== 'failed') book?.succeeded(task.tag);
    }
    for (const [tag, retry] of retries) book?.failed(tag, retry, nowMs);
    const { namespace, name } = stream.metadata;
    const known = remarks?.get(lane);
    remarks?.set(lane, new Set(notes));
    for (const note of notes) {
      if (known?.has(note) === true) continue;
      tell(stream, { type: 'Warning', reason: 'ImportNote', message: note });
      log.warn({ namespace, name, note }, 'imported with a remark');
    }
    if (committed.kind !== 'written') return;
    for (const outcome of committed.outcomes) {
      const note = noteOf(stream.metadata, outcome);
      tell(committed.stream, note);
      const fields = { namespace, name, reason: note.reason, note: note.message };
      if (note.type === 'Warning') log.warn(fields, 'an import failed');
      else log.info(fields, 'image stream written');
    }
  }

  #hold(digests: readonly string[]): () => void {
    const add = (change: 1 | -1): void => {
      const lastMs = this.#ports.clock.now();
      for (const digest of digests) {
        this.#held.set(digest, { writes: (this.#held.get(digest)?.writes ?? 0) + change, lastMs });
      }
    };
    add(1);
    return () => add(-1);
  }

  #await(key: string, before: readonly StreamKey[], after: readonly StreamKey[]): void {
    for (const source of before) {
      const waiting = this.#awaiting.get(keyOf(source));
      waiting?.delete(key);
      if (waiting?.size === 0) this.#awaiting.delete(keyOf(source));
    }
    for (const source of after) {
      const waiting = this.#awaiting.get(keyOf(source)) ?? new Set<string>();
      this.#awaiting.set(keyOf(source), waiting.add(key));
    }
  }

  /** A stream that others could not copy from has changed: it may have what they want by now. */
  #wakeAwaiting(source: string): void {
    for (const key of this.#awaiting.get(source) ?? []) {
      const book = this.#streams.get(key)?.books.get(localLane);
      book?.hurry(this.#ports.clock.now());
      this.#queue.add(laneKey(key, localLane));
    }
  }

  #forget(key: string): void {
    this.#await(key, this.#streams.get(key)?.agenda.awaited ?? [], []);
    this.#streams.delete(key);
  }

  #logFailure(key: string, error: unknown): void {
    const { stream, lane } = readLaneKey(key);
    const { namespace, name } = readKey(stream);
    this.#ports.log.error(
      { namespace, name, lane, error: error instanceof Error ? error.message : String(error) },
      'work on an image stream failed; it is tried again',
    );
  }
}

function keyOf({ namespace, name }: StreamKey): string {
  return `${namespace}/${name}`;
}

function readKey(key: string): StreamKey {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
