import { describe, expect, test } from '@jest/globals';
import { chooseManifest } from '../../src/importer/choose-manifest.ts';
import { fetchImage, type FetchedImage } from '../../src/importer/fetch-image.ts';
import { queryOf, type ImportSource } from '../../src/importer/import-source.ts';
import type { Manifest, Platform } from '../../src/oci/manifest.ts';
import { parseReference } from '../../src/reference/parse.ts';
import type { RegistryAnswer } from '../../src/oci/failure.ts';
import { vectorGroup } from '../support/vectors.ts';
import { source } from './fixture.ts';
import { digest, image, index, ScriptedRegistry } from './scripted-registry.ts';

interface ChoiceVector {
  readonly id: string;
  readonly importMode: 'Legacy' | 'PreserveOriginal';
  readonly platforms: readonly Platform[];
  readonly preferArch?: string;
  readonly preferOS?: string;
  readonly serverArch?: string;
  readonly serverOS?: string;
  readonly expect: object;
}

const rows = vectorGroup<ChoiceVector>('manifestListChoice');

describe('which image of an index a Legacy import takes', () => {
  test.each(rows.filter(([, { importMode }]) => importMode === 'Legacy'))('%s', (_id, vector) => {
    const { preferArch = '', preferOS = '', serverArch = '', serverOS = '' } = vector;
    const wanted = { architecture: preferArch || serverArch, os: preferOS || serverOS };
    const choice = chooseManifest(vector.platforms, wanted);
    expect(choice.ok ? { index: choice.index } : { error: choice.error }).toEqual(vector.expect);
  });
});

const sourceOf = (more: Partial<ImportSource> = {}, name = `${source}:v1`): ImportSource => {
  const parsed = parseReference(name);
  if (!parsed.ok) throw new Error(parsed.error);
  const platform = { architecture: 'amd64', os: 'linux' };
  return { name, reference: parsed.reference, insecure: false, mode: 'Legacy', platform, ...more };
};

function fetch(registry: ScriptedRegistry, from = sourceOf()): Promise<RegistryAnswer<FetchedImage>> {
  return fetchImage(registry, from, queryOf(from, 'demo', 'asked'), new AbortController().signal);
}

const both = { 'linux/arm64': 2, 'linux/amd64': 3 };

describe('an image as it is fetched', () => {
  test.each(rows.filter(([, { importMode }]) => importMode === 'PreserveOriginal'))(
    '%s: an index is kept whole',
    async (_id, { platforms, expect: expected }) => {
      expect(expected).toEqual({ image: 'digest of the list', subManifestImagesCreated: 2 });
      const images = platforms.map(({ os, architecture }, at): [string, number] => [
        `${os}/${architecture}`,
        at + 2,
      ]);
      const registry = new ScriptedRegistry().serve(
        `${source}:v1`,
        index(9, Object.fromEntries<number>(images)),
      );
      const fetched = await fetch(registry, sourceOf({ mode: 'PreserveOriginal' }));
      if (!fetched.ok) throw new Error(fetched.failure.detail);
      expect(fetched.value).toMatchObject({
        digest: digest(9),
        sourceDigest: digest(9),
        pullSpec: `${source}@${digest(9)}`,
      });
      const names = fetched.value.images.map(({ metadata }) => metadata.name);
      expect(names).toEqual([digest(9), digest(2), digest(3)]);
    },
  );

  test('a Legacy import takes one image and remembers where it is from', async () => {
    const registry = new ScriptedRegistry().serve(`${source}:v1`, index(9, both));
    expect(await fetch(registry)).toMatchObject({
      ok: true,
      value: {
        digest: digest(3),
        sourceDigest: digest(9),
        pullSpec: `${source}@${digest(3)}`,
        images: [{ metadata: { name: digest(3) } }],
      },
    });
    expect(registry.take()).toEqual([
      `manifest ${source}:v1`,
      `manifest ${source}@${digest(3)}`,
      `config ${source}@${digest(3001)}`,
    ]);
  });

  test("Docker's defaults are asked for and recorded", async () => {
    const registry = new ScriptedRegistry().serve('docker.io/library/nginx:latest', image(1));
    expect(await fetch(registry, sourceOf({}, 'nginx'))).toMatchObject({
      value: { pullSpec: `docker.io/library/nginx@${digest(1)}` },
    });
  });

  test.each<[string, Manifest, Partial<ImportSource>, (registry: ScriptedRegistry) => void, object]>([
    [
      'an empty index',
      index(9, {}),
      {},
      () => undefined,
      { kind: 'malformed', detail: 'no manifests in manifest list' },
    ],
    [
      'an index of indexes',
      index(9, both),
      {},
      (registry) => registry.serve(`${source}@${digest(3)}`, index(3, {})),
      { kind: 'unsupported' },
    ],
    [
      'one image of a whole index that cannot be fetched',
      index(9, both),
      { mode: 'PreserveOriginal' },
      (registry) => registry.fail(`${source}@${digest(3)}`, 'timeout'),
      { kind: 'timeout' },
    ],
    [
      'a configuration that is gone',
      image(1),
      {},
      (registry) => registry.fail(`${source}@${digest(1001)}`, 'notFound'),
      { kind: 'notFound' },
    ],
  ])('%s fails the import', async (_title, manifest, more, prepare, failure) => {
    const registry = new ScriptedRegistry().serve(`${source}:v1`, manifest);
    prepare(registry);
    expect(await fetch(registry, sourceOf(more))).toMatchObject({ ok: false, failure });
  });

  test.each<[string, (registry: ScriptedRegistry) => void]>([
    ['is an attestation', (registry) => registry.fail(`${source}@${digest(4)}`, 'unsupported')],
    [
      'has an attestation for its configuration',
      (registry) => registry.fail(`${source}@${digest(4001)}`, 'malformed'),
    ],
    ['is an index', (registry) => registry.serve(`${source}@${digest(4)}`, index(4, {}))],
  ])('what %s is left out of a whole index', async (_title, prepare) => {
    const registry = new ScriptedRegistry().serve(
      `${source}:v1`,
      index(9, { 'linux/amd64': 3, 'unknown/unknown': 4 }),
    );
    prepare(registry);
    const fetched = await fetch(registry, sourceOf({ mode: 'PreserveOriginal' }));
    const names = fetched.ok ? fetched.value.images.map(({ metadata }) => metadata.name) : [];
    expect(names).toEqual([digest(9), digest(3)]);
  });

  test('what registries remark is told once', async () => {
    const registry = new ScriptedRegistry().serve(`${source}:v1`, index(9, both)).remark(source, 'a remark');
    expect(await fetch(registry)).toMatchObject({ ok: true, notes: ['a remark'] });
  });
});
