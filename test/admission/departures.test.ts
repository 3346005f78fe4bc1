import { describe, expect, test } from '@jest/globals';
import { decide } from '../../src/admission/decide.ts';
import { parseConfiguration } from '../../src/config/parse.ts';
import { admissionSettings } from '../../src/config/settings.ts';
import { ObjectIndex } from '../../src/store/object-index.ts';
import { digest, openStream, pinned } from '../support/objects.ts';

const internal = 'registry.internal.example:5000';
const noIntegrated = `
internalRegistryHostname: ${internal}
imagePolicy: {executionRules: [{name: no-integrated, reject: true, matchIntegratedRegistry: true}]}
`;

const podSpec = (image: string) => ({ containers: [{ name: 'c', image }] });
const pod = (image: string) => ({ kind: 'Pod', metadata: { name: 'x' }, spec: podSpec(image) });
const deploymentConfig = (image: string) => ({
  kind: 'DeploymentConfig',
  metadata: { name: 'x' },
  spec: { template: { spec: podSpec(image) } },
});

const pods = { group: '', resource: 'pods' };
const deploymentConfigs = { group: 'apps.openshift.io', resource: 'deploymentconfigs' };

/** Decides the creation of an object in a cluster that has the stream `app:v1` there, and no Image objects. */
function create(object: { kind: string }, resource: typeof pods, namespace: string, configuration = '') {
  const index = new ObjectIndex();
  index.put('ImageStream', openStream(namespace, 'app', ['v1']));
  const settings = admissionSettings(parseConfiguration(configuration, 'test'));
  const request = {
    operation: 'CREATE',
    resource,
    subResource: '',
    kind: object.kind,
    namespace,
    name: 'x',
    object,
  };
  return decide(request, 'mutate', { images: index, namespaces: index, settings });
}

describe('departures from upstream that no vector here shows', () => {
  test('B14: a missing Image object blocks resolution there; the digest of the tag event is enough here', () => {
    const [decision] = create(pod('app:v1'), pods, 'shop').images;
    expect(decision?.resolution).toMatchObject({ outcome: 'rewritten', to: pinned('app', '1') });
  });

  test.each([
    ['a Pod, which upstream exempts, too', pod('app:v1'), pods],
    ['F12: a DeploymentConfig, which upstream resolves', deploymentConfig('app:v1'), deploymentConfigs],
  ])('in an exempt namespace every kind is exempt: %s', (_title, object, resource) => {
    const { images, patch } = create(object, resource, 'default');
    expect(images.map(({ resolution }) => resolution.reason)).toEqual(['ExemptNamespace']);
    expect(patch).toEqual([]);
  });

  test.each([
    ['a digest that upstream judges differently within a minute', `${internal}/shop/app@${digest('1')}`],
    ['a tag that does not resolve, which upstream lets pass', `${internal}/shop/app:none`],
  ])('the internal registry is known by its host, each time: %s', (_title, image) => {
    const answers = [1, 2].map(
      () => create(pod(image), pods, 'shop', noIntegrated).images[0]?.resolution.reason,
    );
    expect(answers).toEqual(['ExecutionRule', 'ExecutionRule']);
  });
});
