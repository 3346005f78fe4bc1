import { freshName } from '../load/body.ts';
import { namespace, newestDigest } from './objects.ts';

/**
 * The images of a review's containers: names that streams answer, names without a stream, digests already, or names without
 * a stream that a load generator makes new for each request.
 */
export type ImageSet = 'hit' | 'miss' | 'digest' | 'fresh';

export type ReviewKind = 'Pod' | 'Deployment' | 'CronJob';

const groups: Readonly<Record<ReviewKind, readonly [group: string, resource: string]>> = {
  Pod: ['', 'pods'],
  Deployment: ['apps', 'deployments'],
  CronJob: ['batch', 'cronjobs'],
};

/**
 * An AdmissionReview of a new object with this many containers, as an API server sends it.
 *
 * @param names what the containers' names begin with
 */
export function review(kind: ReviewKind, set: ImageSet, containers: number, names = 'part'): object {
  const pod = { metadata: templateMetadata, spec: podSpec(imagesOf(set, containers), names) };
  const [group, plural] = groups[kind];
  const resource = { group, version: 'v1', resource: plural };
  const gvk = { group, version: 'v1', kind };
  const object = {
    apiVersion: group === '' ? 'v1' : `${group}/v1`,
    kind,
    metadata: metadata(kind === 'Pod' ? pod.metadata : {}),
    spec: specOf(kind, pod),
    status: {},
  };
  return {
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
      kind: gvk,
      resource,
      requestKind: gvk,
      requestResource: resource,
      name: 'shop',
      namespace,
      operation: 'CREATE',
      userInfo: {
        username: 'system:serviceaccount:ci:deployer',
        uid: '2c1ab5f9-19a2-4fa5-a8d3-7c04f1c1d6f7',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:ci', 'system:authenticated'],
      },
      object,
      oldObject: null,
      dryRun: false,
      options: {
        kind: 'CreateOptions',
        apiVersion: 'meta.k8s.io/v1',
        fieldManager: 'kubectl-client-side-apply',
      },
    },
  };
}

function imagesOf(set: ImageSet, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => {
    switch (set) {
      case 'hit':
        return `app-${index}:2.1`;
      case 'miss':
        return `elsewhere-${index}:2.1`;
      case 'fresh':
        return `elsewhere-${freshName}-${index}:2.1`;
      case 'digest':
        return `registry.example.com/team-${index % 10}/app-${index}@${newestDigest(index, '2.1')}`;
    }
  });
}

const templateMetadata = {
  labels: { 'app.kubernetes.io/name': 'shop', 'app.kubernetes.io/part-of': 'storefront', tier: 'web' },
  annotations: { 'prometheus.io/scrape': 'true' },
};

function metadata(own: object): object {
  return {
    name: 'shop',
    namespace,
    uid: '8f6f1c33-9e56-4c9f-8a3e-0d1d8a0b6a11',
    creationTimestamp: '2026-06-01T08:00:00Z',
    ...own,
    managedFields: [
      {
        manager: 'kubectl-client-side-apply',
        operation: 'Update',
        apiVersion: 'v1',
        time: '2026-06-01T08:00:00Z',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:metadata': { 'f:labels': { '.': {}, 'f:app.kubernetes.io/name': {}, 'f:tier': {} } } },
      },
    ],
  };
}

function specOf(kind: ReviewKind, pod: { readonly spec: object }): object {
  switch (kind) {
    case 'Pod':
      return pod.spec;
    case 'Deployment':
      return deploymentSpec(pod);
    case 'CronJob':
      return { schedule: '@daily', jobTemplate: { spec: { template: pod } }, concurrencyPolicy: 'Forbid' };
  }
}

function deploymentSpec(template: object): object {
  return {
    replicas: 3,
    selector: { matchLabels: { 'app.kubernetes.io/name': 'shop' } },
    template,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
  };
}

function podSpec(images: readonly string[], names: string): object {
  return {
    volumes: [
      { name: 'config', configMap: { name: 'shop', defaultMode: 420 } },
      {
        name: 'kube-api-access-x7k2p',
        projected: {
          sources: [
            { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
            { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
          ],
          defaultMode: 420,
        },
      },
    ],
    containers: images.map((image, index) => container(image, index, names)),
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    serviceAccountName: 'shop',
    serviceAccount: 'shop',
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    schedulerName: 'default-scheduler',
    priority: 0,
    enableServiceLinks: true,
    preemptionPolicy: 'PreemptLowerPriority',
  };
}

function container(image: string, index: number, names: string): object {
  return {
    name: `${names}-${index}`,
    image,
    args: ['--config=/etc/shop/config.yaml', `--listen=:${8080 + index}`],
    ports: [{ name: 'http', containerPort: 8080 + index, protocol: 'TCP' }],
    resources: { limits: { memory: '256Mi' }, requests: { cpu: '100m', memory: '128Mi' } },
    volumeMounts: [
      { name: 'config', mountPath: '/etc/shop' },
      {
        name: 'kube-api-access-x7k2p',
        readOnly: true,
        mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
      },
    ],
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'IfNotPresent',
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  };
}
