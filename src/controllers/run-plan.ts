import { readWholeStream, type WholeStream } from '../imagestream/whole-stream.ts';
import type { Retry } from '../importer/failure-condition.ts';
import { wholeRepository, type StreamPlan } from '../importer/plan.ts';
import type { CheckResult, RepositoryResult, StreamResults, TagResult } from '../importer/results.ts';
import { runRepository } from '../importer/run-repository.ts';
import { lookFor, runTask, type TaskAnswer, type TaskPorts } from '../importer/run-task.ts';
import type { TagTask } from '../importer/task.ts';
import type { ImportPorts } from './import-ports.ts';

/** How many tags are under way at once; the registry client has limits of its own. */
const tasksAtOnce = 16;

/** What is to be asked for a stream. */
export type PlannedWork = Omit<StreamPlan, 'upkeep'>;

export type PlanPorts = Pick<ImportPorts, 'registry' | 'mayCopy' | 'settings' | 'forgetCredentials'> & {
  readonly store: Pick<ImportPorts['store'], 'read'>;
};

export interface PlanAnswer {
  readonly results: StreamResults;
  /** What is to be tried again, by tag; '' for the whole repository. */
  readonly retries: ReadonlyMap<string, Retry>;
  readonly notes: readonly string[];
}

/** Asks registries and streams what a plan wants to know; nothing is written. */
export async function runPlan(
  stream: WholeStream,
  plan: PlannedWork,
  ports: PlanPorts,
  signal: AbortSignal,
): Promise<PlanAnswer> {
  const work = new PlanWork(stream, ports, signal);
  await work.run(plan);
  const { results: tags, repository, check, retries, notes } = work;
  return { results: { tags, repository, check }, retries, notes: [...notes] };
}

class PlanWork {
  readonly results: TagResult[] = [];
  readonly retries = new Map<string, Retry>();
  readonly notes = new Set<string>();
  repository: RepositoryResult | undefined;
  check: CheckResult | undefined;
  readonly #stream: WholeStream;
  readonly #ports: PlanPorts;
  readonly #signal: AbortSignal;

  constructor(stream: WholeStream, ports: PlanPorts, signal: AbortSignal) {
    this.#stream = stream;
    this.#ports = ports;
    this.#signal = signal;
  }

  async run({ tasks, repository, check }: PlannedWork): Promise<void> {
    // Whoever asks may just have mended a secret; so may whoever let an import fail.
    if ([...tasks, repository].some((task) => task?.cause === 'request' || task?.cause === 'retry')) {
      this.#ports.forgetCredentials?.(this.#stream.metadata.namespace);
    }
    await this.#runTasks(tasks);
    if (repository !== undefined) await this.#runRepository(repository);
    if (check !== undefined) await this.#runCheck(check);
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
