import { followTriggers, type ContainerChange, type FindTag } from '../trigger/follow.ts';
import type { TagName } from '../trigger/tag-name.ts';
import { keyOfTag } from './trigger-index.ts';
import { failureNote, forbiddenNote, immutableNote, sentenceOf, triggerPatch } from './trigger-patch.ts';
import type { TriggerNote, TriggerPorts } from './trigger-ports.ts';
import type { TriggeredWorkload } from './trigger-workload.ts';

/** What a look at a workload came to. */
export interface LookReport {
  /**
   * - `done`: nothing is left to do.
   * - `refused`: a write was refused; nothing is left to do before something else changes.
   * - `again`: somebody else wrote, or a write failed.
   */
  readonly result: 'done' | 'refused' | 'again';
  /** Tags, as `keyOfTag`, that the workload does not follow though it should: it may not, or cannot. */
  readonly behind: ReadonlySet<string>;
  /** It lacks a right, which may be granted without anything that is seen here. */
  readonly isForbidden: boolean;
  /** What is wrong with it. */
  readonly problems: readonly TriggerNote[];
  /** What was done. */
  readonly done: readonly TriggerNote[];
  /** The object as it is now; null: it is gone; undefined: as it was. */
  readonly object?: unknown;
}

export type LookPorts = Pick<TriggerPorts, 'workloads' | 'settings' | 'mayPull' | 'count'>;

/** Looks at one workload and writes what its triggers want of it, all containers at once. */
export async function lookAtWorkload(
  workload: TriggeredWorkload,
  findTag: FindTag,
  ports: LookPorts,
  signal: AbortSignal,
): Promise<LookReport> {
  const { kind, object, namespace, isFinished } = workload;
  const followed = followTriggers(kind.workload, object, namespace, findTag, 'present');
  const changes = isFinished ? [] : followed.changes;
  const forbidden = await forbiddenTags(namespace, changes, ports, signal);
  const isForbidden = ({ tag }: ContainerChange) => forbidden.has(keyOfTag(tag));
  const wanted = changes.filter((change) => !isForbidden(change));
  const isImmutable = kind.workload.immutableSpec === true;
  const report: LookReport = {
    result: 'done',
    behind: forbidden,
    isForbidden: forbidden.size > 0,
    problems: [
      ...followed.problems.map(invalidNote),
      ...changes.filter(isForbidden).map((change) => forbiddenNote(namespace, change)),
      ...(isImmutable ? wanted.map(immutableNote) : []),
    ],
    done: [],
  };
  if (wanted.length === 0 || isImmutable) return report;
  // Whoever no longer leads writes no more.
  signal.throwIfAborted();
  return write(workload, wanted, report, ports, signal);
}

async function write(
  workload: TriggeredWorkload,
  changes: readonly ContainerChange[],
  report: LookReport,
  { workloads, settings, count }: LookPorts,
  signal: AbortSignal,
): Promise<LookReport> {
  const { kind, namespace, name, wantsChangeCause } = workload;
  const patch = triggerPatch(workload, changes, wantsChangeCause || settings().changeCause);
  const outcome = await workloads.patch(kind, namespace, name, patch);
  count(outcome.kind);
  switch (outcome.kind) {
    case 'written': {
      const done = changes.map((change): TriggerNote => ({
        type: 'Normal',
        reason: 'ImageTriggered',
        message: sentenceOf(change),
      }));
      return { ...report, done, object: outcome.object };
    }
    case 'conflict': {
      const object = (await workloads.read(kind, namespace, name, signal)) ?? null;
      return { ...report, result: 'again', object };
    }
    case 'gone':
      return { ...report, object: null };
    case 'refused': {
      const behind = new Set([...report.behind, ...changes.map(({ tag }) => keyOfTag(tag))]);
      const problems = [...report.problems, failureNote(changes, `refused: ${outcome.message}`)];
      return { ...report, result: 'refused', behind, problems };
    }
    case 'failed': {
      const what = `failed and is tried again: ${outcome.message}`;
      return { ...report, result: 'again', problems: [...report.problems, failureNote(changes, what)] };
    }
  }
}

/** The tags of other namespaces from which this one may not pull. */
async function forbiddenTags(
  namespace: string,
  changes: readonly ContainerChange[],
  { mayPull }: LookPorts,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const others = changes.map(({ tag }) => tag).filter((tag) => tag.namespace !== namespace);
  const forbidden = new Set<string>();
  for (const tag of others)
    if (!(await mayPull(namespace, streamOf(tag), signal))) forbidden.add(keyOfTag(tag));
  return forbidden;
}

function streamOf({ namespace, stream }: TagName): { readonly namespace: string; readonly name: string } {
  return { namespace, name: stream };
}

function invalidNote({ field, message }: { readonly field: string; readonly message: string }): TriggerNote {
  return { type: 'Warning', reason: 'TriggerInvalid', message: `${field}: ${message}` };
}
