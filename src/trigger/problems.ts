import type { WorkloadKind } from '../workload/kinds.ts';
import { annotationsOf } from '../workload/metadata.ts';
import { readTriggers, triggersAnnotation, type ImageTrigger } from './annotation.ts';
import { containerNames, fieldPathOf, locateContainer } from './field-path.ts';

export interface TriggerProblem {
  /** "metadata.annotations[image.openshift.io/triggers][0].fieldPath" */
  readonly field: string;
  readonly message: string;
}

/**
 * All problems of the annotation with their places: syntax, unknown kind of source, bad path, missing container. Upstream
 * writes some of them to its log and passes over the others without a word. What a paused entry leads to is not looked at,
 * since it does nothing.
 */
export function triggerProblems(kind: WorkloadKind, object: unknown): readonly TriggerProblem[] {
  const annotation = annotationsOf(object)[triggersAnnotation];
  if (typeof annotation !== 'string') return [];
  const read = readTriggers(annotation);
  if (!read.ok) return [problem(read.place, read.error)];
  return read.triggers.flatMap((trigger, index) =>
    trigger.paused
      ? []
      : [...sourceProblems(trigger), ...pathProblems(trigger, kind, object)].map(([key, message]) =>
          problem(`[${index}].${key}`, message),
        ),
  );
}

function problem(place: string, message: string): TriggerProblem {
  return { field: `metadata.annotations[${triggersAnnotation}]${place}`, message };
}

type KeyAndMessage = readonly [key: string, message: string];

function sourceProblems({ from }: ImageTrigger): readonly KeyAndMessage[] {
  const problems: KeyAndMessage[] = [];
  if (from.kind !== 'ImageStreamTag') {
    problems.push(['from.kind', `"${shown(from.kind)}" cannot be followed; write ImageStreamTag`]);
  }
  // Upstream never hears of a change of such a tag (vector ann-16).
  if (from.apiVersion !== '') {
    problems.push(['from.apiVersion', 'with an apiVersion the tag is not followed; leave it out']);
  }
  if (!/^[^:@/\s]+:[^:@/\s]*$/.test(from.name)) {
    problems.push(['from.name', `"${shown(from.name)}" is no image stream tag; write STREAM:TAG`]);
  }
  return problems;
}

function pathProblems(
  { fieldPath }: ImageTrigger,
  kind: WorkloadKind,
  object: unknown,
): readonly KeyAndMessage[] {
  const target = locateContainer(fieldPath, kind, object);
  if (target.outcome === 'set') return [];
  const { containers, initContainers } = containerNames(kind, object);
  const names = [...initContainers, ...containers].map((name) => shown(name)).join(', ');
  const what =
    target.outcome === 'error'
      ? shown(target.message, 160)
      : `"${shown(fieldPath, 100)}" is no path of a ${kind.kind}`;
  return [['fieldPath', `${what}; write ${fieldPathOf(kind, 'NAME')}, with a name of: ${names}`]];
}

/** Hostile or very long texts are shown cut, on one line. */
function shown(text: string, lengthMax = 60): string {
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '?');
  return line.length <= lengthMax ? line : `${line.slice(0, lengthMax - 1)}…`;
}
