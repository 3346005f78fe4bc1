import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { parseConfiguration } from '../../src/config/parse.ts';
import { at, fields, list, readObject, text, yamlFiles, type Fields } from './files.ts';

const component = 'manifests/components/registry-cache';
const configuration = parseConfiguration(
  text(fields(readObject(`${component}/configmap.yaml`).data)['config.yaml']),
  'configmap.yaml',
);

/** What a folder of one upstream says: the suffix of its objects' names, whose cache it is, where. */
const upstreams = list(readObject(`${component}/kustomization.yaml`).resources).map((folder) => {
  const kustomization = readObject(`${component}/${text(folder)}/kustomization.yaml`);
  const [ofDeployment, ofService] = list(kustomization.patches).map(
    (patch) => parse(text(fields(patch).patch)) as Fields[],
  );
  return {
    folder: text(folder),
    resources: kustomization.resources,
    suffix: text(kustomization.nameSuffix),
    upstream: text(fields(at(kustomization, 'labels.0.pairs'))['app.kubernetes.io/instance']),
    selects: at(kustomization, 'labels.0.includeSelectors'),
    variable: fields(ofDeployment?.[0]?.value),
    nodePort: ofService?.[0]?.value,
  };
});

test('reference policy Local leads to the node port of the cache of each upstream', () => {
  expect(configuration.localRegistry).toEqual(
    upstreams.map(({ upstream, nodePort }) => ({
      source: upstream,
      target: `127.0.0.1:${Number(nodePort)}`,
    })),
  );
});

test.each(upstreams)('the cache of $upstream is one of its own, named by its folder', (cache) => {
  const apiHost = cache.upstream === 'docker.io' ? 'registry-1.docker.io' : cache.upstream;
  expect(cache).toMatchObject({
    resources: ['../upstream'],
    suffix: `-${cache.folder}`,
    folder: cache.upstream.replaceAll('.', '-'),
    selects: true,
    variable: { name: 'REGISTRY_PROXY_REMOTEURL', value: `https://${apiHost}` },
  });
});

describe('a cache', () => {
  const deployment = readObject(`${component}/upstream/deployment.yaml`);
  const spec = fields(at(deployment, 'spec.template.spec'));
  const container = fields(at(spec, 'containers.0'));
  const config = readObject(`${component}/upstream/configmap.yaml`);

  test('meets the restricted pod security profile, with a read-only root file system and without a token', () => {
    expect(spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65532,
        fsGroup: 65532,
        seccompProfile: { type: 'RuntimeDefault' },
      },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  test('takes its configuration from nothing but its ConfigMap and its own variables', () => {
    expect(spec.enableServiceLinks).toBe(false);
    expect(list(container.env).map((variable) => fields(variable).name)).toEqual([
      'REGISTRY_PROXY_REMOTEURL',
      'OTEL_TRACES_EXPORTER',
    ]);
    const [configFile] = Object.keys(fields(config.data));
    expect(container.args).toEqual([
      'serve',
      `${text(at(container, 'volumeMounts.0.mountPath'))}/${configFile}`,
    ]);
    expect(at(spec, 'volumes.0.configMap.name')).toBe(at(config, 'metadata.name'));
  });

  test('keeps what it has pulled in its volume, and lets one process at a time write there', () => {
    const settings = parse(text(fields(config.data)['config.yml'])) as Fields;
    expect(at(container, 'volumeMounts.1.mountPath')).toBe(at(settings, 'storage.filesystem.rootdirectory'));
    expect(at(spec, 'volumes.1.persistentVolumeClaim.claimName')).toBe(
      at(readObject(`${component}/upstream/persistentvolumeclaim.yaml`), 'metadata.name'),
    );
    expect(deployment.spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
  });

  test('is what its Service and its network policy select', () => {
    const labels = at(deployment, 'spec.template.metadata.labels');
    expect(labels).not.toEqual({});
    expect(at(deployment, 'spec.selector.matchLabels')).toEqual(labels);
    expect(at(readObject(`${component}/upstream/service.yaml`), 'spec.selector')).toEqual(labels);
    expect(
      at(readObject(`${component}/upstream/networkpolicy.yaml`), 'spec.podSelector.matchLabels'),
    ).toEqual(labels);
  });
});

test('only its own overlay brings it', () => {
  const users = yamlFiles('manifests')
    .filter((path) => path.endsWith('/kustomization.yaml'))
    .filter((path) =>
      list(readObject(path).components).some((name) => text(name).includes('registry-cache')),
    );
  expect(users).toEqual(['manifests/overlays/registry-cache/kustomization.yaml']);
});
