import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { podSecretsSwitch, podSecretsSwitchedOn } from '../../src/credentials/pod-secrets-switch.ts';
import { at, fields, list, readObject, text, type Value } from './files.ts';

const folder = 'manifests/components/pull-secrets';
const role = readObject(`${folder}/clusterrole.yaml`);

describe('components/pull-secrets', () => {
  test('gives the webhook the right to read Secrets and service accounts by name, and no other', () => {
    expect(role.rules).toEqual([
      { apiGroups: [''], resources: ['secrets'], verbs: ['get'] },
      { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['get'] },
    ]);
    expect(readObject(`${folder}/clusterrolebinding.yaml`)).toMatchObject({
      roleRef: { kind: 'ClusterRole', name: at(role, 'metadata.name') },
      subjects: [{ kind: 'ServiceAccount', name: 'pinstream-webhook', namespace: 'pinstream-system' }],
    });
  });

  test('switches it on in the container of the webhook, where it is off', () => {
    const env = (deployment: Value | undefined) =>
      Object.fromEntries(
        list(at(deployment, 'spec.template.spec.containers.0.env')).map((entry) => [
          text(fields(entry).name),
          text(fields(entry).value),
        ]),
      );
    const base = readObject('manifests/base/deployment.yaml');
    const patch = parse(text(at(readObject(`${folder}/kustomization.yaml`), 'patches.0.patch'))) as Value;
    for (const path of [
      'kind',
      'metadata.name',
      'metadata.namespace',
      'spec.template.spec.containers.0.name',
    ])
      expect(at(patch, path)).toBe(at(base, path));
    expect(env(base)).not.toHaveProperty(podSecretsSwitch);
    expect(podSecretsSwitchedOn(env(patch))).toBe(true);
  });

  test('is in no overlay', () => {
    for (const overlay of ['fail-closed', 'openshift', 'rules'])
      expect(JSON.stringify(readObject(`manifests/overlays/${overlay}/kustomization.yaml`))).not.toContain(
        'pull-secrets',
      );
  });
});
