import { isDeepStrictEqual } from 'node:util';
import { propagate } from '../imagestream/aliases.ts';
import { answeredGeneration, effectiveGeneration } from '../imagestream/generations.ts';
import { importWrites, pushEvent, setFailure, trimHistory } from '../imagestream/history.ts';
import { internalRepository } from '../imagestream/repository.ts';
import { evaluateLocalSource } from '../imagestream/tag-source.ts';
import type { ObjectReference, TagEvent } from '../imagestream/types.ts';
import type {
  ConditionType,
  SpecTag,
  StatusTag,
  TagCondition,
  TagObserved,
  WholeStream,
} from '../imagestream/whole-stream.ts';
import type { ImportFailure } from './failure-condition.ts';
import { movesBetween, type Outcome } from './outcome.ts';
import { platformText } from './platform.ts';
import { requestOf } from './requests.ts';
import type { CheckResult, CurrentImage, RepositoryResult, StreamResults, TagResult } from './results.ts';
import type { ImportSettings } from './settings.ts';
import type { TagTask } from './task.ts';

export interface Applied {
  /** Undefined: nothing is to be written. */
  readonly status: WholeStream['status'] | undefined;
  readonly outcomes: readonly Outcome[];
}

/**
 * The status of a stream after results, and what changed by them. Results that the spec no longer asks for are passed over:
 * whoever changed it has caused another plan. History is only ever added to, but for what was asked to be deleted and what is
 * over the configured limit (spec imagestream-system.md 1.5 to 1.9; vectors `historyPush`).
 *
 * @param stream as it is now, not as it was when the plan was made
 * @param now RFC 3339, for what is new
 */
export function applyResults(
  stream: WholeStream,
  results: StreamResults,
  settings: ImportSettings,
  now: string,
): Applied {
  const next = new NextStatus(stream, settings, now);
  // What tags of the same stream are copied from comes first.
  for (const result of results.tags) if (result.kind !== 'copied') next.take(result);
  for (const result of results.tags) if (result.kind === 'copied') next.take(result);
  if (results.check !== undefined) next.takeCheck(results.check);
  if (results.repository !== undefined) next.takeRepository(results.repository);
  next.followAliases();
  next.deleteRequested();
  return next.finish();
}

type Status = WholeStream['status'];

class NextStatus {
  readonly #stream: WholeStream;
  readonly #settings: ImportSettings;
  readonly #now: string;
  readonly #tags: Map<string, StatusTag>;
  readonly #outcomes: Outcome[] = [];
  #observed: Status['observed'];

  constructor(stream: WholeStream, settings: ImportSettings, now: string) {
    this.#stream = stream;
    this.#settings = settings;
    this.#now = now;
    this.#tags = new Map(stream.status.tags.map((tag) => [tag.tag, tag]));
    this.#observed = stream.status.observed;
  }

  take(result: TagResult): void {
    const asked = this.#stillAsked(result.task);
    if (!asked.still) return;
    const { tag } = result.task;
    const before = this.#status(tag);
    const effective = this.#effective(asked.spec, before);
    switch (result.kind) {
      case 'imported': {
        const { pullSpec, digest, sourceDigest } = result.image;
        this.#push(result.task, before, effective, { dockerImageReference: pullSpec, image: digest });
        this.#observe(result.task, effective, sourceDigest);
        return;
      }
      case 'unchanged':
        this.#clear(result.task, before);
        this.#observe(result.task, effective, before.observed?.digest);
        return;
      case 'recorded':
        this.#push(result.task, before, effective, {
          dockerImageReference: result.task.from.name,
          image: '',
        });
        this.#observe(result.task, effective, undefined);
        return;
      case 'copied':
        this.#copy(result, asked.spec, before, effective);
        return;
      case 'failed': {
        // A digest that was seen for another source, or taken in another mode, says nothing about this one.
        const known = wasAsked(before.observed, result.task) ? before.observed?.digest : undefined;
        this.#fail(result.task, before, effective, result.failure);
        this.#observe(result.task, effective, known);
        if (result.current !== undefined) this.#notePresence(tag, result.current);
      }
    }
  }

  takeCheck({ token, found }: CheckResult): void {
    for (const { tag, ...image } of found) this.#notePresence(tag, image);
    const asked = requestOf(this.#stream, 'check');
    const missing = found.filter(
      ({ tag, event, presence }) => presence === 'gone' && asked?.tags.has(`${tag}@${event.image}`) === true,
    );
    const { missingImages: _before, ...observed } = this.#observed ?? {};
    this.#observed = {
      ...observed,
      checkRequestedAt: token,
      ...(missing.length === 0 ? {} : { missingImages: missing.map(({ event }) => event.image) }),
    };
  }

  takeRepository({ task, additionalTags, failure }: RepositoryResult): void {
    if (this.#stream.spec.dockerImageRepository !== task.name) return;
    const before = this.#observed?.repository;
    const same = before?.name === task.name ? before : undefined;
    const held = same?.conditions ?? [];
    const knownAdditional = same?.additionalTags ?? 0;
    const conditions =
      failure === undefined
        ? []
        : setFailure(held, this.#condition('ImportSuccess', failure, this.#stream.metadata.generation))
            .conditions;
    const requestedAt = task.token ?? before?.requestedAt;
    this.#observed = {
      ...this.#observed,
      repository: {
        name: task.name,
        generation: this.#stream.metadata.generation,
        ...(requestedAt === undefined ? {} : { requestedAt }),
        additionalTags: failure === undefined ? additionalTags : knownAdditional,
        conditions,
      },
    };
    if (failure !== undefined && conditions !== held) {
      this.#outcomes.push({ kind: 'repositoryFailed', source: task.name, failure });
    }
  }

  /** Tags that follow those that moved move with them, in the same write. */
  followAliases(): void {
    const changed = [...this.#tags.values()].filter((tag) => this.#isMoved(tag)).map(({ tag }) => tag);
    if (changed.length === 0) return;
    const followed = propagate(this.#stream, [...this.#tags.values()], changed, () => undefined);
    for (const tag of followed) this.#tags.set(tag.tag, tag);
  }

  /** A tag that the spec has (again) is not deleted. */
  deleteRequested(): void {
    const request = requestOf(this.#stream, 'delete');
    if (request === undefined || this.#observed?.deleteRequestedAt === request.token) return;
    const specTags = new Set(this.#stream.spec.tags.map(({ name }) => name));
    const tags = [...request.tags].filter((tag) => !specTags.has(tag) && this.#tags.delete(tag));
    if (tags.length > 0) this.#outcomes.push({ kind: 'deleted', tags });
    this.#observed = { ...this.#observed, deleteRequestedAt: request.token };
  }

  finish(): Applied {
    const before = this.#stream.status;
    const { historyLimit, internalRegistryHostname } = this.#settings;
    const tags = [...this.#tags.values()]
      .map((tag) => this.#withFanOut({ ...tag, items: trimHistory(tag.items, historyLimit) }))
      // Upstream drops what holds nothing; what we observed of a tag is something.
      .filter(
        ({ items, conditions, observed }) => items.length + conditions.length > 0 || observed !== undefined,
      )
      .toSorted((a, b) => (a.tag < b.tag ? -1 : 1));
    const next: Status = {
      ...before,
      tags,
      ...(this.#observed === undefined ? {} : { observed: this.#observed }),
    };
    if (isDeepStrictEqual(next, { ...before, tags: sorted(before.tags) })) {
      return { status: undefined, outcomes: [] };
    }
    const repository =
      internalRepository(internalRegistryHostname, this.#stream.metadata) ??
      this.#stream.spec.dockerImageRepository;
    const status =
      repository === '' || before.dockerImageRepository !== undefined
        ? next
        : { ...next, dockerImageRepository: repository };
    return { status, outcomes: [...movesBetween(this.#stream, [...this.#tags.values()]), ...this.#outcomes] };
  }

  #status(tag: string): StatusTag {
    return this.#tags.get(tag) ?? { tag, items: [], conditions: [] };
  }

  #effective(spec: SpecTag | undefined, before: StatusTag): number {
    const answered = answeredGeneration(before);
    const floor = Math.max(answered, 1);
    if (spec === undefined) return floor;
    return effectiveGeneration(this.#stream, spec, before, this.#settings.defaultMode) ?? floor;
  }

  #stillAsked(task: TagTask): { readonly still: boolean; readonly spec: SpecTag | undefined } {
    const { spec: wanted } = this.#stream;
    const spec = wanted.tags.find(({ name }) => name === task.tag);
    if (task.origin === 'repository') {
      const from = `${wanted.dockerImageRepository}:${task.tag}`;
      return { still: spec === undefined && task.from.name === from, spec };
    }
    const still =
      sameFrom(spec?.from, task.from) &&
      (spec?.reference === true) === task.reference &&
      (spec?.importPolicy.importMode ?? this.#settings.defaultMode) === task.mode;
    return { still, spec };
  }

  /** Puts an image on top of the tag's history unless it stands for it already and nothing newer was asked. */
  #push(
    task: TagTask,
    before: StatusTag,
    effective: number,
    image: Pick<TagEvent, 'dockerImageReference' | 'image'> & { readonly created?: string },
  ): void {
    if (!importWrites(before.items, effective, image)) {
      this.#clear(task, before);
      return;
    }
    const newest = before.items[0]?.generation ?? 0;
    const generation = effective > newest ? effective : newest + 1;
    const event = {
      created: image.created ?? this.#now,
      dockerImageReference: image.dockerImageReference,
      image: image.image,
      generation,
    };
    // Where the tag moves, that tells it.
    const [held] = before.items;
    if (held?.image === event.image && held.dockerImageReference === event.dockerImageReference) {
      this.#tellRecovery(task, before);
    }
    this.#tags.set(task.tag, { ...before, ...pushEvent(before, event).history });
  }

  /** A look that succeeded takes failures away, also where there is nothing else to write. */
  #clear(task: TagTask, before: StatusTag): void {
    this.#tellRecovery(task, before);
    this.#withoutConditions(task.tag, 'ImportSuccess', 'ImagePresent');
  }

  #tellRecovery({ tag, from }: TagTask, before: StatusTag): void {
    if (!before.conditions.some(({ type }) => type === 'ImportSuccess')) return;
    this.#outcomes.push({ kind: 'recovered', tag, source: from.name });
  }

  #withoutConditions(tag: string, ...types: readonly string[]): void {
    const status = this.#status(tag);
    const conditions = status.conditions.filter(({ type }) => !types.includes(type));
    if (conditions.length < status.conditions.length) this.#tags.set(tag, { ...status, conditions });
  }

  #copy(
    { task, source }: Extract<TagResult, { kind: 'copied' }>,
    spec: SpecTag | undefined,
    before: StatusTag,
    effective: number,
  ): void {
    if (spec === undefined) return;
    const { metadata } = this.#stream;
    const own = task.source.namespace === metadata.namespace && task.source.stream === metadata.name;
    const sourceStream = own ? this.#withTags() : source;
    const evaluated = evaluateLocalSource({ ...spec, from: task.from }, task.source, sourceStream, {
      destination: metadata,
      generation: effective,
      now: this.#now,
      internalRegistryHostname: this.#settings.internalRegistryHostname,
    });
    if (evaluated.outcome === 'event') {
      this.#push(task, before, effective, evaluated.event);
    } else if (evaluated.outcome === 'error') {
      const { reason, message } = evaluated;
      this.#fail(task, before, effective, { reason, message });
    } else if (!own && task.source.kind === 'ImageStreamTag') {
      const { namespace, stream, tag } = task.source;
      const message = `image stream "${stream}" in namespace "${namespace}" has no tag "${tag}" yet`;
      this.#fail(task, before, effective, { reason: 'NotFound', message });
    } else {
      // What it follows in its own stream is still to come; a failure of what it followed before says nothing about that.
      this.#withoutConditions(task.tag, 'ImportSuccess');
    }
    this.#observe(task, effective, undefined);
  }

  #withTags(): WholeStream {
    return { ...this.#stream, status: { ...this.#stream.status, tags: [...this.#tags.values()] } };
  }

  #fail(task: TagTask, before: StatusTag, effective: number, failure: ImportFailure): void {
    const { changed, conditions } = setFailure(
      before.conditions,
      this.#condition('ImportSuccess', failure, effective),
    );
    if (!changed) return;
    this.#tags.set(task.tag, { ...before, conditions });
    this.#outcomes.push({ kind: 'failed', tag: task.tag, source: task.from.name, failure });
  }

  #notePresence(tag: string, { event, presence }: CurrentImage): void {
    if (!standsFor(this.#tags.get(tag), event) || presence === 'unknown') return;
    if (presence === 'gone') this.#markGone(tag, event);
    else this.#withoutConditions(tag, 'ImagePresent');
  }

  #markGone(tag: string, event: TagEvent): void {
    const status = this.#status(tag);
    const message = `${event.dockerImageReference} is no longer in its registry; import the tag anew, or roll it back`;
    const condition = this.#condition('ImagePresent', { reason: 'NotFound', message }, event.generation);
    const { changed, conditions } = setFailure(status.conditions, condition);
    if (!changed) return;
    this.#tags.set(tag, { ...status, conditions });
    this.#outcomes.push({ kind: 'gone', tag, event });
  }

  #condition(
    type: ConditionType,
    { reason, message }: ImportFailure,
    generation: number | undefined,
  ): TagCondition {
    return {
      type,
      status: 'False',
      lastTransitionTime: this.#now,
      reason,
      message,
      ...(generation === undefined ? {} : { generation }),
    };
  }

  /** Notes what was answered, so that the same question is not asked again. */
  #observe(task: TagTask, effective: number, digest: string | undefined): void {
    const status = this.#status(task.tag);
    const before = status.observed;
    const requestedAt = task.token ?? before?.requestedAt;
    const triggered = before?.triggeredGeneration;
    const { kind, name, namespace } = task.from;
    const observed: TagObserved = {
      // An empty namespace reads as none: kept, it would be a difference at each look.
      from: { kind, name, ...(namespace === undefined || namespace === '' ? {} : { namespace }) },
      ...(task.from.kind === 'DockerImage' ? { importMode: task.mode } : {}),
      ...platformOf(task),
      generation: Math.max(effective, status.items[0]?.generation ?? 0),
      ...(digest === undefined ? {} : { digest }),
      ...(requestedAt === undefined ? {} : { requestedAt }),
      ...(triggered === undefined ? {} : { triggeredGeneration: triggered }),
    };
    this.#tags.set(task.tag, { ...status, observed });
  }

  /** An image that is only numbered anew has not moved: whoever has followed it has nothing more to follow. */
  #withFanOut(tag: StatusTag): StatusTag {
    const [now] = tag.items;
    const before = this.#newestBefore(tag.tag);
    const isRenumbered =
      now?.image === before?.image &&
      now?.dockerImageReference === before?.dockerImageReference &&
      now?.generation !== before?.generation;
    if (!isRenumbered || now?.generation === undefined || tag.observed?.triggeredGeneration === undefined)
      return tag;
    if (tag.observed.triggeredGeneration !== before?.generation) return tag;
    return { ...tag, observed: { ...tag.observed, triggeredGeneration: now.generation } };
  }

  #newestBefore(tag: string): TagEvent | undefined {
    return this.#stream.status.tags.find((candidate) => candidate.tag === tag)?.items[0];
  }

  #isMoved({ tag, items }: StatusTag): boolean {
    const before = this.#newestBefore(tag);
    return items[0] !== undefined && !isDeepStrictEqual(items[0], before);
  }
}

function sorted(tags: readonly StatusTag[]): StatusTag[] {
  return tags.toSorted((a, b) => (a.tag < b.tag ? -1 : 1));
}

function sameFrom(a: ObjectReference | undefined, b: ObjectReference): boolean {
  return a?.kind === b.kind && a.name === b.name && (a.namespace ?? '') === (b.namespace ?? '');
}

/** Whether the tag's last answer is one to what the task asks. */
function wasAsked(observed: TagObserved | undefined, task: TagTask): boolean {
  return (
    sameFrom(observed?.from, task.from) &&
    observed?.importMode === task.mode &&
    observed.platform === platformOf(task).platform
  );
}

/** What a Legacy import takes of a multi-platform image; nothing for other tasks. */
function platformOf(task: TagTask): Pick<TagObserved, 'platform'> {
  if (task.kind !== 'import' || task.mode !== 'Legacy') return {};
  return { platform: platformText(task.source.platform) };
}

function standsFor(tag: StatusTag | undefined, { image }: TagEvent): boolean {
  return tag?.items[0]?.image === image;
}
