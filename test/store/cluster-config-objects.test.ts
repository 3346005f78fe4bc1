import { describe, expect, test } from '@jest/globals';
import { clusterConfigOf } from '../../src/store/cluster-config-objects.ts';

const object = (kind: string, name: string, fields: object) => ({
  apiVersion: 'config.openshift.io/v1',
  kind,
  metadata: { name },
  ...fields,
});
const image = (spec: unknown, status: unknown = {}, name = 'cluster') =>
  object('Image', name, { spec, status });
const digestSet = (name: string, ...imageDigestMirrors: unknown[]) =>
  object('ImageDigestMirrorSet', name, { spec: { imageDigestMirrors } });
const tagSet = (name: string, ...imageTagMirrors: unknown[]) =>
  object('ImageTagMirrorSet', name, { spec: { imageTagMirrors } });
const noMirrors = { mirrors: { digestMirrors: [], tagMirrors: [] } };

test('everything that is read of the Image and of mirror sets', () => {
  const config = clusterConfigOf([
    image(
      {
        registrySources: {
          allowedRegistries: ['quay.io', 'docker.io/library'],
          insecureRegistries: ['lab.example:5000'],
          containerRuntimeSearchRegistries: ['quay.io'],
        },
        allowedRegistriesForImport: [
          { domainName: '*.acme.test', insecure: true },
          { domainName: 'quay.io' },
        ],
        additionalTrustedCA: { name: 'registry-cas' },
      },
      { internalRegistryHostname: 'image-registry.openshift-image-registry.svc:5000' },
    ),
    digestSet('release', { source: 'quay.io/ocp', mirrors: ['m.example/ocp', 'n.example/ocp'] }),
    tagSet('apps', { source: 'quay.io', mirrors: ['m.example'], mirrorSourcePolicy: 'NeverContactSource' }),
  ]);
  expect(config).toEqual({
    registrySources: {
      allowedRegistries: ['quay.io', 'docker.io/library'],
      blockedRegistries: [],
      insecureRegistries: ['lab.example:5000'],
      containerRuntimeSearchRegistries: ['quay.io'],
    },
    allowedRegistriesForImport: [
      { domainName: '*.acme.test', insecure: true },
      { domainName: 'quay.io', insecure: false },
    ],
    internalRegistryHostname: 'image-registry.openshift-image-registry.svc:5000',
    mirrors: {
      digestMirrors: [
        { source: 'quay.io/ocp', mirrors: ['m.example/ocp', 'n.example/ocp'], neverContactSource: false },
      ],
      tagMirrors: [{ source: 'quay.io', mirrors: ['m.example'], neverContactSource: true }],
    },
  });
});

describe('nothing is said by', () => {
  const sources = { registrySources: { blockedRegistries: ['evil.example'] } };
  test.each<[string, unknown]>([
    ['no object', undefined],
    ['what is no object', ['text', null, 7, []]],
    ['an Image of another name', [image(sources, {}, 'other')]],
    ['an Image of another group', [{ ...image(sources), apiVersion: 'image.openshift.io/v1' }]],
    ['an object of another kind', [{ ...image(sources), kind: 'Proxy' }]],
    ['an Image without spec and status', [image(undefined, undefined)]],
    ['empty lists', [image({ registrySources: { allowedRegistries: [] }, allowedRegistriesForImport: [] })]],
    ['fields of wrong types', [image({ registrySources: 'all', allowedRegistriesForImport: {} }, [])]],
    ['an internal registry that is removed', [image({}, { internalRegistryHostname: '' })]],
    ['a mirror set without spec', [object('ImageDigestMirrorSet', 'a', {})]],
    ['mirrors without a source', [digestSet('a', { mirrors: ['m.example'] }, null, 'quay.io')]],
  ])('%s', (_what, objects) => {
    expect(clusterConfigOf((objects ?? []) as unknown[])).toEqual(noMirrors);
  });
});

test('an allow list never becomes empty by what cannot be read in it', () => {
  const { registrySources, allowedRegistriesForImport } = clusterConfigOf([
    image({ registrySources: { allowedRegistries: [7] }, allowedRegistriesForImport: [null] }),
  ]);
  expect(registrySources?.allowedRegistries).toEqual(['']);
  expect(allowedRegistriesForImport).toEqual([{ domainName: '', insecure: false }]);
});

test('other lists leave out what cannot be read', () => {
  const { registrySources, mirrors } = clusterConfigOf([
    image({ registrySources: { blockedRegistries: [7, '', 'evil.example'], insecureRegistries: [null] } }),
    tagSet('a', { source: 'quay.io', mirrors: [null, 'm.example', {}], mirrorSourcePolicy: 'Sometimes' }),
  ]);
  expect(registrySources).toMatchObject({ blockedRegistries: ['evil.example'], insecureRegistries: [] });
  expect(mirrors.tagMirrors).toEqual([
    { source: 'quay.io', mirrors: ['m.example'], neverContactSource: false },
  ]);
});

test('mirror sets count in the order of their names, and of two of one name the later one', () => {
  const { mirrors } = clusterConfigOf([
    digestSet('b', { source: 'b.example' }),
    digestSet('a', { source: 'old.example' }),
    tagSet('a', { source: 'c.example' }),
    digestSet('a', { source: 'a1.example' }, { source: 'a2.example' }),
  ]);
  expect(mirrors.digestMirrors.map(({ source }) => source)).toEqual([
    'a1.example',
    'a2.example',
    'b.example',
  ]);
  expect(mirrors.tagMirrors.map(({ source }) => source)).toEqual(['c.example']);
});
