import { asList, asText, findObject, stringAt } from '../json/untyped.ts';
import type { WorkloadKind } from './kinds.ts';

/** What the pods of an object pull with. */
export interface PodSecrets {
  /** `default` where the pod names none. */
  readonly serviceAccount: string;
  /** `imagePullSecrets`, in their order. */
  readonly names: readonly string[];
}

/** The service account and the pull secrets of an object's pod spec; the defaults where there is none. */
export function podSecretsOf({ template = [] }: WorkloadKind, object: unknown): PodSecrets {
  const podSpec = findObject(object, [...template, 'spec']);
  const serviceAccount = asText(podSpec?.serviceAccountName);
  const names = asList(podSpec?.imagePullSecrets).flatMap((entry) => stringAt(entry, 'name') ?? []);
  return { serviceAccount: serviceAccount === '' ? 'default' : serviceAccount, names };
}
