import type { WholeStream } from '../imagestream/whole-stream.ts';
import { planStream, scheduledTags, wholeRepository, type StreamPlan } from './plan.ts';
import type { TagTask } from './task.ts';
import { requestOf } from './requests.ts';
import type { ImportSettings } from './settings.ts';
import { intervalOf } from './turn.ts';
import type { StreamKey } from './stream-store.ts';

/**
 * What is worked on together, and apart from the rest: the tags of a stream that one registry answers, so that a registry
 * that is slow or dead holds up nothing else.
 */
export type Lane = string;

/** What is decided without any registry. */
export const localLane: Lane = '';
/** Looking for images that are pinned, wherever they lie. */
export const checkLane: Lane = 'check';

export interface LaneAgenda {
  /** What there is to do at once: a text for each question, the same as long as nobody asks for anything else. */
  readonly pending: readonly string[];
  /** There are tags to be looked at again and again. */
  readonly scheduled: boolean;
  /** Tags whose last import failed. */
  readonly failing: readonly string[];
}

/** All that is to be remembered of a stream between two looks at it. */
export interface Agenda {
  readonly lanes: ReadonlyMap<Lane, LaneAgenda>;
  readonly intervalMs: number;
  /** The tags that are looked at again and again. */
  readonly scheduled: readonly string[];
  /** Other streams whose tags are copied here and could not be, yet. */
  readonly awaited: readonly StreamKey[];
}

/** What there is to do for a stream, now and later. */
export function agendaOf(stream: WholeStream, settings: ImportSettings): Agenda {
  const plan = planStream(stream, settings, { retry: failingTags(stream), schedule: true });
  const lanes = new Map<Lane, LaneAgenda>();
  const add = (lane: Lane, part: Partial<LaneAgenda>) => {
    const before = lanes.get(lane) ?? { pending: [], scheduled: false, failing: [] };
    lanes.set(lane, {
      pending: [...before.pending, ...(part.pending ?? [])],
      scheduled: before.scheduled || part.scheduled === true,
      failing: [...before.failing, ...(part.failing ?? [])],
    });
  };
  const { generation } = stream.metadata;
  const scheduled = scheduledTags(stream, settings).map(({ name }) => name);
  const inTurn = new Set(scheduled);
  for (const task of plan.tasks) {
    const { tag, from, mode, reference, token } = task;
    add(laneOf(task), partOf(task, [generation, tag, from, mode, reference, token]));
    // One that fails keeps its turn: it may be the only one in its lane.
    if (inTurn.has(tag)) add(laneOf(task), { scheduled: true });
  }
  if (plan.repository !== undefined) {
    const { cause, name, token } = plan.repository;
    const question = [generation, wholeRepository, name, token];
    add(repositoryLane(plan.repository), partOf({ tag: wholeRepository, cause }, question));
  }
  if (plan.check !== undefined) add(checkLane, { pending: [plan.check.token] });
  if (plan.upkeep) add(localLane, { pending: [`upkeep ${requestOf(stream, 'delete')?.token ?? ''}`] });
  return {
    lanes,
    intervalMs: intervalOf(stream.metadata.annotations, settings.scheduledIntervalMs),
    scheduled,
    awaited: plan.tasks.flatMap((task) =>
      task.kind === 'copy' && task.cause === 'retry'
        ? [{ namespace: task.source.namespace, name: task.source.stream }]
        : [],
    ),
  };
}

function partOf(
  { tag, cause }: Pick<TagTask, 'tag' | 'cause'>,
  question: readonly unknown[],
): Partial<LaneAgenda> {
  if (cause === 'retry') return { failing: [tag] };
  return cause === 'schedule' ? { scheduled: true } : { pending: [JSON.stringify(question)] };
}

/** The lane that a task belongs to. */
export function laneOf(task: TagTask): Lane {
  return task.kind === 'import' ? `registry ${task.source.reference.registry}` : localLane;
}

/** The lane of a whole repository. */
export function repositoryLane(task: NonNullable<StreamPlan['repository']>): Lane {
  return 'failure' in task ? localLane : `registry ${task.reference.registry}`;
}

function failingTags({ status }: WholeStream): ReadonlySet<string> {
  const failing = status.tags
    .filter(({ conditions }) => conditions.some(({ type }) => type === 'ImportSuccess'))
    .map(({ tag }) => tag);
  const repository = status.observed?.repository?.conditions.length ?? 0;
  return new Set(repository > 0 ? [...failing, wholeRepository] : failing);
}
