/** Where a kind keeps what we read: the path of the object that holds `metadata` and `spec` of its pods. */
export interface WorkloadKind {
  readonly group: string;
  readonly resource: string;
  readonly kind: string;
  /** Path of the pod template; empty for a Pod, which is its own. Absent for kinds without pods (Build). */
  readonly template?: readonly string[];
  /** Upstream refuses the kind without its template (a pointer in its Go type); the others' is a struct (vector D23). */
  readonly templateRequired?: boolean;
  /** `spec` must not change after creation: images are judged on update but never rewritten (spec 3.2). */
  readonly immutableSpec?: boolean;
  /** The kind is a Build: its images are object references in its strategy and sources (spec 3.4). */
  readonly build?: boolean;
}

const spec = ['spec', 'template'] as const;

/** Every kind whose images are known (spec openshift-admission.md 3.4; vectors of section D). */
export const workloadKinds: readonly WorkloadKind[] = [
  { group: '', resource: 'pods', kind: 'Pod', template: [] },
  {
    group: '',
    resource: 'replicationcontrollers',
    kind: 'ReplicationController',
    template: spec,
    templateRequired: true,
  },
  { group: '', resource: 'podtemplates', kind: 'PodTemplate', template: ['template'] },
  ...['apps', 'extensions'].flatMap((group) => [
    { group, resource: 'deployments', kind: 'Deployment', template: spec },
    { group, resource: 'replicasets', kind: 'ReplicaSet', template: spec },
    { group, resource: 'daemonsets', kind: 'DaemonSet', template: spec },
  ]),
  { group: 'apps', resource: 'statefulsets', kind: 'StatefulSet', template: spec },
  { group: 'batch', resource: 'jobs', kind: 'Job', template: spec, immutableSpec: true },
  {
    group: 'batch',
    resource: 'cronjobs',
    kind: 'CronJob',
    template: ['spec', 'jobTemplate', 'spec', 'template'],
  },
  {
    group: 'apps.openshift.io',
    resource: 'deploymentconfigs',
    kind: 'DeploymentConfig',
    template: spec,
    templateRequired: true,
  },
  { group: 'build.openshift.io', resource: 'builds', kind: 'Build', immutableSpec: true, build: true },
];

const byResource = new Map(workloadKinds.map((kind) => [`${kind.group}/${kind.resource}`, kind]));
const byKind = new Map(workloadKinds.map((kind) => [`${kind.group}/${kind.kind}`, kind]));

export function kindOfResource(group: string, resource: string): WorkloadKind | undefined {
  return byResource.get(`${group}/${resource}`);
}

/** For objects that come without a resource (files): by group and kind. */
export function kindNamed(group: string, kind: string): WorkloadKind | undefined {
  return byKind.get(`${group}/${kind}`);
}

/** Whether an owner of this group and kind creates its pods from a template that was resolved itself. */
export function isBuiltInOwner(group: string, kind: string): boolean {
  return byKind.has(`${group}/${kind}`);
}
