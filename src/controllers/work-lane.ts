import { readWholeStream, type WholeStream } from '../imagestream/whole-stream.ts';
import { checkLane, laneOf, localLane, repositoryLane, type Lane } from '../importer/agenda.ts';
import type { Retry } from '../importer/failure-condition.ts';
import { planStream, wholeRepository, type DueTags, type StreamPlan } from '../importer/plan.ts';
import type { CheckResult, RepositoryResult, TagResult } from '../importer/results.ts';
import { runRepository } from '../importer/run-repository.ts';
import { lookFor, runTask, type TaskAnswer, type TaskPorts } from '../importer/run-task.ts';
import type { StreamKey } from '../importer/stream-store.ts';
import type { TagTask } from '../importer/task.ts';
import { commitResults, imagesIn, type Committed } from './commit-results.ts';
import type { ImportPorts } from './import-ports.ts';

/** How many tags of one lane are under way at once; the registry client has limits of its own. */
const tasksAtOnce = 16;

/** What a look at one lane came to. */
export interface LaneReport {
  readonly committed: Committed;
  /** The stream as it was planned from. */
  readonly stream: WholeStream;
  readonly results: readonly TagResult[];
  /** What is to be tried again, by tag; '' for the whole repository. */
  readonly retries: ReadonlyMap<string, Retry>;
  readonly notes: readonly string[];
}

/**
 * Does what there is to do in one lane of a stream: reads it, plans, asks, writes. Nothing is kept between two calls: a
 * process that dies in the middle has written all or nothing, and the next one plans the same again.
 *
 * @param holdImages told of digests that are about to be named by status, so that no one collects their Images
 * @returns undefined: the stream is gone, or there was nothing to do
 */
export async function workLane(
  key: StreamKey,
  lane: Lane,
  due: DueTags,
  ports: ImportPorts,
  holdImages: (digests: readonly string[]) => () => void,
  signal: AbortSignal,
): Promise<LaneReport | undefined> {
  const raw = await ports.store.read(key, signal);
  if (raw === undefined) return undefined;
  const stream = readWholeStream(raw);
  const plan = planStream(stream, ports.settings(), due);
  const work = new LaneWork(stream, ports, signal);
  await work.run(planOfLane(plan, lane));
  if (work.isEmpty() && !(lane === localLane && plan.upkeep)) return undefined;
  signal.throwIfAborted();
  const results = { tags: work.results, repository: work.repository, check: work.check };
  const release = holdImages(imagesIn(results).map(({ metadata }) => metadata.name));
  try {
    const committed = await commitResults(key, raw, results, ports, signal);
    return { committed, stream, results: work.results, retries: work.retries, notes: [...work.notes] };
  } finally {
    release();
  }
}

/** The part of a plan that belongs to a lane. */
function planOfLane({ tasks, repository, check }: StreamPlan, lane: Lane): Omit<StreamPlan, 'upkeep'> {
  return {
    tasks: tasks.filter((task) => laneOf(task) === lane),
    repository: repository !== undefined && repositoryLane(repository) === lane ? repository : undefined,
    check: lane === checkLane ? check : undefined,
  };
}

class LaneWork {
  readonly results: TagResult[] = [];
  readonly retries = new Map<string, Retry>();
  readonly notes = new Set<string>();
  repository: RepositoryResult | undefined;
  check: CheckResult | undefined;
  readonly #stream: WholeStream;
  readonly #ports: ImportPorts;
  readonly #signal: AbortSignal;

  constructor(stream: WholeStream, ports: ImportPorts, signal: AbortSignal) {
    this.#stream = stream;
    this.#ports = ports;
    this.#signal = signal;
  }

  async run({ tasks, repository, check }: Omit<StreamPlan, 'upkeep'>): Promise<void> {
    // Whoever asks may just have mended a secret; so may whoever let an import fail.
    if ([...tasks, repository].some((task) => task?.cause === 'request' || task?.cause === 'retry')) {
      this.#ports.forgetCredentials?.(this.#stream.metadata.namespace);
    }
    await this.#runTasks(tasks);
    if (repository !== undefined) await this.#runRepository(repository);
    if (check !== undefined) await this.#runCheck(check);
  }

  isEmpty(): boolean {
    return this.results.length === 0 && this.repository === undefined && this.check === undefined;
  }

  async #runTasks(tasks: readonly TagTask[]): Promise<readonly TaskAnswer[]> {
    const { store, registry, mayCopy, settings } = this.#ports;
    const taskPorts: TaskPorts = {
      registry,
      mayCopy,
      stream: async (key, signal) => {
        const raw = await store.read(key, signal);
        return raw === undefined ? undefined : readWholeStream(raw);
      },
    };
    const answers = await mapLimited(tasks, tasksAtOnce, (task) =>
      runTask(this.#stream, task, settings(), taskPorts, this.#signal),
    );
    for (const { result, retry, notes } of answers) {
      this.results.push(result);
      for (const note of notes) this.notes.add(`${this.#stream.metadata.name}:${result.task.tag}: ${note}`);
      // What a whole repository brought is tried again with it.
      if (retry !== undefined && result.task.origin === 'tag') this.retries.set(result.task.tag, retry);
    }
    return answers;
  }

  async #runRepository(task: NonNullable<StreamPlan['repository']>): Promise<void> {
    const { registry, settings } = this.#ports;
    const answer = await runRepository(this.#stream, task, settings(), registry, this.#signal);
    for (const note of answer.notes) this.notes.add(`${this.#stream.metadata.name}: ${note}`);
    const failed = (await this.#runTasks(answer.tasks)).flatMap(({ result, retry }) =>
      result.kind === 'failed' ? [{ tag: result.task.tag, failure: result.failure, retry }] : [],
    );
    const [first] = failed;
    const retry = answer.retry ?? first?.retry;
    if (retry !== undefined) this.retries.set(wholeRepository, retry);
    const message = `${failed.length} of ${answer.tasks.length} tags could not be imported, the first: ${first?.tag ?? ''}: ${first?.failure.message ?? ''}`;
    this.repository =
      first === undefined
        ? answer.result
        : { ...answer.result, failure: { reason: 'ImportFailed', message } };
  }

  async #runCheck({ token, tasks }: NonNullable<StreamPlan['check']>): Promise<void> {
    const { namespace } = this.#stream.metadata;
    const found = await mapLimited(tasks, tasksAtOnce, async (task) => ({
      tag: task.tag,
      event: task.event,
      presence: await lookFor(task, namespace, this.#ports.registry, this.#signal),
    }));
    this.check = { token, found };
  }
}

/** Like `Promise.all` over `items`, at most `limit` under way at once, answers in the order of the items. */
async function mapLimited<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const answers = new Map<number, R>();
  const waiting = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of waiting) answers.set(index, await work(item));
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return [...answers].toSorted(([a], [b]) => a - b).map(([, answer]) => answer);
}
