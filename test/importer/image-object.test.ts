import { describe, expect, test } from '@jest/globals';
import { imageObject, indexObject } from '../../src/importer/image-object.ts';
import { digest, image, index } from './scripted-registry.ts';

const pullSpec = `reg.acme.test/crew/web@${digest(1)}`;

describe('an Image', () => {
  test('of one platform has its layers, its configuration and its size', () => {
    const config = {
      created: '2024-01-01T00:00:00Z',
      author: '',
      architecture: 'arm64',
      os: 'linux',
      variant: 'v8',
      config: { Labels: { a: 'b' } },
      history: ['left out'],
    };
    expect(imageObject(image(1), config, pullSpec)).toEqual({
      apiVersion: 'image.openshift.io/v1',
      kind: 'Image',
      metadata: { name: digest(1), annotations: { 'image.openshift.io/dockerLayersOrder': 'ascending' } },
      dockerImageReference: pullSpec,
      dockerImageMetadataVersion: '1.0',
      dockerImageManifestMediaType: 'application/vnd.oci.image.manifest.v1+json',
      dockerImageMetadata: {
        kind: 'DockerImage',
        apiVersion: 'image.openshift.io/1.0',
        Id: digest(1001),
        Created: '2024-01-01T00:00:00Z',
        Os: 'linux',
        Variant: 'v8',
        Architecture: 'arm64',
        Size: 3070,
        Config: { Labels: { a: 'b' } },
      },
      dockerImageLayers: [
        { name: digest(1002), size: 1000, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' },
        { name: digest(1003), size: 2000, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' },
      ],
    });
  });

  test('counts a layer that it has twice once, and lists it twice', () => {
    const { layers, ...rest } = image(1);
    const made = imageObject({ ...rest, layers: [...layers, ...layers] }, {}, pullSpec);
    expect(made).toMatchObject({ dockerImageMetadata: { Size: 3070 }, dockerImageLayers: { length: 4 } });
  });

  test.each([
    ['none', {}, undefined],
    ['one that is no object', { config: 'x' }, undefined],
    [
      'one of 256 KiB',
      { config: { Labels: { a: 'b'.repeat(256 * 1024 - '{"Labels":{"a":""}}'.length) } } },
      'Labels',
    ],
    ['a larger one', { config: { Labels: { a: 'b'.repeat(256 * 1024) } } }, 'Image'],
  ])('of a configuration without more than it can hold: %s', (_title, config, key) => {
    const { dockerImageMetadata } = imageObject(image(1), config, pullSpec);
    const { Config } = dockerImageMetadata as { readonly Config?: object };
    expect(Config && Object.keys(Config)).toEqual(key === undefined ? undefined : [key]);
  });

  test('of an index names its images and their platforms', () => {
    const { manifests, ...rest } = index(9, { 'linux/arm64': 2, 'linux/amd64': 3 });
    const [arm, ...others] = manifests;
    if (arm === undefined) throw new Error('no images');
    const variant = { ...arm, platform: { ...arm.platform, variant: 'v8' } };
    const made = indexObject({ ...rest, manifests: [variant, ...others] }, pullSpec);
    const part = { mediaType: 'application/vnd.oci.image.manifest.v1+json', manifestSize: 500, os: 'linux' };
    expect(made.dockerImageManifests).toEqual([
      { ...part, digest: digest(2), architecture: 'arm64', variant: 'v8' },
      { ...part, digest: digest(3), architecture: 'amd64' },
    ]);
    expect(made).not.toHaveProperty('dockerImageLayers');
  });
});
