import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
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
const deployment = readObject('manifests/base/deployment.yaml');
const mutating = readObject('manifests/base/mutatingwebhookconfiguration.yaml');
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
      expect(basename(path, '.yaml').split('-')[0]).toBe(kind);
    },
  );

  test.each(kustomizations)('%s lists what there is, and all that lies beside it', (path) => {
    const kustomization = readObject(path);
    const named = ['resources', 'components'].flatMap((key) => list(kustomization[key]).map(text));
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

describe('the rights of the webhook', () => {
  const words = (value: Value | undefined): string => list(value).map(text).join(' ');
  const rights = (path: string): Value[] =>
    list(readObject(path).rules).flatMap((rule) => {
      const { resources, verbs, resourceNames } = fields(rule);
      return list(resources).map((resource) => [text(resource), words(verbs), words(resourceNames)]);
    });

  test('in the cluster: read what decisions need, keep its own certificate authority', () => {
    expect(rights('manifests/base/clusterrole.yaml')).toEqual([
      ['imagestreams', 'list watch', ''],
      ['images', 'list watch', ''],
      ['namespaces', 'list watch', ''],
      ['mutatingwebhookconfigurations', 'get patch', 'pinstream'],
      ['validatingwebhookconfigurations', 'get patch', 'pinstream'],
    ]);
  });

  test('in its own namespace: one Secret', () => {
    expect(rights('manifests/base/role.yaml')).toEqual([
      ['secrets', 'create', ''],
      ['secrets', 'get update', 'pinstream-webhook-tls'],
    ]);
  });

  test.each(['clusterrolebinding', 'clusterrolebinding-auth-delegator', 'rolebinding'])(
    '%s binds its account',
    (name) => {
      const account = { kind: 'ServiceAccount', name: 'pinstream-webhook', namespace: 'pinstream-system' };
      expect(readObject(`manifests/base/${name}.yaml`).subjects).toEqual([account]);
    },
  );

  test('no role has a wildcard', () => {
    const roles = objects.map(readObject).filter(({ kind }) => text(kind).endsWith('Role'));
    expect(roles.length).toBeGreaterThan(4);
    expect(JSON.stringify(roles.map(({ rules }) => rules))).not.toContain('*');
  });
});

describe('the Deployment', () => {
  const spec = fields(at(deployment, 'spec.template.spec'));
  const container = fields(at(spec, 'containers.0'));

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

  test.each(['startupProbe', 'livenessProbe', 'readinessProbe'])('has a %s on the HTTPS port', (probe) => {
    const path = probe === 'readinessProbe' ? '/readyz' : '/healthz';
    expect(at(container, `${probe}.httpGet`)).toEqual({ path, port: 'https', scheme: 'HTTPS' });
  });

  test('reads the configuration that the ConfigMap holds', () => {
    const config = readObject('manifests/base/configmap.yaml');
    expect(container.args).toContain('--config=/etc/pinstream/config.yaml');
    expect(at(container, 'volumeMounts.0.mountPath')).toBe('/etc/pinstream');
    expect(at(spec, 'volumes.0.configMap.name')).toBe(at(config, 'metadata.name'));
    expect(Object.keys(fields(config.data))).toEqual(['config.yaml']);
  });

  test('is what Services, disruption budget and network policy select', () => {
    const labels = at(deployment, 'spec.template.metadata.labels');
    const selectors = [
      at(deployment, 'spec.selector.matchLabels'),
      at(readObject('manifests/base/service.yaml'), 'spec.selector'),
      at(readObject('manifests/base/service-metrics.yaml'), 'spec.selector'),
      at(readObject('manifests/base/poddisruptionbudget.yaml'), 'spec.selector.matchLabels'),
      at(readObject('manifests/base/networkpolicy.yaml'), 'spec.podSelector.matchLabels'),
    ];
    for (const selector of selectors) expect(selector).toEqual(labels);
  });
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

  test('both are asked about the same resources', () => {
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
