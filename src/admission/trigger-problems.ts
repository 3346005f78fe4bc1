import { triggersAnnotation } from '../trigger/annotation.ts';
import { hasTriggers, triggerProblems, type TriggerProblem } from '../trigger/follow.ts';
import { modeProblem, triggerModeAnnotation } from '../trigger/mode.ts';
import type { WorkloadKind } from '../workload/kinds.ts';
import { annotationsOf } from '../workload/metadata.ts';
import type { Denial } from './decision.ts';
import type { AdmissionRequest } from './request.ts';

/** What is wrong with an object's triggers and is new with this request. */
export interface NewTriggerProblems {
  /** Because of these a trigger does not work. */
  readonly problems: readonly TriggerProblem[];
  /** These have a default. */
  readonly notes: readonly TriggerProblem[];
}

/**
 * Upstream writes what it cannot follow to a log that no user reads. Here the writer is told; but only of what the request
 * brings: a bad annotation that was stored before must not stop a change of a label, nor the controller from setting the
 * other containers.
 */
export function newTriggerProblems(
  { object, oldObject, operation }: AdmissionRequest,
  workload: WorkloadKind,
): NewTriggerProblems {
  if (!hasTriggers(workload)) return { problems: [], notes: [] };
  const sameAsStored = (annotation: string) =>
    operation === 'UPDATE' && annotationsOf(oldObject)[annotation] === annotationsOf(object)[annotation];
  const problems = triggerProblems(workload, object);
  const stored =
    problems.length > 0 && sameAsStored(triggersAnnotation) ? triggerProblems(workload, oldObject) : [];
  const known = new Set(stored.map(({ field }) => field));
  return {
    problems: problems.filter(({ field }) => !known.has(field)),
    notes: sameAsStored(triggerModeAnnotation) ? [] : modeProblem(object),
  };
}

/** An annotation may hold thousands of entries. */
const causesMax = 10;

/** The refusal of an object because of its triggers, with the place of each problem; undefined where there is none. */
export function triggerDenial(problems: readonly TriggerProblem[]): Denial | undefined {
  const [first, ...others] = problems;
  if (first === undefined) return undefined;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return {
    code: 422,
    reason: 'Invalid',
    message: `image triggers cannot be followed: ${first.field}: ${first.message}${more}`,
    causes: problems
      .slice(0, causesMax)
      .map(({ field, message }) => ({ reason: 'FieldValueInvalid', field, message })),
  };
}

/** The same as warnings, which are short: the place within the annotation says enough. */
export function triggerWarnings(problems: readonly TriggerProblem[]): readonly string[] {
  const place = (field: string) => field.replace(`metadata.annotations[${triggersAnnotation}]`, 'triggers');
  return problems.map(({ field, message }) => `${place(field)}: ${message}`);
}
