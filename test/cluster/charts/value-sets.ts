import type { Values } from './helm.ts';

const digest = `sha256:${'1f'.repeat(32)}`;

/** Values whose rendering is kept in golden/, to be read when it changes. The kinds are compared with manifests/crd elsewhere. */
export const goldens: Readonly<Record<string, Values>> = {
  default: { crds: { install: false } },
  production: {
    crds: { install: false },
    image: { repository: 'mirror.example/pinstream', digest },
    imagePullSecrets: [{ name: 'mirror' }],
    commonLabels: { team: 'images' },
    commonAnnotations: { 'example.com/contact': 'images@example.com' },
    configuration: { registrySources: { allowedRegistries: ['quay.io'] }, lookup: { ownedPods: true } },
    registryAuthorities: {
      certificates: {
        'registry.example..5000': '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
      },
    },
    webhook: {
      failurePolicy: 'Fail',
      timeoutSeconds: 10,
      autoscaling: {
        enabled: true,
        minReplicas: 3,
        behavior: { scaleDown: { stabilizationWindowSeconds: 600 } },
      },
      podDisruptionBudget: { maxUnavailable: '34%' },
      namespaceSelector: {
        matchLabels: { images: 'pinned' },
        matchExpressions: [{ key: 'sandbox', operator: 'DoesNotExist' }],
      },
      objectSelector: { matchExpressions: [{ key: 'not-pinned', operator: 'DoesNotExist' }] },
      matchConditions: [{ name: 'not-gitops', expression: "request.userInfo.username != 'gitops'" }],
      annotations: { 'admissions.enforcer/disabled': 'true' },
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' },
      ],
      nodeSelector: { 'node-role.kubernetes.io/infra': '' },
      tolerations: [{ key: 'infra', operator: 'Exists' }],
      affinity: { nodeAffinity: {} },
      logLevel: 'debug',
      extraArgs: ['--host=::'],
      extraEnv: [{ name: 'HTTPS_PROXY', value: 'http://proxy.example:3128' }],
      extraVolumes: [{ name: 'ca', configMap: { name: 'company-ca' } }],
      extraVolumeMounts: [{ name: 'ca', mountPath: '/etc/ca', readOnly: true }],
      hostNetwork: true,
      port: 10443,
      metricsPort: 10090,
      clientCA: { secretName: 'api-server-client-ca' },
      podPullSecrets: { enabled: true, clusterWide: false, namespaces: ['team-a', 'team-b'] },
      podLabels: { mesh: 'off' },
      podAnnotations: { 'sidecar.istio.io/inject': 'false' },
      serviceAccount: {
        annotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::111122223333:role/pull' },
      },
      service: { annotations: { note: 'for the API server' } },
    },
    rules: { enabled: true },
    controller: { replicas: 3, triggers: false, pullSecrets: { clusterWide: false, namespaces: ['team-a'] } },
    certificates: {
      mode: 'cert-manager',
      certManager: {
        issuerRef: { name: 'company', kind: 'ClusterIssuer' },
        duration: '2160h',
        renewBefore: '720h',
      },
    },
    networkPolicy: {
      metricsFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
    },
    metrics: {
      serviceMonitor: {
        enabled: true,
        interval: '30s',
        scrapeTimeout: '10s',
        labels: { release: 'prometheus' },
        relabelings: [{ action: 'labeldrop', regex: 'pod' }],
        metricRelabelings: [{ action: 'labeldrop', regex: 'instance' }],
      },
    },
    resourceQuota: { pods: 40 },
  },
  openshift: {
    openshift: true,
    rules: { enabled: true },
    certificates: { mode: 'provided', provided: { secretName: 'pinstream-serving' } },
    webhook: {
      annotations: { 'service.beta.openshift.io/inject-cabundle': 'true' },
      service: { annotations: { 'service.beta.openshift.io/serving-cert-secret-name': 'pinstream-serving' } },
    },
  },
  small: {
    crds: { install: false },
    roles: { create: false },
    controller: { enabled: false },
    webhook: { replicas: 1, priorityClassName: '', podDisruptionBudget: { enabled: false } },
    networkPolicy: { enabled: false },
  },
};

export const monitoring: Values = {
  metrics: {
    serviceMonitor: { enabled: true },
    prometheusRule: { enabled: true, labels: { release: 'prometheus' } },
    dashboard: { enabled: true, annotations: { grafana_folder: 'Pinstream' } },
  },
};
