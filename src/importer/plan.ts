import { followTag } from '../imagestream/aliases.ts';
import { answeredGeneration, effectiveGeneration } from '../imagestream/generations.ts';
import { isScheduled } from '../imagestream/schedule.ts';
import { parseSource } from '../imagestream/tag-source.ts';
import type { ObjectReference, TagEvent } from '../imagestream/types.ts';
import type { SpecTag, StatusTag, WholeStream } from '../imagestream/whole-stream.ts';
import { parseReference } from '../reference/parse.ts';
import type { ImageReference } from '../reference/reference.ts';
import { isInsecure, refusalOf } from './import-rules.ts';
import { wantedPlatform, wantsOtherPlatform } from './platform.ts';
import { concerns, requestOf, type Request } from './requests.ts';
import type { ImportSettings } from './settings.ts';
import type {
  Cause,
  CheckTask,
  ImportTask,
  RefuseTask,
  RepositoryRefusal,
  RepositoryTask,
  TagTask,
  TaskBase,
} from './task.ts';

/** What there is to do for one stream. */
export interface StreamPlan {
  readonly tasks: readonly TagTask[];
  readonly repository: RepositoryTask | RepositoryRefusal | undefined;
  /** A check that was asked for, and what it is about; undefined: none. */
  readonly check: { readonly token: string; readonly tasks: readonly CheckTask[] } | undefined;
  /** Something is to be done in status alone: a deletion that was asked for, a history over its limit. */
  readonly upkeep: boolean;
}

/** What a clock says is due, by tag; '' stands for the whole repository. */
export interface DueTags {
  readonly retry: ReadonlySet<string>;
  readonly schedule: boolean;
}

/** The key of `spec.dockerImageRepository` among tags: no tag has this name. */
export const wholeRepository = '';

/**
 * Decides what is to be done for a stream (spec imagestream-system.md 1.5, 1.6, 3.9; vectors `importNeeded`): tags that
 * are behind their spec, those that somebody asks for, and those whose time has come.
 */
export function planStream(stream: WholeStream, settings: ImportSettings, due: DueTags): StreamPlan {
  const request = requestOf(stream, 'import');
  const tasks = stream.spec.tags.flatMap((tag): TagTask[] => {
    const cause = causeOf(stream, tag, settings, request, due);
    return cause === undefined || tag.from === undefined
      ? []
      : [taskOf(stream, { ...tag, from: tag.from }, cause, tokenFor(request, tag.name), settings)];
  });
  return {
    tasks,
    repository: planRepository(stream, settings, request, due),
    check: planCheck(stream, settings),
    upkeep: needsUpkeep(stream, settings),
  };
}

function causeOf(
  stream: WholeStream,
  tag: SpecTag,
  settings: ImportSettings,
  request: Request | undefined,
  due: DueTags,
): Cause | undefined {
  const status = statusTag(stream, tag.name);
  const effective = effectiveGeneration(stream, tag, status, settings.defaultMode);
  if (effective === undefined) return undefined;
  if (effective > answeredGeneration(status) || wantsOtherPlatform(tag, status, settings)) return 'spec';
  if (concerns(request, tag.name) && status?.observed?.requestedAt !== request.token) return 'request';
  if (due.retry.has(tag.name)) return 'retry';
  return due.schedule && isScheduled(tag, status?.items[0], effective) ? 'schedule' : undefined;
}

/** The tags that are looked at again and again. */
export function scheduledTags(stream: WholeStream, { defaultMode }: ImportSettings): readonly SpecTag[] {
  return stream.spec.tags.filter((tag) => {
    const status = statusTag(stream, tag.name);
    return isScheduled(tag, status?.items[0], effectiveGeneration(stream, tag, status, defaultMode));
  });
}

function tokenFor(request: Request | undefined, tag: string): string | undefined {
  return concerns(request, tag) ? request.token : undefined;
}

/** A spec tag → what to do for it. */
function taskOf(
  stream: WholeStream,
  tag: SpecTag & { readonly from: ObjectReference },
  cause: Cause,
  token: string | undefined,
  settings: ImportSettings,
): TagTask {
  const base: TaskBase = {
    tag: tag.name,
    cause,
    token,
    from: tag.from,
    mode: tag.importPolicy.importMode ?? settings.defaultMode,
    reference: tag.reference === true,
    origin: 'tag',
  };
  const parsed = parseSource(tag.from, stream.metadata);
  if (!parsed.ok) return { ...base, kind: 'refuse', failure: { reason: 'Invalid', message: parsed.message } };
  if (parsed.source.kind !== 'DockerImage') return { ...base, kind: 'copy', source: parsed.source };
  if (base.reference) return { ...base, kind: 'record' };
  const insecure = tag.importPolicy.insecure;
  return importTask(stream, base, parsed.source.reference, insecure, tag.annotations ?? {}, settings);
}

/** The task for one tag of a whole repository. */
export function repositoryTagTask(
  stream: WholeStream,
  { reference, name, insecure, cause, token }: RepositoryTask,
  tag: string,
  settings: ImportSettings,
): TagTask {
  const from = { kind: 'DockerImage', name: `${name}:${tag}` };
  const base: TaskBase = {
    tag,
    cause,
    token,
    from,
    mode: settings.defaultMode,
    reference: false,
    origin: 'repository',
  };
  return importTask(stream, base, { ...reference, tag }, insecure, {}, settings);
}

function importTask(
  stream: WholeStream,
  base: TaskBase,
  reference: ImageReference,
  insecureTag: boolean,
  annotations: Readonly<Record<string, string>>,
  settings: ImportSettings,
): ImportTask | RefuseTask {
  const insecure = isInsecure(stream, reference, insecureTag, settings);
  const failure = refusalOf(stream, reference, insecure, base.cause, settings);
  if (failure !== undefined) return { ...base, kind: 'refuse', failure };
  const status = statusTag(stream, base.tag);
  const platform = wantedPlatform(reference, annotations, settings);
  return {
    ...base,
    kind: 'import',
    known: status?.observed?.digest,
    current: status?.items[0],
    source: { name: base.from.name, reference, insecure, mode: base.mode, platform },
  };
}

function planRepository(
  stream: WholeStream,
  settings: ImportSettings,
  request: Request | undefined,
  due: DueTags,
): RepositoryTask | RepositoryRefusal | undefined {
  const name = stream.spec.dockerImageRepository;
  if (name === '') return undefined;
  const cause = repositoryCause(stream, request, due);
  if (cause === undefined) return undefined;
  const base = { name, cause, token: request?.tags.size === 0 ? request.token : undefined };
  const parsed = parseReference(name);
  const problem = !parsed.ok
    ? parsed.error
    : parsed.reference.tag !== '' || parsed.reference.id !== ''
      ? 'it carries a tag or a digest'
      : undefined;
  if (!parsed.ok || problem !== undefined) {
    return { ...base, failure: { reason: 'Invalid', message: `"${name}" is no repository: ${problem}` } };
  }
  const { reference } = parsed;
  const insecure = isInsecure(stream, reference, false, settings);
  const failure = refusalOf(stream, reference, insecure, cause, settings);
  return failure === undefined ? { ...base, reference, insecure } : { ...base, failure };
}

function repositoryCause(
  { spec, status }: WholeStream,
  request: Request | undefined,
  due: DueTags,
): Cause | undefined {
  const observed = status.observed?.repository;
  if (observed?.name !== spec.dockerImageRepository) return 'spec';
  if (request?.tags.size === 0 && observed.requestedAt !== request.token) return 'request';
  return due.retry.has(wholeRepository) ? 'retry' : undefined;
}

function planCheck(stream: WholeStream, settings: ImportSettings): StreamPlan['check'] {
  const request = requestOf(stream, 'check');
  if (request === undefined || stream.status.observed?.checkRequestedAt === request.token) return undefined;
  const tasks = stream.status.tags.flatMap(({ tag, items }) => [
    ...(concerns(request, tag) ? [checkOf(stream, tag, items[0], settings)] : []),
    ...items
      .filter(({ image }) => request.tags.has(`${tag}@${image}`))
      .map((event) => checkOf(stream, tag, event, settings)),
  ]);
  return { token: request.token, tasks: tasks.filter((task) => task !== undefined) };
}

/** How to look for what a tag stands for; undefined where it stands for no image in a registry. */
export function checkOf(
  stream: WholeStream,
  tag: string,
  event: TagEvent | undefined,
  settings: ImportSettings,
): CheckTask | undefined {
  if (event === undefined || event.image === '') return undefined;
  const parsed = parseReference(event.dockerImageReference);
  if (!parsed.ok || parsed.reference.name === '') return undefined;
  const reference = { ...parsed.reference, tag: '', id: event.image };
  // What a tag that follows another one stands for was imported as that one says.
  const followed = followTag(stream, tag);
  const source = followed.ok ? followed.finalTag : tag;
  const spec = stream.spec.tags.find(({ name }) => name === source);
  const insecure = isInsecure(stream, reference, spec?.importPolicy.insecure === true, settings);
  return { tag, event, reference, insecure };
}

function needsUpkeep(stream: WholeStream, { historyLimit }: ImportSettings): boolean {
  const request = requestOf(stream, 'delete');
  if (request !== undefined && stream.status.observed?.deleteRequestedAt !== request.token) return true;
  return historyLimit > 0 && stream.status.tags.some(({ items }) => items.length > historyLimit);
}

export function statusTag(stream: WholeStream, tag: string): StatusTag | undefined {
  return stream.status.tags.find((candidate) => candidate.tag === tag);
}
