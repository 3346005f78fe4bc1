/** Workloads for tests, as they stand on a cluster. */
export interface MadeWorkload {
  readonly namespace?: string;
  /** Container → image. */
  readonly images?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** "Deployment/web": what made it. */
  readonly owner?: string;
  readonly spec?: object;
  readonly status?: object;
  readonly deletionTimestamp?: string;
}

const groups: Readonly<Record<string, string>> = {
  Pod: 'v1',
  ReplicationController: 'v1',
  Job: 'batch/v1',
  CronJob: 'batch/v1',
  DeploymentConfig: 'apps.openshift.io/v1',
};

export function workloadObject(kind: string, name: string, made: MadeWorkload = {}): object {
  const { namespace = 'shop', images = {}, annotations, owner, spec = {}, status, deletionTimestamp } = made;
  const podSpec = {
    containers: Object.entries(images).map(([container, image]) => ({ name: container, image })),
  };
  const [ownerKind = '', ownerName] = owner?.split('/') ?? [];
  const ownerReferences = [
    { apiVersion: groups[ownerKind] ?? 'apps/v1', kind: ownerKind, name: ownerName, controller: true },
  ];
  return {
    apiVersion: groups[kind] ?? 'apps/v1',
    kind,
    metadata: {
      namespace,
      name,
      ...(annotations && { annotations }),
      ...(owner && { ownerReferences }),
      ...(deletionTimestamp && { deletionTimestamp }),
    },
    spec: { ...spec, ...specOf(kind, podSpec) },
    ...(status && { status }),
  };
}

function specOf(kind: string, podSpec: object): object {
  if (kind === 'Pod') return podSpec;
  const template = { spec: podSpec };
  return kind === 'CronJob' ? { jobTemplate: { spec: { template } } } : { template };
}
