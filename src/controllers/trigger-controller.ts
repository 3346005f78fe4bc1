import type { StreamKey, StreamListener } from '../importer/stream-store.ts';
import type { TagEvent } from '../imagestream/types.ts';
import { asText, objectAt } from '../json/untyped.ts';
import { createWorkQueue, type WorkQueue } from '../kube/work-queue.ts';
import type { TagFacts } from '../trigger/follow.ts';
import { tagFacts } from '../trigger/tag-facts.ts';
import type { TagName } from '../trigger/tag-name.ts';
import { rememberedPermission, type MayPull } from './pull-permission.ts';
import {
  keyOfStream,
  keyOfTag,
  readStreamKey,
  TriggerIndex,
  type FollowedTag,
  type Follower,
} from './trigger-index.ts';
import { triggerKinds, type TriggerKind } from './trigger-kinds.ts';
import { lookAtWorkload, type LookReport } from './trigger-look.ts';
import type { TriggerPorts } from './trigger-ports.ts';
import {
  newestEvent,
  readFollowedStream,
  statusWithFanOuts,
  type FollowedStream,
} from './trigger-streams.ts';
import { keyOfWorkload, readTriggeredWorkload, type TriggeredWorkload } from './trigger-workload.ts';

/** A fan-out of thousands must leave the API server to others, too. */
const workloadsAtOnce = 8;
/** Tags of one stream that move together are recorded together. */
const recordAfterMs = 100;
/** Who refuses a write may be told otherwise by something that is not seen here: a policy, a quota. */
const refusedAgainMs = 300_000;

/** Told of the objects of one kind. */
export interface WorkloadListener {
  /** Starts a full list; what is not put before `commit` is forgotten by it. */
  startList(): { put(raw: unknown): void; commit(): void };
  put(raw: unknown): void;
  remove(raw: unknown): void;
}

/**
 * Lets workloads follow image stream tags: listens to both, writes what has to be written, and records on the stream when all
 * have followed a move. Level-based: each look compares what is there, so a process may die at any moment, and what it left
 * unfinished is not recorded yet and is looked at by the next one. One of these works at a time in a cluster.
 */
export class TriggerController implements StreamListener {
  readonly #ports: TriggerPorts;
  readonly #queue: WorkQueue;
  readonly #index: TriggerIndex;
  readonly #streams = new Map<string, FollowedStream>();
  /** Workload → when it is written at the earliest: tags move together, and then roll out once. */
  readonly #gathering = new Map<string, number>();
  readonly #mayPull: MayPull;
  /** Until all of these were listed nobody can say that all have followed. */
  readonly #unlisted = new Set(triggerKinds);

  constructor(ports: TriggerPorts) {
    this.#ports = ports;
    this.#index = new TriggerIndex((tag) => this.#factsOf(tag));
    this.#mayPull = rememberedPermission(ports.mayPull, ports.clock);
    this.#queue = createWorkQueue({
      clock: ports.clock,
      random: ports.random,
      initialMs: 200,
      maxMs: 300_000,
      onError: (key, error) => {
        const message = error instanceof Error ? error.message : String(error);
        ports.log.warn({ about: key, error: message }, 'work on image triggers failed; it is tried again');
      },
    });
  }

  /** Works until `signal` aborts; resolves when the last work under way has ended. */
  run(signal: AbortSignal): Promise<void> {
    return this.#queue.run({ workers: workloadsAtOnce, signal, work: (key) => this.#work(key, signal) });
  }

  /** Hears of the workloads of one kind. */
  listenerOf(kind: TriggerKind): WorkloadListener {
    return {
      startList: () => this.#startWorkloads(kind),
      put: (raw) => this.#putWorkload(kind, raw),
      remove: (raw) => this.#removeWorkload(keyOfRaw(kind, raw)),
    };
  }

  startList(): { put(raw: unknown): void; commit(): void } {
    const listed = new Map<string, FollowedStream>();
    return {
      put: (raw) => {
        const followed = readFollowedStream(raw);
        listed.set(keyOfStream(followed.stream.metadata), followed);
      },
      commit: () => {
        for (const { stream } of [...this.#streams.values()]) {
          if (!listed.has(keyOfStream(stream.metadata))) this.remove(stream.metadata);
        }
        for (const followed of listed.values()) this.#putStream(followed);
      },
    };
  }

  put(raw: unknown): void {
    this.#putStream(readFollowedStream(raw));
  }

  remove(key: StreamKey): void {
    this.#streams.delete(keyOfStream(key));
    this.#index.forgetStream(key);
  }

  /** Looks at all workloads anew: the settings have changed. */
  replan(): void {
    for (const tag of this.#index.allTags()) this.#refresh(tag);
  }

  /** How many workloads wait to be looked at. */
  waiting(): number {
    return this.#queue.size();
  }

  /** How many workloads have triggers. */
  workloads(): number {
    return this.#index.size;
  }

  #startWorkloads(kind: TriggerKind): ReturnType<WorkloadListener['startList']> {
    const listed = new Map<string, TriggeredWorkload>();
    return {
      put: (raw) => {
        const workload = readTriggeredWorkload(kind, raw);
        if (workload !== undefined) listed.set(keyOf(workload), workload);
      },
      commit: () => {
        for (const key of this.#index.keys()) {
          if (this.#index.get(key)?.workload.kind === kind && !listed.has(key)) this.#removeWorkload(key);
        }
        for (const [key, workload] of listed) this.#keep(key, workload);
        const wasLast = this.#unlisted.delete(kind) && this.#unlisted.size === 0;
        if (wasLast) for (const tag of this.#index.allTags()) this.#recordWhenDone(tag);
      },
    };
  }

  #putWorkload(kind: TriggerKind, raw: unknown): void {
    const workload = readTriggeredWorkload(kind, raw);
    if (workload === undefined) this.#removeWorkload(keyOfRaw(kind, raw));
    else if (!this.#isOutdated(workload)) this.#keep(keyOf(workload), workload);
  }

  /** The watch is behind the answers to our own writes. */
  #isOutdated(workload: TriggeredWorkload): boolean {
    const known = this.#index.get(keyOf(workload))?.workload;
    return known?.uid === workload.uid && Number(workload.resourceVersion) < Number(known.resourceVersion);
  }

  #keep(key: string, workload: TriggeredWorkload): void {
    const before = this.#index.get(key)?.workload;
    this.#index.put(key, workload);
    if (before?.uid !== workload.uid || before.state !== workload.state) this.#queue.add(key);
  }

  #removeWorkload(key: string): void {
    this.#gathering.delete(key);
    this.#queue.forget(key);
    // Whoever was waited for has gone.
    for (const tag of this.#index.remove(key)) this.#recordWhenDone(tag);
  }

  #putStream(followed: FollowedStream): void {
    const { metadata } = followed.stream;
    const key = keyOfStream(metadata);
    const before = this.#streams.get(key);
    if (before !== undefined && before.uid !== followed.uid) this.#index.forgetStream(metadata);
    this.#streams.set(key, followed);
    for (const tag of this.#index.tagsOf(metadata)) {
      const was = before?.uid === followed.uid ? newestEvent(before, tag.name.tag) : undefined;
      const is = newestEvent(followed, tag.name.tag);
      // An alias takes over the generation of what it follows, which may be the one that it has.
      const isUncounted =
        was !== undefined && is !== undefined && was.generation === is.generation && !isSameImage(was, is);
      if (isUncounted) this.#index.unsettle(tag);
      this.#refresh(tag, isUncounted);
    }
  }

  /** Takes over what a tag stands for now. */
  #refresh(tag: FollowedTag, isMoved = false): void {
    const before = tag.facts;
    const facts = this.#factsOf(tag.name);
    this.#index.setFacts(tag, facts);
    if (facts !== undefined && (isMoved || !isSame(before, facts)))
      for (const key of tag.followers) this.#gather(key);
    this.#recordWhenDone(tag);
  }

  #factsOf({ namespace, stream, tag }: TagName): TagFacts | undefined {
    const known = this.#streams.get(keyOfStream({ namespace, name: stream }));
    return known === undefined ? undefined : tagFacts(known.stream, tag, this.#ports.settings());
  }

  #gather(key: string): void {
    const { clock, settings } = this.#ports;
    const { gatherWindowMs } = settings();
    // A move is a new beginning for whoever failed to follow the one before.
    this.#queue.forget(key);
    if (!this.#gathering.has(key)) this.#gathering.set(key, clock.now() + gatherWindowMs);
    this.#queue.addAfter(key, (this.#gathering.get(key) ?? 0) - clock.now());
  }

  async #work(key: string, signal: AbortSignal): Promise<void> {
    try {
      await (key.startsWith(recordPrefix) ? this.#record(key, signal) : this.#workOn(key, signal));
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #workOn(key: string, signal: AbortSignal): Promise<void> {
    const follower = this.#index.get(key);
    if (follower === undefined) {
      this.#queue.forget(key);
      return;
    }
    const waitMs = (this.#gathering.get(key) ?? 0) - this.#ports.clock.now();
    if (waitMs > 0) {
      this.#queue.addAfter(key, waitMs);
      return;
    }
    this.#gathering.delete(key);
    const workload = await this.#whole(follower.workload, signal);
    if (workload === undefined) this.#removeWorkload(key);
    else await this.#look(key, follower, workload, signal);
  }

  /** Of what is followed by its metadata the rest is read now. */
  async #whole(workload: TriggeredWorkload, signal: AbortSignal): Promise<TriggeredWorkload | undefined> {
    const { kind, namespace, name } = workload;
    if (kind.view === 'objects') return workload;
    const raw = await this.#ports.workloads.read(kind, namespace, name, signal);
    return raw === undefined ? undefined : readTriggeredWorkload(kind, raw);
  }

  async #look(
    key: string,
    { reached, tags }: Follower,
    workload: TriggeredWorkload,
    signal: AbortSignal,
  ): Promise<void> {
    const seen = new Map<string, { readonly tag: TagName; readonly facts: TagFacts }>();
    const findTag = (tag: TagName): TagFacts | undefined => {
      const facts = this.#factsOf(tag);
      if (facts === undefined) return undefined;
      const tagKey = keyOfTag(tag);
      seen.set(tagKey, { tag, facts });
      if (!reached.has(tagKey)) reached.set(tagKey, facts.triggered);
      return factsWith(facts, reached.get(tagKey));
    };
    // What a bad entry names is looked at, too: nothing more is to be done for it.
    for (const tag of tags.values()) findTag(tag);
    const ports = { ...this.#ports, mayPull: this.#mayPull };
    const report = await lookAtWorkload(workload, findTag, ports, signal);
    this.#tell(key, workload, report);
    if (report.object === null) {
      this.#removeWorkload(key);
      return;
    }
    if (report.object !== undefined) this.#putWorkload(workload.kind, report.object);
    if (report.result === 'again') {
      this.#queue.retry(key);
      return;
    }
    for (const [tagKey, { tag, facts }] of seen) {
      // What has moved meanwhile is looked at again.
      if (!isSame(this.#index.tag(tag)?.facts, facts)) continue;
      const settled = this.#index.settle(key, tag, facts.generation, !report.behind.has(tagKey));
      if (settled !== undefined) this.#recordWhenDone(settled);
    }
    if (report.isForbidden) this.#queue.retry(key);
    else this.#queue.forget(key);
    if (report.result === 'refused') this.#queue.addAfter(key, refusedAgainMs);
  }

  /** Tells what is not known yet: each look at a problem finds it again. */
  #tell(key: string, workload: TriggeredWorkload, { done, problems }: LookReport): void {
    const { tell, log } = this.#ports;
    const { namespace, name } = workload;
    const about = { kind: workload.kind.workload.kind, namespace, name };
    for (const note of done) {
      tell(workload, note);
      log.info({ ...about, note: note.message }, 'a workload follows its image stream tag');
    }
    const follower = this.#index.get(key);
    for (const note of problems) {
      if (follower?.told.has(note.message) === true) continue;
      tell(workload, note);
      const { reason, message } = note;
      log.warn({ ...about, reason, note: message }, 'a workload does not follow its image stream tag');
    }
    if (follower !== undefined) follower.told = new Set(problems.map(({ message }) => message));
  }

  #recordWhenDone(tag: FollowedTag): void {
    if (this.#isToRecord(tag)) {
      const { namespace, stream } = tag.name;
      this.#queue.addAfter(`${recordPrefix}${keyOfStream({ namespace, name: stream })}`, recordAfterMs);
    }
  }

  #isToRecord({ facts, open, followers }: FollowedTag): boolean {
    return (
      this.#unlisted.size === 0 &&
      facts !== undefined &&
      facts.generation !== (facts.triggered ?? 0) &&
      open.size === 0 &&
      followers.size > 0
    );
  }

  /** Writes down on a stream which moves all have followed. */
  async #record(key: string, signal: AbortSignal): Promise<void> {
    const { streams, log } = this.#ports;
    const place = readStreamKey(key.slice(recordPrefix.length));
    const fanOuts = new Map(
      this.#index
        .tagsOf(place)
        .filter((tag) => this.#isToRecord(tag))
        .map(({ name, facts }) => [name.tag, facts?.generation ?? 0]),
    );
    if (fanOuts.size === 0) return;
    const raw = await streams.read(place, signal);
    const isSame =
      raw !== undefined && readFollowedStream(raw).uid === this.#streams.get(keyOfStream(place))?.uid;
    const status = isSame ? statusWithFanOuts(raw, fanOuts) : undefined;
    if (status === undefined) return;
    signal.throwIfAborted();
    if ((await streams.writeStatus(raw, status)) === 'conflict') {
      this.#queue.retry(key);
      return;
    }
    this.#queue.forget(key);
    log.debug(() => ({ ...place, tags: Object.fromEntries(fanOuts) }), 'all workloads have followed');
  }
}

/** Work that is not about a workload; no kind is called so. */
const recordPrefix = 'record ';

function keyOf({ kind, namespace, name }: TriggeredWorkload): string {
  return keyOfWorkload(kind, namespace, name);
}

function keyOfRaw(kind: TriggerKind, raw: unknown): string {
  const metadata = objectAt(raw, 'metadata');
  return keyOfWorkload(kind, asText(metadata.namespace), asText(metadata.name));
}

/** The facts for one workload, which may have followed further, or less far, than is recorded for all. */
function factsWith(facts: TagFacts, triggered: number | undefined): TagFacts {
  return {
    pullSpec: facts.pullSpec,
    generation: facts.generation,
    get earlier() {
      return facts.earlier;
    },
    triggered,
  };
}

function isSame(a: TagFacts | undefined, b: TagFacts): boolean {
  return a?.pullSpec === b.pullSpec && a.generation === b.generation;
}

function isSameImage(a: TagEvent, b: TagEvent): boolean {
  return a.image === b.image && a.dockerImageReference === b.dockerImageReference;
}
