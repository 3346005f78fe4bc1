import { latestEvent } from '../imagestream/pull-spec.ts';
import { imageOfHistory } from '../imagestream/tag-source.ts';
import type { WholeStream } from '../imagestream/whole-stream.ts';
import type { RegistryFailure } from '../oci/failure.ts';
import { registryFailure, retryAfter, type ImportFailure, type Retry } from './failure-condition.ts';
import { fetchImage } from './fetch-image.ts';
import { queryOf } from './import-source.ts';
import type { ManifestQuery, ManifestSource } from './manifest-source.ts';
import { checkOf } from './plan.ts';
import type { CheckTask, CopyTask, ImportTask, TagTask } from './task.ts';
import type { Presence, TagResult } from './results.ts';
import type { ImportSettings } from './settings.ts';
import type { StreamKey } from './stream-store.ts';

/** What tasks ask of the world. */
export interface TaskPorts {
  readonly registry: ManifestSource;
  /** A stream as it is now; undefined where there is none. */
  readonly stream: (key: StreamKey, signal: AbortSignal) => Promise<WholeStream | undefined>;
  /** Whether a namespace may take images from a stream of another one. */
  readonly mayCopy: (namespace: string, source: StreamKey, signal: AbortSignal) => Promise<boolean>;
}

export interface TaskAnswer {
  readonly result: TagResult;
  /** When to try again what failed. */
  readonly retry: Retry | undefined;
  /** What people should know though nothing failed. */
  readonly notes: readonly string[];
}

/** Does what a task asks for. What goes wrong in registries and streams is a result; only bugs and the API's I/O are thrown. */
export async function runTask(
  stream: WholeStream,
  task: TagTask,
  settings: ImportSettings,
  ports: TaskPorts,
  signal: AbortSignal,
): Promise<TaskAnswer> {
  switch (task.kind) {
    case 'record':
      return { result: { kind: 'recorded', task }, retry: undefined, notes: [] };
    case 'refuse':
      return failed(task, task.failure, ruleRetry);
    case 'copy':
      return runCopy(stream, task, ports, signal);
    case 'import':
      return runImport(stream, task, settings, ports, signal);
  }
}

/** Rules, permissions and other streams change without a change of this one. */
const ruleRetry: Retry = { initialMs: 30_000, maxMs: 30 * 60_000 };

async function runImport(
  stream: WholeStream,
  task: ImportTask,
  settings: ImportSettings,
  { registry }: TaskPorts,
  signal: AbortSignal,
): Promise<TaskAnswer> {
  const urgency = task.cause === 'schedule' || task.cause === 'retry' ? 'scheduled' : 'asked';
  const query = queryOf(task.source, stream.metadata.namespace, urgency);
  if (urgency === 'scheduled' && task.known !== undefined && task.current !== undefined) {
    const looked = await registry.digest(query, signal);
    if (!looked.ok)
      return importFailed(stream, task, looked.failure, looked.notes, settings, registry, signal);
    if (looked.value === task.known) {
      return { result: { kind: 'unchanged', task }, retry: undefined, notes: looked.notes };
    }
  }
  const fetched = await fetchImage(registry, task.source, query, signal);
  if (!fetched.ok) {
    return importFailed(stream, task, fetched.failure, fetched.notes, settings, registry, signal);
  }
  return {
    result: { kind: 'imported', task, image: fetched.value },
    retry: undefined,
    notes: fetched.notes,
  };
}

/** A source that is gone may have taken along what the tag stands for: then people should know before the next pull. */
async function importFailed(
  stream: WholeStream,
  task: ImportTask,
  failure: RegistryFailure,
  notes: readonly string[],
  settings: ImportSettings,
  registry: ManifestSource,
  signal: AbortSignal,
): Promise<TaskAnswer> {
  const current = failure.kind === 'notFound' ? task.current : undefined;
  const check = checkOf(stream, task.tag, current, settings);
  const presence =
    check === undefined ? 'unknown' : await lookFor(check, stream.metadata.namespace, registry, signal);
  return {
    result: {
      kind: 'failed',
      task,
      failure: registryFailure(failure, task.source.name),
      current: current === undefined ? undefined : { event: current, presence },
    },
    retry: retryAfter(failure),
    notes,
  };
}

/** Looks whether an image is still in its registry: one request. */
export async function lookFor(
  { reference, insecure }: CheckTask,
  namespace: string,
  registry: ManifestSource,
  signal: AbortSignal,
): Promise<Presence> {
  const query: ManifestQuery = queryOf({ reference, insecure }, namespace, 'scheduled');
  const answer = await registry.digest(query, signal);
  if (answer.ok) return 'present';
  return answer.failure.kind === 'notFound' ? 'gone' : 'unknown';
}

async function runCopy(
  { metadata }: WholeStream,
  task: CopyTask,
  { stream, mayCopy }: TaskPorts,
  signal: AbortSignal,
): Promise<TaskAnswer> {
  const source: StreamKey = { namespace: task.source.namespace, name: task.source.stream };
  const own = source.namespace === metadata.namespace && source.name === metadata.name;
  if (own) return { result: { kind: 'copied', task, source: undefined }, retry: undefined, notes: [] };
  if (source.namespace !== metadata.namespace && !(await mayCopy(metadata.namespace, source, signal))) {
    const message =
      `namespace "${metadata.namespace}" may not take images from image stream "${source.name}" of namespace ` +
      `"${source.namespace}": bind the ClusterRole system:image-puller there to the group ` +
      `system:serviceaccounts:${metadata.namespace}`;
    return failed(task, { reason: 'Forbidden', message }, ruleRetry);
  }
  const found = await stream(source, signal);
  const retry = found === undefined || !has(found, task) ? ruleRetry : undefined;
  return { result: { kind: 'copied', task, source: found }, retry, notes: [] };
}

function has(stream: WholeStream, { source }: CopyTask): boolean {
  if (source.kind === 'ImageStreamTag') return latestEvent(stream, source.tag) !== undefined;
  return imageOfHistory(stream, source.id).ok;
}

function failed(task: TagTask, failure: ImportFailure, retry: Retry): TaskAnswer {
  return { result: { kind: 'failed', task, failure, current: undefined }, retry, notes: [] };
}
