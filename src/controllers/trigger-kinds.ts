import type { View } from '../kube/client.ts';
import { kindOfResource, type WorkloadKind } from '../workload/kinds.ts';

/** A kind whose objects follow image stream tags (docs/triggers.md). */
export interface TriggerKind {
  readonly workload: WorkloadKind;
  readonly apiVersion: string;
  /** Its collection in all namespaces: "/apis/apps/v1/deployments". */
  readonly path: string;
  /** Pods are many and large: only their metadata is followed, and one is read in full before it is decided on. */
  readonly view: View;
}

/**
 * Upstream watches the first four; its documentation names the others, too (spec imagestream-system.md 4.3). A
 * DeploymentConfig is OpenShift's, whose own controller serves it.
 */
export const triggerKinds: readonly TriggerKind[] = [
  kind('apps', 'deployments'),
  kind('apps', 'statefulsets'),
  kind('apps', 'daemonsets'),
  kind('batch', 'cronjobs'),
  kind('', 'replicationcontrollers'),
  kind('batch', 'jobs'),
  kind('', 'pods', 'metadata'),
];

/** Where one object is. */
export function pathOfWorkload(
  { apiVersion, workload }: TriggerKind,
  namespace: string,
  name: string,
): string {
  const place = `namespaces/${encodeURIComponent(namespace)}/${workload.resource}/${encodeURIComponent(name)}`;
  return `${rootOf(apiVersion)}/${place}`;
}

function kind(group: string, resource: string, view: View = 'objects'): TriggerKind {
  const workload = kindOfResource(group, resource);
  if (workload === undefined) throw new Error(`${group}/${resource} is no workload`);
  const apiVersion = group === '' ? 'v1' : `${group}/v1`;
  return { workload, apiVersion, path: `${rootOf(apiVersion)}/${resource}`, view };
}

function rootOf(apiVersion: string): string {
  return apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
}
