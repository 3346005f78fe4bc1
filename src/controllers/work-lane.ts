import { readWholeStream, type WholeStream } from '../imagestream/whole-stream.ts';
import { checkLane, laneOf, localLane, repositoryLane, type Lane } from '../importer/agenda.ts';
import type { Retry } from '../importer/failure-condition.ts';
import { planStream, type DueTags, type StreamPlan } from '../importer/plan.ts';
import type { TagResult } from '../importer/results.ts';
import type { StreamKey } from '../importer/stream-store.ts';
import { commitResults, imagesIn, type Committed } from './commit-results.ts';
import type { ImportPorts } from './import-ports.ts';
import { runPlan, type PlannedWork } from './run-plan.ts';

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
  const { results, retries, notes } = await runPlan(stream, planOfLane(plan, lane), ports, signal);
  const isEmpty =
    results.tags.length === 0 && results.repository === undefined && results.check === undefined;
  if (isEmpty && !(lane === localLane && plan.upkeep)) return undefined;
  signal.throwIfAborted();
  const release = holdImages(imagesIn(results).map(({ metadata }) => metadata.name));
  try {
    const committed = await commitResults(key, raw, results, ports, signal);
    return { committed, stream, results: results.tags, retries, notes };
  } finally {
    release();
  }
}

/** The part of a plan that belongs to a lane. */
function planOfLane({ tasks, repository, check }: StreamPlan, lane: Lane): PlannedWork {
  return {
    tasks: tasks.filter((task) => laneOf(task) === lane),
    repository: repository !== undefined && repositoryLane(repository) === lane ? repository : undefined,
    check: lane === checkLane ? check : undefined,
  };
}
