import { prioritizeTags } from '../imagestream/tag-priority.ts';
import type { WholeStream } from '../imagestream/whole-stream.ts';
import { registryFailure, retryAfter, type Retry } from './failure-condition.ts';
import { queryOf } from './import-source.ts';
import type { ManifestSource } from './manifest-source.ts';
import { repositoryTagTask } from './plan.ts';
import type { RepositoryRefusal, RepositoryTask, TagTask } from './task.ts';
import type { RepositoryResult } from './results.ts';
import type { ImportSettings } from './settings.ts';

export interface RepositoryAnswer {
  readonly result: RepositoryResult;
  /** One for each tag that is to be imported. */
  readonly tasks: readonly TagTask[];
  readonly retry: Retry | undefined;
  readonly notes: readonly string[];
}

/**
 * Lists a whole repository and says which of its tags are imported: those that people look for first, up to the limit,
 * without those that the spec has as tags of their own (spec imagestream-system.md 3.2; vectors `tagPriority`).
 */
export async function runRepository(
  stream: WholeStream,
  task: RepositoryTask | RepositoryRefusal,
  settings: ImportSettings,
  registry: ManifestSource,
  signal: AbortSignal,
): Promise<RepositoryAnswer> {
  if ('failure' in task) {
    const result: RepositoryResult = { task, additionalTags: 0, failure: task.failure };
    return { result, tasks: [], retry: { initialMs: 30_000, maxMs: 30 * 60_000 }, notes: [] };
  }
  const answer = await registry.tags(queryOf(task, stream.metadata.namespace, 'asked'), signal);
  if (!answer.ok) {
    const failure = registryFailure(answer.failure, task.name);
    const result: RepositoryResult = { task, additionalTags: 0, failure };
    return { result, tasks: [], retry: retryAfter(answer.failure), notes: answer.notes };
  }
  const own = new Set(stream.spec.tags.map(({ name }) => name));
  const tags = prioritizeTags([...new Set(answer.value)]);
  const limit = settings.repositoryTagsMax < 0 ? tags.length : settings.repositoryTagsMax;
  const wanted = tags.slice(0, limit);
  return {
    result: { task, additionalTags: tags.length - wanted.length, failure: undefined },
    tasks: wanted.filter((tag) => !own.has(tag)).map((tag) => repositoryTagTask(stream, task, tag, settings)),
    retry: undefined,
    notes: answer.notes,
  };
}
