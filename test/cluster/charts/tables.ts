import type { Value } from '../../manifests/files.ts';
import type { Values } from './helm.ts';
import { monitoring } from './value-sets.ts';

const webhook = 'Deployment pinstream-system/pinstream-webhook';
const controller = 'Deployment pinstream-system/pinstream-controller';
const pod = 'spec.template.spec';
const mutating = 'MutatingWebhookConfiguration pinstream';
const crd = 'CustomResourceDefinition imagestreams.image.openshift.io';
const quota = 'ResourceQuota pinstream-system/pinstream-critical-pods';
const spread = {
  maxSkew: 2,
  topologyKey: 'rack',
  whenUnsatisfiable: 'DoNotSchedule',
  labelSelector: { matchLabels: { app: 'any' } },
};
const search = { containerRuntimeSearchRegistries: ['quay.io'] };
const digest = `sha256:${'1f'.repeat(32)}`;

/** What one value changes, where golden output does not show it: values, object, path in it (empty: whether it is there), what is there. */
export const effects: readonly (readonly [
  title: string,
  values: Values,
  object: string,
  path: string,
  expected: Value,
])[] = [
  [
    'a tag is the tag',
    { image: { tag: '9.9' } },
    webhook,
    `${pod}.containers.0.image`,
    'ghcr.io/pinstream/pinstream:9.9',
  ],
  [
    'a digest goes before a tag',
    { image: { tag: '9.9', digest } },
    controller,
    `${pod}.containers.0.image`,
    `ghcr.io/pinstream/pinstream@${digest}`,
  ],
  [
    'kinds stay when the release goes',
    {},
    crd,
    'metadata.annotations',
    { 'helm.sh/resource-policy': 'keep' },
  ],
  ['kinds go with the release, if told', { crds: { keep: false } }, crd, 'metadata.annotations', null],
  ['kinds are left to others, if told', { crds: { install: false } }, crd, '', 'absent'],
  [
    'the configuration of the values is not lost to the caches',
    {
      registryCache: { enabled: true },
      configuration: { localRegistry: [{ source: 'quay.io', target: 'cache.example' }] },
    },
    'ConfigMap pinstream-system/pinstream-config',
    'data',
    {
      'config.yaml': [
        'apiVersion: pinstream.dev/v1',
        'kind: Configuration',
        'localRegistry:',
        '- source: quay.io',
        '  target: cache.example',
        '',
      ].join('\n'),
    },
  ],
  [
    'what is empty or off in the configuration is said all the same',
    {
      configuration: { imagePolicy: {}, lookup: { ownedPods: false }, localRegistry: [] },
      registryCache: { enabled: true },
    },
    'ConfigMap pinstream-system/pinstream-config',
    'data',
    {
      'config.yaml': [
        'apiVersion: pinstream.dev/v1',
        'kind: Configuration',
        'imagePolicy: {}',
        'localRegistry: []',
        'lookup:',
        '  ownedPods: false',
        '',
      ].join('\n'),
    },
  ],
  [
    'a constraint keeps its own selector',
    { webhook: { topologySpreadConstraints: [spread] } },
    webhook,
    `${pod}.topologySpreadConstraints`,
    [spread],
  ],
  [
    'Pods of controllers are always asked about where they are resolved',
    { configuration: { lookup: { ownedPods: true } } },
    mutating,
    'webhooks.0.matchConditions.2.name',
    'template-without-owner-or-unpinned',
  ],
  [
    'an authority that is provided is trusted',
    { certificates: { mode: 'provided', provided: { secretName: 'tls', caBundle: 'Q0E=' } } },
    mutating,
    'webhooks.0.clientConfig.caBundle',
    'Q0E=',
  ],
  [
    'a certificate that is provided needs no rights',
    { certificates: { mode: 'provided', provided: { secretName: 'tls' } } },
    'Role pinstream-system/pinstream-webhook',
    '',
    'absent',
  ],
  ['the authority is left to the webhook', {}, mutating, 'webhooks.0.clientConfig.caBundle', null],
  [
    'the importer may be bound nowhere',
    { controller: { pullSecrets: { clusterWide: false } } },
    'ClusterRoleBinding pinstream-pull-secrets',
    '',
    'absent',
  ],
  ['no quota for a class of no rank', { webhook: { priorityClassName: 'mine' } }, quota, '', 'absent'],
  ['a quota can be left out', { resourceQuota: { enabled: false } }, quota, '', 'absent'],
  [
    'the quota is for the class of the Pods',
    { webhook: { priorityClassName: 'system-node-critical' } },
    quota,
    'spec.scopeSelector.matchExpressions.0.values',
    ['system-node-critical'],
  ],
  [
    'importing can be left out',
    { controller: { import: false } },
    controller,
    `${pod}.containers.0.args.4`,
    '--no-import',
  ],
  [
    'no alert misses controllers that do not run',
    { ...monitoring, controller: { enabled: false } },
    'PrometheusRule pinstream-system/pinstream',
    'spec.groups.1.name',
    'pinstream-process',
  ],
  [
    'nobody may scrape',
    { networkPolicy: { metricsFrom: [] } },
    'NetworkPolicy pinstream-system/pinstream-controller',
    'spec.ingress',
    null,
  ],
];

/** Values that are refused, and what the message has to name. */
export const refusals: readonly (readonly [title: string, values: Values, message: RegExp])[] = [
  ['an unknown value', { replicas: 3 }, /'replicas' not allowed/],
  ['an unknown value further in', { webhook: { replicaCount: 3 } }, /\/webhook.*'replicaCount' not allowed/],
  ['a number as text', { webhook: { replicas: '3' } }, /\/webhook\/replicas.*integer/],
  ['no replica', { webhook: { replicas: 0 } }, /\/webhook\/replicas/],
  ['a policy that there is not', { webhook: { failurePolicy: 'Open' } }, /\/webhook\/failurePolicy/],
  ['a policy of rules that there is not', { rules: { failurePolicy: 'fail' } }, /\/rules\/failurePolicy/],
  ['more time than the API server takes', { webhook: { timeoutSeconds: 31 } }, /\/webhook\/timeoutSeconds/],
  ['a digest that is none', { image: { digest: 'sha256:1f' } }, /\/image\/digest/],
  ['a tag that is none', { image: { tag: 'a b' } }, /\/image\/tag/],
  ['a level that there is not', { controller: { logLevel: 'trace' } }, /\/controller\/logLevel/],
  ['a port beyond the last', { webhook: { port: 65_536 } }, /\/webhook\/port/],
  ['an argument that is no flag', { webhook: { extraArgs: ['serve'] } }, /\/webhook\/extraArgs\/0/],
  ['a pull secret without its name', { imagePullSecrets: ['mirror'] }, /\/imagePullSecrets\/0/],
  ['a label that is no text', { commonLabels: { team: 7 } }, /\/commonLabels\/team/],
  [
    'a selector of an unknown form',
    { webhook: { namespaceSelector: { team: 'a' } } },
    /\/webhook\/namespaceSelector/,
  ],
  [
    'a budget that is no number',
    { webhook: { podDisruptionBudget: { minAvailable: 'one' } } },
    /\/minAvailable/,
  ],
  ['certificates of nobody', { certificates: { mode: 'none' } }, /\/certificates\/mode/],
  [
    'a duration that cert-manager does not read',
    { certificates: { certManager: { duration: '90d' } } },
    /\/certificates\/certManager\/duration/,
  ],
  [
    'an authority that is no certificate',
    { registryAuthorities: { certificates: { 'registry.example': 'MIIB' } } },
    /\/registryAuthorities\/certificates/,
  ],
  ['a configuration of another kind', { configuration: { kind: 'Settings' } }, /\/configuration\/kind/],
  [
    'a cache without its port',
    { registryCache: { upstreams: [{ name: 'a', source: 'a.example', url: 'https://a.example' }] } },
    /\/registryCache\/upstreams\/0.*nodePort/,
  ],
  [
    'a provided certificate without its Secret',
    { certificates: { mode: 'provided' } },
    /name the Secret with the certificate in certificates\.provided\.secretName/,
  ],
  [
    'bounds of the autoscaler that cross',
    { webhook: { autoscaling: { enabled: true, minReplicas: 9 } } },
    /minReplicas 9 is more than maxReplicas 6/,
  ],
  [
    'two ports in one',
    { webhook: { metricsPort: 8443 } },
    /webhook\.port and webhook\.metricsPort are both 8443/,
  ],
];

/** What the notes after an installation warn of, by a piece of each warning. */
export const notes: readonly (readonly [title: string, values: Values, warnings: readonly string[]])[] = [
  ['nothing by default', {}, []],
  [
    'one replica that fails closed',
    { webhook: { replicas: 1, failurePolicy: 'Fail', podDisruptionBudget: { enabled: false } } },
    ['one replica, failing closed'],
  ],
  [
    'one replica on which rules depend',
    { webhook: { replicas: 1, podDisruptionBudget: { enabled: false } }, rules: { enabled: true } },
    ['one replica, failing closed'],
  ],
  [
    'an autoscaler that may go down to one',
    { webhook: { failurePolicy: 'Fail', autoscaling: { enabled: true, minReplicas: 1 } } },
    ['one replica, failing closed', 'one replica with a disruption budget'],
  ],
  ['a node that cannot be drained', { webhook: { replicas: 1 } }, ['one replica with a disruption budget']],
  [
    'rules that nobody judges by',
    { configuration: { registrySources: { blockedRegistries: ['docker.io'] } } },
    ['rules.enabled is false'],
  ],
  ['no rules: where short names are looked for', { configuration: { registrySources: search } }, []],
  ['the network of nodes', { webhook: { hostNetwork: true } }, ['webhook.hostNetwork']],
  ['streams that would go', { crds: { keep: false } }, ['deletes every stream']],
  ['streams that nobody imports', { controller: { enabled: false } }, ['nothing imports images']],
];
