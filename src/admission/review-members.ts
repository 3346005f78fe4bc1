import type { Wanted } from '../json/prune.ts';

const name: Wanted = { members: { name: 'all', image: 'all' } };
const podSpec = {
  initContainers: { entries: name },
  containers: { entries: name },
  ephemeralContainers: { entries: name },
  volumes: { entries: name },
  serviceAccountName: 'all',
  imagePullSecrets: 'all',
} as const satisfies Readonly<Record<string, Wanted>>;
const metadata: Wanted = { members: { annotations: 'all', ownerReferences: 'all' } };
const template: Wanted = { members: { metadata, spec: { members: podSpec } } };
/** Of any kind: a Pod is its own template, and a build names its images in its source and its strategy. */
const workload: Wanted = {
  members: {
    metadata,
    template,
    spec: {
      members: {
        ...podSpec,
        template,
        jobTemplate: { members: { spec: { members: { template } } } },
        source: 'all',
        strategy: 'all',
      },
    },
  },
};

/** All that the decision on a workload reads of an AdmissionReview: a sixth of it. What reads more of an object adds it here. */
export const workloadReview: Wanted = {
  members: {
    apiVersion: 'all',
    kind: 'all',
    request: {
      members: {
        uid: 'all',
        operation: 'all',
        resource: 'all',
        subResource: 'all',
        kind: 'all',
        namespace: 'all',
        name: 'all',
        options: { members: { fieldManager: 'all' } },
        object: workload,
        oldObject: workload,
      },
    },
  },
};
