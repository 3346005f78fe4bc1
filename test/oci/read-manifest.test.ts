import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { digestOf, verifyDigest } from '../../src/oci/digest.ts';
import { readManifest } from '../../src/oci/read-manifest.ts';

const ociImage = 'application/vnd.oci.image.manifest.v1+json';
const dockerImage = 'application/vnd.docker.distribution.manifest.v2+json';
const ociIndex = 'application/vnd.oci.image.index.v1+json';
const dockerList = 'application/vnd.docker.distribution.manifest.list.v2+json';
const digest = `sha256:${'a'.repeat(64)}`;
const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: 7 };
const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest, size: 9 };
const image = { schemaVersion: 2, config, layers: [layer] };
const entry = { mediaType: ociImage, digest, size: 5 };
const index = {
  schemaVersion: 2,
  manifests: [
    { ...entry, platform: { architecture: 'arm64', os: 'linux', variant: 'v8' } },
    { ...entry, platform: null },
  ],
};

const bytesOf = (document: unknown): Buffer => Buffer.from(JSON.stringify(document));

describe('images', () => {
  test.each([
    ['OCI, as the registry says', ociImage, {}, ociImage],
    ['OCI, as both say', ociImage, { mediaType: ociImage }, ociImage],
    ['OCI, with parameters', `${ociImage}; charset=utf-8`, {}, ociImage],
    ['Docker', dockerImage, { mediaType: dockerImage }, dockerImage],
    [
      'as the document says, where the registry says JSON',
      'application/json',
      { mediaType: ociImage },
      ociImage,
    ],
    ['as the document says, where the registry says nothing', '', { mediaType: dockerImage }, dockerImage],
    [
      'with a configuration of 2016',
      dockerImage,
      { config: { ...config, mediaType: 'application/octet-stream' } },
      dockerImage,
    ],
    ['without layers', ociImage, { layers: [] }, ociImage],
  ])('%s', (_what, header, more, mediaType) => {
    const bytes = bytesOf({ ...image, ...more });
    const reading = readManifest(bytes, header);
    expect(reading).toMatchObject({
      ok: true,
      manifest: { kind: 'image', mediaType, digest: digestOf(bytes), size: bytes.length },
    });
  });

  test('give their config and layers', () => {
    expect(readManifest(bytesOf(image), ociImage)).toMatchObject({ manifest: { config, layers: [layer] } });
  });
});

test.each([ociIndex, dockerList])('an index (%s) gives its entries, platforms as they are', (mediaType) => {
  expect(readManifest(bytesOf({ ...index, mediaType }), mediaType)).toMatchObject({
    ok: true,
    manifest: {
      kind: 'index',
      mediaType,
      manifests: [
        { ...entry, platform: { architecture: 'arm64', os: 'linux', variant: 'v8' } },
        { ...entry, platform: { architecture: '', os: '' } },
      ],
    },
  });
});

describe('refused', () => {
  const schema1 = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
  test.each<[string, unknown, string, string, RegExp]>([
    ['schema 1 by type', { schemaVersion: 1 }, schema1, 'unsupported', /schema 1.*push it again/],
    ['schema 1 by version', { schemaVersion: 1 }, 'application/json', 'unsupported', /push it again/],
    ['a type that is unknown', { schemaVersion: 2 }, 'application/vnd.x+json', 'unsupported', /vnd\.x/],
    ['no type at all', image, 'application/json', 'unsupported', /does not say/],
    [
      'a Helm chart',
      { ...image, config: { ...config, mediaType: 'application/vnd.cncf.helm.config.v1+json' } },
      ociImage,
      'unsupported',
      /artifact \("application\/vnd\.cncf\.helm/,
    ],
    [
      'a signature with an artifactType',
      {
        ...image,
        artifactType: 'application/vnd.sig',
        config: { ...config, mediaType: 'application/vnd.oci.empty.v1+json' },
      },
      ociImage,
      'unsupported',
      /vnd\.sig/,
    ],
    ['two types', { ...image, mediaType: dockerImage }, ociImage, 'malformed', /the registry calls it/],
    ['an image that is an index too', { ...image, ...index }, ociImage, 'malformed', /and of an index/],
    ['an index that is an image too', { ...index, layers: [] }, ociIndex, 'malformed', /and of an index/],
    ['another version', { ...image, schemaVersion: 3 }, ociImage, 'malformed', /schemaVersion/],
    ['no config', { ...image, config: undefined }, ociImage, 'malformed', /config/],
    [
      'a short digest',
      { ...image, config: { ...config, digest: 'sha256:12' } },
      ociImage,
      'malformed',
      /config/,
    ],
    ['a negative size', { ...image, layers: [{ ...layer, size: -1 }] }, ociImage, 'malformed', /layers/],
    [
      'a size that is no number',
      { ...image, layers: [{ ...layer, size: '9' }] },
      ociImage,
      'malformed',
      /layers/,
    ],
    ['no layers', { ...image, layers: undefined }, ociImage, 'malformed', /layers/],
    ['no manifests', { ...index, manifests: {} }, ociIndex, 'malformed', /manifests/],
    ['a manifest that is null', { ...index, manifests: [null] }, ociIndex, 'malformed', /manifests/],
    ['a list', [], ociImage, 'malformed', /JSON object/],
  ])('%s', (_what, document, header, kind, detail) => {
    expect(readManifest(bytesOf(document), header)).toEqual({
      ok: false,
      kind,
      detail: expect.stringMatching(detail),
    });
  });

  test.each([
    ['broken JSON', '{'],
    ['nothing', ''],
    ['what is no UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
  ])('%s', (_what, bytes) => {
    expect(readManifest(Buffer.from(bytes), ociImage)).toMatchObject({ ok: false, kind: 'malformed' });
  });
});

test('any bytes give a reading and no exception', () => {
  const types = fc.constantFrom(ociImage, dockerImage, ociIndex, dockerList, 'application/json', '');
  const documents = fc.oneof(
    fc.uint8Array(),
    fc.json().map((text) => Buffer.from(text)),
    fc
      .record(
        {
          schemaVersion: fc.constantFrom<unknown>(1, 2, '2', null),
          mediaType: types,
          config: fc.oneof(fc.constant(config), fc.anything()),
          layers: fc.oneof(fc.constant([layer]), fc.anything()),
          manifests: fc.oneof(fc.constant(index.manifests), fc.anything()),
        },
        { requiredKeys: [] },
      )
      .map((document) =>
        Buffer.from(
          JSON.stringify(document, (_key, value: unknown) => (typeof value === 'bigint' ? 0 : value)),
        ),
      ),
  );
  fc.assert(
    fc.property(documents, types, (bytes, type) => {
      const reading = readManifest(bytes, type);
      if (reading.ok) expect(reading.manifest.digest).toBe(digestOf(bytes));
      else expect(reading.detail).not.toBe('');
    }),
    { numRuns: 500 },
  );
});

describe('digests', () => {
  const bytes = Buffer.from('abc');
  const sha512 =
    'sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f';
  const sha256 = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  test.each([
    [sha256, true],
    [sha512, true],
    [sha256.replace('ba', 'bb'), false],
    [sha256.toUpperCase(), false],
    [sha256.slice(0, -1), false],
    [`md5:${'a'.repeat(32)}`, false],
    ['', false],
  ])('%s of "abc": %s', (text, expected) => {
    expect(verifyDigest(text, bytes)).toBe(expected);
  });

  test('are computed as sha256', () => {
    expect(digestOf(bytes)).toBe(sha256);
  });
});
