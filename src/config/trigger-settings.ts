import { parseDuration } from '../importer/turn.ts';
import type { Configuration } from './schema.ts';

/** The part of a configuration that the trigger controller asks, made ready to be asked. */
export interface TriggerSettings {
  /** How long after the first move that concerns it a workload is written, so that what moves together is one rollout. */
  readonly gatherWindowMs: number;
  /** Every workload says in `kubernetes.io/change-cause` why it was rolled, whether it asks for it or not. */
  readonly changeCause: boolean;
}

export function triggerSettings({ triggers }: Configuration): TriggerSettings {
  // The schema has let no other text through.
  const gatherWindowMs = parseDuration(triggers.gatherWindow) ?? 1000;
  return { gatherWindowMs, changeCause: triggers.changeCause };
}
