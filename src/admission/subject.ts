import type { ResourcePolicy } from '../policy/resource-policy.ts';
import type { WorkloadKind } from '../workload/kinds.ts';
import type { NamespaceFacts } from './namespace.ts';
import type { AdmissionRequest, Phase } from './request.ts';
import type { Part } from './scope.ts';
import type { AdmissionContext } from './settings.ts';

/** An object that is judged, and what it is judged by. */
export interface Subject {
  readonly request: AdmissionRequest;
  readonly phase: Phase;
  readonly context: AdmissionContext;
  readonly namespace: NamespaceFacts | undefined;
  readonly workload: WorkloadKind;
  readonly policy: ResourcePolicy;
  readonly part: Part;
}
