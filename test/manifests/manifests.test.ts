import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import {
  at,
  fields,
  list,
  readObject,
  readObjects,
  text,
  yamlFiles,
  type Fields,
  type Value,
} from './files.ts';

const files = yamlFiles('manifests');
const kustomizations = files.filter((path) => basename(path) === 'kustomization.yaml');
const objects = files.filter((path) => !kustomizations.includes(path));
/** What belongs to one of the two programs. */
const ours = (program: Program, name: string): Fields =>
  readObject(`manifests/base/${program === 'webhook' ? '' : `${program}-`}${name}.yaml`);
type Program = 'webhook' | 'controller';
const mutating = readObject('manifests/base/mutatingwebhookconfiguration.yaml');
const ofStreams = readObject('manifests/base/validatingwebhookconfiguration.yaml');
const validating = readObject('manifests/components/rules/validatingwebhookconfiguration.yaml');

describe('the files', () => {
  test.each(objects)('%s is one object, named and of a version', (path) => {
    const object = readObject(path);
    expect(object).toMatchObject({ apiVersion: expect.any(String), kind: expect.any(String) });
    expect(at(object, 'metadata.name')).toEqual(expect.any(String));
  });

  test.each(objects.filter((path) => !path.startsWith('manifests/crd/')))(
    '%s is named by its kind',
    (path) => {
      const kind = text(readObject(path).kind).toLowerCase();
      expect(
        basename(path, '.yaml')
          .replace(/^controller-/, '')
          .split('-')[0],
      ).toBe(kind);
    },
  );

  test('what is only for the importer says so: the overlay for OpenShift leaves that out', () => {
    const labelled = objects.filter(
      (path) =>
        fields(at(readObject(path), 'metadata.labels'))['app.kubernetes.io/component'] === 'controller',
    );
    expect(labelled).toEqual(objects.filter((path) => basename(path).startsWith('controller-')));
    const [patch] = list(readObject('manifests/overlays/openshift/kustomization.yaml').patches).map(fields);
    expect(patch).toMatchObject({
      target: { labelSelector: 'app.kubernetes.io/component=controller' },
      patch: expect.stringMatching(/^\$patch: delete\n/),
    });
  });

  test.each(kustomizations)('%s lists what there is, and all that lies beside it', (path) => {
    const kustomization = readObject(path);
    const patches = list(kustomization.patches).flatMap((patch) => fields(patch).path ?? []);
    const resources = ['resources', 'components'].flatMap((key) => list(kustomization[key]));
    const named = [...resources, ...patches].map(text);
    const beside = objects
      .filter((object) => dirname(object) === dirname(path))
      .map((object) => basename(object));
    expect(named.filter((name) => name.endsWith('.yaml')).sort()).toEqual(beside);
    for (const name of named.filter((entry) => !entry.endsWith('.yaml'))) {
      expect(kustomizations).toContain(join(dirname(path), name, 'kustomization.yaml'));
    }
  });

  test('every namespaced object of ours is in our namespace', () => {
    const places = objects.map((path) => at(readObject(path), 'metadata.namespace') ?? 'pinstream-system');
    expect(new Set(places)).toEqual(new Set(['pinstream-system']));
  });
});

describe('the rights', () => {
  const words = (value: Value | undefined): string => list(value).map(text).join(' ');
  const rights = (role: Fields): Value[] =>
    list(role.rules).flatMap((rule) => {
      const { resources, verbs, resourceNames } = fields(rule);
      return list(resources).map((resource) => [text(resource), words(verbs), words(resourceNames)]);
    });

  test.each<[string, Program, string, string[][]]>([
    [
      'the webhook in the cluster: read what decisions need, keep its own certificate authority',
      'webhook',
      'clusterrole',
      [
        ['imagestreams', 'list watch', ''],
        ['images', 'list watch', ''],
        ['namespaces', 'list watch', ''],
        ['images', 'list watch', ''],
        ['imagedigestmirrorsets', 'list watch', ''],
        ['imagetagmirrorsets', 'list watch', ''],
        ['mutatingwebhookconfigurations', 'get watch patch', 'pinstream'],
        ['validatingwebhookconfigurations', 'get watch patch', 'pinstream'],
      ],
    ],
    [
      'the webhook in its own namespace: one Secret',
      'webhook',
      'role',
      [
        ['secrets', 'create', ''],
        ['secrets', 'get watch update', 'pinstream-webhook-tls'],
      ],
    ],
    [
      'people, in our namespace: the configuration that decisions are made by, and nothing else',
      'webhook',
      'role-configuration-reader',
      [['configmaps', 'get', 'pinstream-config']],
    ],
    [
      'the controllers in the cluster: write the status of streams, never streams; keep Images; roll workloads',
      'controller',
      'clusterrole',
      [
        ['imagestreams', 'get list watch', ''],
        ['imagestreams/status', 'update', ''],
        ['images', 'list create delete', ''],
        ['events', 'create patch', ''],
        ...['deployments', 'statefulsets', 'daemonsets', 'cronjobs'].map((resource) => [
          resource,
          'get list watch patch',
          '',
        ]),
        ['jobs', 'list watch', ''],
        ['replicationcontrollers', 'get list watch patch', ''],
        ['pods', 'get list watch patch', ''],
        ['images', 'list watch', ''],
        ['imagedigestmirrorsets', 'list watch', ''],
        ['imagetagmirrorsets', 'list watch', ''],
        ['subjectaccessreviews', 'create', ''],
      ],
    ],
    [
      'the importer in namespaces of streams, where it is bound',
      'controller',
      'clusterrole-pull-secrets',
      [
        ['secrets', 'get list', ''],
        ['serviceaccounts', 'get', ''],
      ],
    ],
    [
      'the importer in its own namespace: one Lease',
      'controller',
      'role',
      [
        ['leases', 'create', ''],
        ['leases', 'get update', 'pinstream-controller'],
      ],
    ],
  ])('%s', (_what, program, name, expected) => expect(rights(ours(program, name))).toEqual(expected));

  test.each<[string, Program, string]>([
    ['clusterrolebinding', 'webhook', 'pinstream-webhook'],
    ['clusterrolebinding-auth-delegator', 'webhook', 'system:auth-delegator'],
    ['rolebinding', 'webhook', 'pinstream-webhook'],
    ['clusterrolebinding', 'controller', 'pinstream-controller'],
    ['clusterrolebinding-pull-secrets', 'controller', 'pinstream-pull-secrets'],
    ['rolebinding', 'controller', 'pinstream-controller'],
  ])('%s of the %s binds its account to %s', (name, program, role) => {
    const binding = ours(program, name);
    expect(at(binding, 'roleRef.name')).toBe(role);
    expect(binding.subjects).toEqual([
      { kind: 'ServiceAccount', name: `pinstream-${program}`, namespace: 'pinstream-system' },
    ]);
  });

  test('the configuration is read by everybody who is logged in', () => {
    const binding = ours('webhook', 'rolebinding-configuration-reader');
    expect(at(binding, 'roleRef.name')).toBe(
      at(ours('webhook', 'role-configuration-reader'), 'metadata.name'),
    );
    expect(binding.subjects).toEqual([
      { apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:authenticated' },
    ]);
    expect(at(ours('webhook', 'configmap'), 'metadata.name')).toBe('pinstream-config');
  });

  test('with cert-manager the rule for webhook configurations goes, by its place in the role', () => {
    const patches = list(readObject('manifests/components/cert-manager/kustomization.yaml').patches);
    const ofTheRole = patches.map(fields).find(({ target }) => fields(target).kind === 'ClusterRole');
    const operations = list(parse(text(ofTheRole?.patch)) as Value);
    expect(operations).toEqual([
      { op: 'test', path: expect.any(String), value: 'admissionregistration.k8s.io' },
      { op: 'remove', path: expect.any(String) },
    ]);
    const [tested, removed] = operations.map((operation) =>
      text(fields(operation).path).slice(1).replaceAll('/', '.'),
    );
    const role = ours('webhook', 'clusterrole');
    expect(at(role, tested ?? '')).toBe('admissionregistration.k8s.io');
    expect(at(role, `${removed}.apiGroups`)).toEqual(['admissionregistration.k8s.io']);
  });

  test('no role has a wildcard', () => {
    const roles = objects.map(readObject).filter(({ kind }) => text(kind).endsWith('Role'));
    expect(roles.length).toBeGreaterThan(4);
    expect(JSON.stringify(roles.map(({ rules }) => rules))).not.toContain('*');
  });
});

describe.each<Program>(['webhook', 'controller'])('the Deployment of the %s', (program) => {
  const deployment = ours(program, 'deployment');
  const spec = fields(at(deployment, 'spec.template.spec'));
  const container = fields(at(spec, 'containers.0'));

  test('runs its program as its own account, which gives tokens to no other Pod', () => {
    expect(list(container.args)[0]).toBe(program);
    expect(spec).toMatchObject({
      serviceAccountName: `pinstream-${program}`,
      automountServiceAccountToken: true,
    });
    expect(ours(program, 'serviceaccount')).toMatchObject({
      metadata: { name: spec.serviceAccountName },
      automountServiceAccountToken: false,
    });
  });

  test('meets the restricted pod security profile, with a read-only root file system', () => {
    expect(spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(Object.keys(spec)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^host/)]));
  });

  test('runs two replicas that replace each other without a gap', () => {
    expect(deployment.spec).toMatchObject({
      replicas: 2,
      strategy: { rollingUpdate: { maxUnavailable: 0 } },
    });
  });

  test.each(['startupProbe', 'livenessProbe', 'readinessProbe'])(
    'has a %s on a port that it has',
    (probe) => {
      const path = probe === 'readinessProbe' ? '/readyz' : '/healthz';
      const port = program === 'webhook' ? { port: 'https', scheme: 'HTTPS' } : { port: 'metrics' };
      expect(at(container, `${probe}.httpGet`)).toEqual({ path, ...port });
      expect(list(container.ports).map((each) => fields(each).name)).toContain(port.port);
    },
  );

  test('reads the configuration that the ConfigMap holds', () => {
    const config = readObject('manifests/base/configmap.yaml');
    expect(container.args).toContain('--config=/etc/pinstream/config.yaml');
    expect(at(container, 'volumeMounts.0.mountPath')).toBe('/etc/pinstream');
    expect(at(spec, 'volumes.0.configMap.name')).toBe(at(config, 'metadata.name'));
    expect(Object.keys(fields(config.data))).toEqual(['config.yaml']);
  });

  test('is what Services, disruption budget and network policy select', () => {
    const labels = at(deployment, 'spec.template.metadata.labels');
    const services = program === 'webhook' ? ['service', 'service-metrics'] : ['service-metrics'];
    const selectors = [
      at(deployment, 'spec.selector.matchLabels'),
      ...services.map((name) => at(ours(program, name), 'spec.selector')),
      at(ours(program, 'poddisruptionbudget'), 'spec.selector.matchLabels'),
      at(ours(program, 'networkpolicy'), 'spec.podSelector.matchLabels'),
      ...[0, 1].map((index) => at(spec, `topologySpreadConstraints.${index}.labelSelector.matchLabels`)),
    ];
    for (const selector of selectors) expect(selector).toEqual(labels);
  });
});

test('the importer starts without credentials and authorities of registries, and finds them where it looks', () => {
  const spec = at(ours('controller', 'deployment'), 'spec.template.spec');
  const folders = list(at(spec, 'containers.0.volumeMounts')).map(fields);
  const folderOf = (name: string): string => text(folders.find((folder) => folder.name === name)?.mountPath);
  expect(at(spec, 'containers.0.env')).toEqual([
    { name: 'DOCKER_CONFIG', value: folderOf('registry-credentials') },
  ]);
  expect(at(spec, 'containers.0.args')).toContain(`--registry-certs=${folderOf('registry-certs')}`);
  expect(list(at(spec, 'volumes')).slice(1)).toEqual([
    {
      name: 'registry-credentials',
      secret: {
        secretName: 'pinstream-registry-credentials',
        optional: true,
        items: [{ key: '.dockerconfigjson', path: 'config.json' }],
      },
    },
    { name: 'registry-certs', configMap: { name: 'pinstream-registry-certs', optional: true } },
  ]);
});

describe('the webhook configurations', () => {
  const webhook = (configuration: Fields): Fields => fields(at(configuration, 'webhooks.0'));
  const service = { name: 'pinstream-webhook', namespace: 'pinstream-system', port: 443 };
  const common = {
    admissionReviewVersions: ['v1'],
    matchPolicy: 'Equivalent',
    sideEffects: 'None',
    timeoutSeconds: 5,
  };
  const conditions = (configuration: Fields): readonly Value[] =>
    list(webhook(configuration).matchConditions);

  test('mutating: fails open, is called again after others, leaves systems and switched-off namespaces alone', () => {
    expect(webhook(mutating)).toMatchObject({
      name: 'mutate.pinstream.dev',
      clientConfig: { service: { ...service, path: '/mutate' } },
      ...common,
      failurePolicy: 'Ignore',
      reinvocationPolicy: 'IfNeeded',
      namespaceSelector: {
        matchExpressions: [
          {
            key: 'kubernetes.io/metadata.name',
            operator: 'NotIn',
            values: ['kube-system', 'kube-node-lease', 'pinstream-system'],
          },
          { key: 'pinstream.dev/image-lookup', operator: 'NotIn', values: ['disabled'] },
        ],
      },
    });
  });

  test('validating: fails closed, and judges switched-off namespaces and pinned objects too', () => {
    expect(webhook(validating)).toMatchObject({
      name: 'validate.pinstream.dev',
      clientConfig: { service: { ...service, path: '/validate' } },
      ...common,
      failurePolicy: 'Fail',
      namespaceSelector: { matchExpressions: [{ key: 'kubernetes.io/metadata.name' }] },
    });
    expect(conditions(validating)).toEqual(conditions(mutating).slice(0, 2));
  });

  test('of image streams: fails closed, in every namespace, about the streams themselves', () => {
    expect(webhook(ofStreams)).toEqual({
      name: 'imagestreams.pinstream.dev',
      clientConfig: { service: { ...service, path: '/validate' } },
      ...common,
      failurePolicy: 'Fail',
      rules: [
        {
          apiGroups: ['image.openshift.io'],
          apiVersions: ['v1'],
          resources: ['imagestreams'],
          operations: ['CREATE', 'UPDATE'],
          scope: 'Namespaced',
        },
      ],
      matchConditions: [{ name: 'spec-or-insecurity-changed', expression: expect.any(String) }],
    });
  });

  test('both validating ones are in one object: the rules component patches it, the overlay for OpenShift takes ours out', () => {
    const name = at(ofStreams, 'metadata.name');
    expect(at(validating, 'metadata.name')).toBe(name);
    expect(readObject('manifests/components/rules/kustomization.yaml').patches).toEqual([
      { path: 'validatingwebhookconfiguration.yaml' },
    ]);
    const patches = list(readObject('manifests/overlays/openshift/kustomization.yaml').patches);
    expect(patches.map((patch) => parse(text(fields(patch).patch)) as unknown)).toContainEqual({
      apiVersion: ofStreams.apiVersion,
      kind: ofStreams.kind,
      metadata: { name },
      webhooks: [{ $patch: 'delete', name: 'imagestreams.pinstream.dev' }],
    });
  });

  test('both that judge workloads are asked about the same resources', () => {
    expect(webhook(validating).rules).toEqual(webhook(mutating).rules);
    expect(list(webhook(mutating).rules).flatMap((rule) => list(fields(rule).resources))).toEqual([
      'pods',
      'replicationcontrollers',
      'pods/ephemeralcontainers',
      'deployments',
      'replicasets',
      'statefulsets',
      'daemonsets',
      'jobs',
      'cronjobs',
      'deploymentconfigs',
      'builds',
    ]);
  });
});

test('the configuration in the ConfigMap sets nothing', () => {
  const [configuration] = readObjects('manifests/base/configmap.yaml').map(({ data }) =>
    text(fields(data)['config.yaml']),
  );
  const settings = configuration?.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(settings).toEqual(['apiVersion: pinstream.dev/v1', 'kind: Configuration']);
});
