import { annotationsOf } from '../workload/metadata.ts';
import type { TriggerProblem } from './problems.ts';

/** On a workload: whether its containers always hold their tags' images, or only follow when a tag moves. */
export const triggerModeAnnotation = 'pinstream.dev/trigger-mode';

/**
 * - `enforce`, as upstream: any other image is written back.
 * - `on-move`, the default: a person's image stays until the tag moves.
 */
export type TriggerMode = 'enforce' | 'on-move';

export function modeOf(object: unknown): TriggerMode {
  return annotationsOf(object)[triggerModeAnnotation] === 'enforce' ? 'enforce' : 'on-move';
}

/** What is not understood counts as the default, and is told. */
export function modeProblem(object: unknown): readonly TriggerProblem[] {
  const value = annotationsOf(object)[triggerModeAnnotation];
  if (typeof value !== 'string' || value === 'enforce' || value === 'on-move') return [];
  const message = `"${value.slice(0, 40)}" is not known and counts as on-move; write enforce or on-move`;
  return [{ field: `metadata.annotations[${triggerModeAnnotation}]`, message }];
}
