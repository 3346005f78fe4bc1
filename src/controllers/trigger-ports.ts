import type { StreamStore } from '../importer/stream-store.ts';
import type { LocalPlaces } from '../imagestream/local-registry.ts';
import type { Clock } from '../kube/clock.ts';
import type { PatchOutcome } from '../kube/guarded-patch.ts';
import type { Log } from '../telemetry/log.ts';
import type { MayPull } from './pull-permission.ts';
import type { TriggerKind } from './trigger-kinds.ts';
import type { TriggeredWorkload } from './trigger-workload.ts';

/** What the trigger controller stands on. */
export interface TriggerPorts {
  readonly workloads: WorkloadAccess;
  readonly streams: Pick<StreamStore, 'read' | 'writeStatus'>;
  /** The settings of now. */
  readonly settings: () => TriggerSettings;
  /** Whether a namespace may take images from a stream of another one. */
  readonly mayPull: MayPull;
  /** Tells people of it, where they look: Events on the workload. */
  readonly tell: (workload: TriggeredWorkload, note: TriggerNote) => void;
  /** Counts what patches came to. */
  readonly count: (result: PatchOutcome['kind']) => void;
  readonly log: Log;
  readonly clock: Clock;
  /** Gives [0, 1). */
  readonly random: () => number;
}

export interface TriggerSettings extends LocalPlaces {
  /** How long after the first move that concerns it a workload is written, with all that has moved by then. */
  readonly gatherWindowMs: number;
  /** Every write says why in `kubernetes.io/change-cause`. */
  readonly changeCause: boolean;
}

/** Workloads as they are read and written one at a time. I/O that fails is thrown by `read`. */
export interface WorkloadAccess {
  /** The object as it is now; undefined when there is none. */
  read(kind: TriggerKind, namespace: string, name: string, signal: AbortSignal): Promise<unknown>;
  /** Sends a strategic merge patch that names the `resourceVersion` that it is for. */
  patch(kind: TriggerKind, namespace: string, name: string, patch: object): Promise<PatchOutcome>;
}

export interface TriggerNote {
  readonly type: 'Normal' | 'Warning';
  readonly reason:
    'ImageTriggered' | 'TriggerInvalid' | 'TriggerForbidden' | 'TriggerFailed' | 'JobImmutable';
  readonly message: string;
}
