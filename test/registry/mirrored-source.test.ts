import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ManifestQuery, ManifestSource } from '../../src/importer/manifest-source.ts';
import type { RegistryAnswer } from '../../src/oci/failure.ts';
import { placesOf, type MirrorRule, type MirrorRules } from '../../src/policy/mirrors.ts';
import { createMirroredSource } from '../../src/registry/mirrored-source.ts';
import { digest, image, index, ScriptedRegistry } from '../importer/scripted-registry.ts';

const never = new AbortController().signal;
const byTag: ManifestQuery = {
  registry: 'quay.io',
  repository: 'acme/web',
  reference: 'v1',
  insecure: true,
  namespace: 'shop',
  urgency: 'asked',
};
const byDigest: ManifestQuery = { ...byTag, reference: digest(1) };

let registries: ScriptedRegistry;
let rules: MirrorRules;
let mirrored: ManifestSource;

beforeEach(() => {
  registries = new ScriptedRegistry();
  rules = { digestMirrors: [rule('m.example/quay', 'n.example')], tagMirrors: [rule('t.example')] };
  mirrored = createMirroredSource(registries, {
    placesOf: (place, isDigest) => placesOf(place, isDigest, rules),
    insecure: ({ registry }) => registry === 'n.example',
  });
});

function rule(...mirrors: string[]): MirrorRule {
  return { source: 'quay.io', mirrors, neverContactSource: false };
}

const neverContact = (one: MirrorRule): MirrorRule => ({ ...one, neverContactSource: true });
const valueOf = <T>(answer: RegistryAnswer<T>): T | undefined => (answer.ok ? answer.value : undefined);

describe('by digest', () => {
  test.each<[string, string[], string[]]>([
    ['the first mirror', ['m.example/quay/acme/web'], ['m.example/quay/acme/web']],
    ['the second mirror', ['n.example/acme/web'], ['m.example/quay/acme/web', 'n.example/acme/web']],
    [
      'the source, where no mirror has it',
      ['quay.io/acme/web'],
      ['m.example/quay/acme/web', 'n.example/acme/web', 'quay.io/acme/web'],
    ],
  ])('%s answers', async (_what, serving, asked) => {
    for (const place of serving) registries.serve(`${place}:any`, image(1));
    expect(await mirrored.manifest(byDigest, never)).toEqual({ ok: true, value: image(1), notes: [] });
    expect(registries.take()).toEqual(asked.map((place) => `manifest ${place}@${digest(1)}`));
  });

  test('mirrors are asked for the same namespace, with the security of their own', async () => {
    registries.serve('quay.io/acme/web:v1', image(1));
    await mirrored.digest(byDigest, never);
    expect(registries.asked.map(({ query }) => query)).toEqual([
      { ...byDigest, registry: 'm.example', repository: 'quay/acme/web', insecure: false },
      { ...byDigest, registry: 'n.example', repository: 'acme/web', insecure: true },
      byDigest,
    ]);
  });

  test('configurations come from the mirrors, too', async () => {
    registries.fail('m.example', 'unreachable');
    const answer = await mirrored.config(byTag, digest(7), never);
    expect(valueOf(answer)).toMatchObject({ architecture: 'amd64' });
    expect(registries.take()).toEqual([
      `config m.example/quay/acme/web@${digest(7)}`,
      `config n.example/acme/web@${digest(7)}`,
    ]);
  });

  test('a repository without mirrors is asked as it is', async () => {
    const query = { ...byDigest, registry: 'ghcr.io' };
    registries.serve('ghcr.io/acme/web:v1', image(1));
    expect(valueOf(await mirrored.manifest(query, never))).toEqual(image(1));
    expect(registries.asked.map((asked) => asked.query)).toEqual([query]);
  });

  test('rules are read anew for each question', async () => {
    registries.serve('quay.io/acme/web:v1', image(1));
    rules = { digestMirrors: [], tagMirrors: [] };
    await mirrored.manifest(byDigest, never);
    expect(registries.take()).toEqual([`manifest quay.io/acme/web@${digest(1)}`]);
  });
});

describe('by tag', () => {
  test.each<[string, () => Promise<unknown>, string]>([
    ['a digest', () => mirrored.digest(byTag, never), 'digest t.example/acme/web:v1'],
    ['a manifest', () => mirrored.manifest(byTag, never), 'manifest t.example/acme/web:v1'],
    ['the tags', () => mirrored.tags(byTag, never), 'tags t.example/acme/web'],
  ])('mirrors for tags are asked for %s', async (_what, ask, expected) => {
    registries.serve('t.example/acme/web:v1', image(1));
    expect(await ask()).toMatchObject({ ok: true });
    expect(registries.take()).toEqual([expected]);
  });

  test('what a manifest of a mirror names is asked for there, though no rule has it for digests', async () => {
    rules = { digestMirrors: [], tagMirrors: [rule('t.example')] };
    registries.serve('t.example/acme/web:v1', index(5, { 'linux/amd64': 1 }));
    await mirrored.manifest(byTag, never);
    expect(valueOf(await mirrored.manifest(byDigest, never))).toEqual(image(1));
    await mirrored.config(byTag, digest(1001), never);
    await mirrored.config({ ...byTag, repository: 'acme/other' }, digest(1001), never);
    expect(registries.take()).toEqual([
      'manifest t.example/acme/web:v1',
      `manifest t.example/acme/web@${digest(1)}`,
      `config t.example/acme/web@${digest(1001)}`,
      `config quay.io/acme/other@${digest(1001)}`,
    ]);
  });

  test('the order of the mirrors for digests stays, where that mirror is one of them', async () => {
    rules = { digestMirrors: [rule('m.example', 't.example')], tagMirrors: [rule('t.example')] };
    registries.serve('t.example/acme/web:v1', image(1));
    await mirrored.manifest(byTag, never);
    registries.take();
    await mirrored.manifest(byDigest, never);
    expect(registries.take().map((line) => line.split('/')[0])).toEqual([
      'manifest m.example',
      'manifest t.example',
    ]);
  });

  test.each<[string, () => void]>([
    ['the rules no longer name that mirror', () => (rules = { digestMirrors: [], tagMirrors: [] })],
    [
      'the source has answered since',
      () => void registries.drop('t.example/acme/web:v1').serve('quay.io/acme/web:v1', image(1)),
    ],
  ])('not when %s', async (_what, change) => {
    rules = { digestMirrors: [], tagMirrors: [rule('t.example')] };
    registries.serve('t.example/acme/web:v1', image(1));
    await mirrored.manifest(byTag, never);
    change();
    await mirrored.manifest(byTag, never);
    registries.take();
    await mirrored.config(byTag, digest(1001), never);
    expect(registries.take()).toEqual([`config quay.io/acme/web@${digest(1001)}`]);
  });
});

describe('what is reported', () => {
  const note = 'mirror m.example/quay/acme/web of quay.io/acme/web failed: m.example cannot be reached';

  test('a mirror that failed is named in a note, when another place answers', async () => {
    registries.fail('m.example', 'unreachable').remark('n.example', 'from n');
    registries.serve('n.example/acme/web:v1', image(1));
    const { notes } = await mirrored.manifest(byDigest, never);
    expect(notes).toEqual(['from n', expect.stringContaining(note)]);
  });

  test('the failure is that of the source, with the mirrors that failed', async () => {
    registries.fail('m.example', 'unreachable').fail('quay.io', 'denied');
    expect(await mirrored.manifest(byDigest, never)).toEqual({
      ok: false,
      failure: expect.objectContaining({ kind: 'denied', registry: 'quay.io' }),
      notes: [expect.stringContaining(note)],
    });
  });

  test('also where a mirror comes after the source', async () => {
    rules = { digestMirrors: [rule('quay.io', 'n.example')], tagMirrors: [] };
    registries.fail('quay.io', 'denied').fail('n.example', 'timeout');
    expect(await mirrored.digest(byDigest, never)).toMatchObject({
      failure: { kind: 'denied', registry: 'quay.io' },
    });
  });

  test('where the source is never contacted, the failure is that of the last mirror', async () => {
    rules = { digestMirrors: [neverContact(rule('m.example/quay', 'n.example'))], tagMirrors: [] };
    registries.fail('m.example', 'unreachable').serve('quay.io/acme/web:v1', image(1));
    expect(await mirrored.manifest(byDigest, never)).toMatchObject({
      ok: false,
      failure: { kind: 'notFound', registry: 'n.example', repository: 'acme/web' },
      notes: [expect.stringContaining(note)],
    });
    expect(registries.take().filter((line) => line.includes('quay.io'))).toEqual([]);
  });

  test('where nobody may be asked, nobody is, and the failure says what is missing', async () => {
    rules = { digestMirrors: [neverContact(rule('m.example'))], tagMirrors: [] };
    const answer = await mirrored.digest(byTag, never);
    expect(answer).toMatchObject({
      ok: false,
      failure: {
        kind: 'unreachable',
        registry: 'quay.io',
        detail: expect.stringMatching(/NeverContactSource.*ImageTagMirrorSet$/),
      },
    });
    expect(registries.take()).toEqual([]);
  });

  test('an abort ends it, and asks no further place', async () => {
    const ending = new AbortController();
    registries.silence('m.example');
    registries.onAsked = () => queueMicrotask(() => ending.abort(new Error('enough')));
    await expect(mirrored.manifest(byDigest, ending.signal)).rejects.toThrow('enough');
    expect(registries.take()).toHaveLength(1);
  });
});
