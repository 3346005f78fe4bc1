import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import jsonpatch from 'fast-json-patch';
import { eventually } from '../support/eventually.ts';
import { closedStream, digest, namespace, openStream, pinned } from '../support/objects.ts';
import { creation, deploymentOf, podOf, update, type Workload } from '../support/reviews.ts';
import type { ReviewResponse, TestServer } from '../support/server.ts';
import {
  secretImage,
  serverLookingIn,
  startImageRegistry,
  using,
  type ImageRegistry,
} from './fallback-fixture.ts';

/** What becomes of names that no stream answers while registries do (docs/fallback.md). */
let first: ImageRegistry;
let second: ImageRegistry;
beforeAll(async () => {
  first = await startImageRegistry();
  second = await startImageRegistry();
});
beforeEach(() => {
  first.has({
    'web:1': '1',
    'both:1': '1',
    'same:1': '3',
    'crew/tool:1': '1',
    'closed:v1': '1',
    'app:v1': '9',
  });
  second.has({ 'web:1': '1', 'both:1': '2', 'same:1': '3', 'rest:1': '2', 'rest:latest': '4' });
  first.forget();
  second.forget();
});
afterAll(async () => {
  await first.stop();
  await second.stop();
});

const audit = ({ auditAnnotations }: ReviewResponse): string | undefined =>
  auditAnnotations?.['containers.0'];
/** What one image of a Pod becomes; itself where it is left alone. */
async function fate(server: TestServer, image: string, where = 'shop') {
  const answer = await server.review('/mutate', creation(podOf(image), where));
  const [operation] = answer.patch;
  return {
    image: operation === undefined ? image : operation.value,
    warnings: answer.warnings ?? [],
    why: /\((\w+)/.exec(audit(answer) ?? '')?.[1],
    denial: answer.status?.message,
  };
}
const asked = (): readonly string[] => [...first.lines(), ...second.lines()];
const nothingElse = { warnings: [], denial: undefined };

describe('with a search list of two registries', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await serverLookingIn([first, second], {}, [
      closedStream('shop', 'closed', ['v1']),
      namespace('outside', { 'pinstream.dev/image-lookup': 'fallback' }),
      openStream('outside', 'app', ['v1']),
      namespace('off', { 'pinstream.dev/image-lookup': 'disabled' }),
    ]);
  });
  afterAll(() => server.stop());

  test('a name that both have in the same image is pinned to the first', async () => {
    expect(await fate(server, 'same:1')).toEqual({
      image: `${first.host}/same@${digest('3')}`,
      why: 'Fallback',
      ...nothingElse,
    });
  });

  test.each([
    ['that only the second has', 'rest:1', '2'],
    ['without a tag: latest', 'rest', '4'],
  ])('a name %s is pinned there', async (_which, image, character) => {
    expect(await fate(server, image)).toMatchObject({
      image: `${second.host}/rest@${digest(character)}`,
      ...nothingElse,
    });
  });

  test('a name with a path is looked for below each registry', async () => {
    expect(await fate(server, 'crew/tool:1')).toMatchObject({
      image: `${first.host}/crew/tool@${digest('1')}`,
      ...nothingElse,
    });
  });

  test('a name that the two have in different images is a warning that names both', async () => {
    // Who is slower than a moment is left out of the first answer.
    const told = await eventually(
      async () => {
        const answer = await fate(server, 'both:1');
        expect(answer.warnings).toHaveLength(1);
        return answer;
      },
      { describe: 'the second registry has answered', timeoutMs: 10_000 },
    );
    expect(told).toEqual({
      image: `${first.host}/both@${digest('1')}`,
      why: 'Fallback',
      warnings: [`"both:1" is ${first.host}/both: ${second.host} has a different image of that name`],
      denial: undefined,
    });
  });

  test('a closed stream of that name is in the warning, beside what was taken instead', async () => {
    const { image, warnings } = await fate(server, 'closed:v1');
    expect(image).toBe(`${first.host}/closed@${digest('1')}`);
    expect(warnings).toEqual([expect.stringContaining(`"closed:v1" is ${first.host}/closed: `)]);
    expect(warnings.join('')).toContain('shop/closed');
  });

  test('a name that nobody has is left alone with a warning', async () => {
    expect(await fate(server, 'nobody:1')).toEqual({
      image: 'nobody:1',
      why: 'FallbackNotFound',
      warnings: [`"nobody:1" is left alone: not found in ${first.host}, ${second.host}`],
      denial: undefined,
    });
  });

  test('a private image reads as one that does not exist', async () => {
    const names = ['secret:1', 'absent:1'];
    first.has({ 'secret:1': secretImage });
    const [hidden, missing] = await Promise.all(names.map((name) => fate(server, name)));
    const text = JSON.stringify(hidden);
    expect(first.lines()).toContain('HEAD /v2/secret/manifests/1');
    expect(text.replaceAll('secret', 'absent')).toBe(JSON.stringify(missing));
  });

  test('each registry is asked once, however often it is wanted; "no" to a HEAD is made sure of by a GET', async () => {
    first.has({ 'often:1': '1' });
    await Promise.all(Array.from({ length: 20 }, () => fate(server, 'often:1')));
    const inSecond = ['HEAD /v2/often/manifests/1', 'GET /v2/often/manifests/1'];
    await eventually(() => expect(second.lines()).toEqual(inSecond), {
      describe: 'the second registry has answered',
      timeoutMs: 10_000,
    });
    await fate(server, 'often:1');
    expect(first.lines()).toEqual(['HEAD /v2/often/manifests/1']);
    expect(second.lines()).toEqual(inSecond);
  });

  describe('what no registry is asked about', () => {
    afterEach(() => expect(asked()).toEqual([]));

    test('what a stream answers', async () => {
      expect(await fate(server, 'app:v1')).toMatchObject({
        image: pinned('app', '1'),
        why: 'ImageStreamTag',
      });
    });

    test('a tag that an open stream does not have', async () => {
      expect((await fate(server, 'app:v9')).why).toBe('NotTagged');
    });

    test('a name with its registry', async () => {
      const image = `${second.host}/rest:9`;
      expect(await fate(server, image)).toEqual({ image, why: 'Qualified', ...nothingElse });
    });

    test('a namespace with lookup disabled', async () => {
      const untouched = { image: 'quiet:1', why: 'LookupDisabled', ...nothingElse };
      expect(await fate(server, 'quiet:1', 'off')).toEqual(untouched);
    });

    test.each([
      ['skip', { 'pinstream.dev/skip': 'true' }],
      ['skip-containers', { 'pinstream.dev/skip-containers': 'c' }],
    ])('an object with the annotation %s', async (name, annotations) => {
      const answer = await server.review('/mutate', creation(podOf(`quiet:${name}`, { annotations })));
      expect(answer).toMatchObject({ allowed: true, patch: [] });
      expect(audit(answer)).toContain('Skipped');
    });

    test('an exempt namespace', async () => {
      expect(await fate(server, 'quiet:5', 'kube-system')).toMatchObject({
        image: 'quiet:5',
        why: 'ExemptNamespace',
      });
    });

    test('the Pod of a ReplicaSet, whose images were decided with it', async () => {
      const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet' };
      const answer = await server.review('/mutate', creation(podOf('quiet:6', { owner })));
      expect(answer).toMatchObject({ allowed: true, patch: [] });
      expect(answer.warnings).toBeUndefined();
    });

    test('the update of another field', async () => {
      const stored = deploymentOf('quiet:3');
      const changed = { ...stored, spec: { ...stored.spec, replicas: 3 } };
      expect(await server.review('/mutate', update(stored, changed))).toMatchObject({
        allowed: true,
        patch: [],
      });
    });

    test('validation', async () => {
      expect(await server.review('/validate', creation(podOf('quiet:4')))).toMatchObject({ allowed: true });
    });
  });

  test('the namespace label fallback leaves streams out', async () => {
    expect(await fate(server, 'app:v1', 'outside')).toMatchObject({
      image: `${first.host}/app@${digest('9')}`,
      why: 'Fallback',
    });
  });

  test('an update to another name is looked for', async () => {
    const { patch } = await server.review('/mutate', update(deploymentOf('x:1'), deploymentOf('rest:1')));
    expect(patch).toContainEqual(expect.objectContaining({ value: `${second.host}/rest@${digest('2')}` }));
  });

  test('the record names the registry, and a second pass changes nothing', async () => {
    const request = creation(deploymentOf('rest:1'));
    const { patch } = await server.review('/mutate', request);
    const object = request.object as Workload;
    const admitted = jsonpatch.applyPatch(object, [...patch], true, false).newDocument;
    const record = admitted.metadata.annotations?.['pinstream.dev/resolved-images'] ?? '';
    expect(JSON.parse(record)).toEqual({
      c: {
        from: 'rest:1',
        to: `${second.host}/rest@${digest('2')}`,
        source: { kind: 'Registry', name: `${second.host}/rest:1` },
        reason: 'Fallback',
      },
    });

    const again = await server.review('/mutate', creation(admitted));
    expect(again).toMatchObject({ allowed: true, patch: [] });
    expect(again.warnings).toBeUndefined();
  });

  test('a dry run shows the same, with the registry as its source', async () => {
    const answer = await server.post('/dry-run?namespace=shop', podOf('rest:1'));
    expect(answer.json()).toMatchObject({
      objects: [
        {
          images: [
            {
              from: 'rest:1',
              to: `${second.host}/rest@${digest('2')}`,
              reason: 'Fallback',
              source: { kind: 'Registry', name: `${second.host}/rest:1` },
            },
          ],
        },
      ],
    });
  });
});

describe('what the configuration changes', () => {
  test('the order of the list decides', async () => {
    await using(serverLookingIn([second, first]), async (server) => {
      expect(await fate(server, 'both:1')).toMatchObject({ image: `${second.host}/both@${digest('2')}` });
    });
  });

  test('mode qualify writes the full name with its tag', async () => {
    await using(serverLookingIn([first, second], { fallback: { mode: 'qualify' } }), async (server) => {
      expect(await fate(server, 'rest:1')).toMatchObject({ image: `${second.host}/rest:1`, why: 'Fallback' });
    });
  });

  test('mode leave asks nobody', async () => {
    await using(serverLookingIn([first, second], { fallback: { mode: 'leave' } }), async (server) => {
      expect(await fate(server, 'rest:1')).toMatchObject({ image: 'rest:1', ...nothingElse });
      expect(asked()).toEqual([]);
    });
  });

  test('a blocked registry is not asked; an image that names it is denied by the rule', async () => {
    const registrySources = { blockedRegistries: [first.host] };
    const config = { registrySources, fallback: { pinQualified: true } };
    await using(serverLookingIn([first, second], config), async (server) => {
      expect(await fate(server, 'both:1')).toMatchObject({ image: `${second.host}/both@${digest('2')}` });
      expect((await fate(server, `${first.host}/both:1`)).denial).toMatch(
        `container "c", image "${first.host}/both:1": ${first.host}/both is blocked by the registry rule "${first.host}"`,
      );
      expect(first.requests).toEqual([]);
    });
  });

  test('a registry that is not allowed is not asked; a name that no other has is denied', async () => {
    const registrySources = { allowedRegistries: [second.host] };
    await using(serverLookingIn([first, second], { registrySources }), async (server) => {
      expect(await fate(server, 'both:1')).toMatchObject({ image: `${second.host}/both@${digest('2')}` });
      expect((await fate(server, 'crew/tool:1')).denial).toContain(
        `docker.io/crew/tool is in none of the allowed registries (${second.host})`,
      );
      expect(first.requests).toEqual([]);
    });
  });

  test('without a search list the allowed registries are it', async () => {
    const registrySources = { allowedRegistries: [second.host], containerRuntimeSearchRegistries: [] };
    await using(serverLookingIn([first, second], { registrySources }), async (server) => {
      expect(await fate(server, 'rest:1')).toMatchObject({ image: `${second.host}/rest@${digest('2')}` });
    });
  });

  test('pinQualified pins a name with its registry', async () => {
    await using(serverLookingIn([first], { fallback: { pinQualified: true } }), async (server) => {
      expect(await fate(server, `${first.host}/web:1`)).toMatchObject({
        image: `${first.host}/web@${digest('1')}`,
        why: 'Fallback',
        ...nothingElse,
      });
    });
  });

  test('pinQualified is no probe of the inside: a registry that nobody has listed gets no connection', async () => {
    await using(startImageRegistry({ 'web:1': '1' }), async (inside) => {
      await using(serverLookingIn([first], { fallback: { pinQualified: true } }), async (server) => {
        const image = `${inside.host}/web:1`;
        expect(await fate(server, image)).toMatchObject({ image, why: 'FallbackFailed', denial: undefined });
        expect(inside.connected()).toBe(0);
      });
    });
  });

  /** A mirror that is in no search list. */
  const insecure = () => ({ insecureRegistries: [first.host, second.host] });

  test('a mirror answers for its source, whose name stays', async () => {
    const mirror = { source: first.host, mirrors: [`${second.host}/mirror`] };
    second.has({ 'mirror/web:1': '1' });
    await using(
      serverLookingIn([first], { imageTagMirrors: [mirror], registrySources: insecure() }),
      async (server) => {
        expect(await fate(server, 'web:1')).toMatchObject({ image: `${first.host}/web@${digest('1')}` });
        expect(first.requests).toEqual([]);
      },
    );
  });

  test('mirrorSourcePolicy NeverContactSource holds where no mirror has it', async () => {
    const mirrors = [`${second.host}/mirror`];
    const mirror = { source: first.host, mirrors, mirrorSourcePolicy: 'NeverContactSource' };
    await using(
      serverLookingIn([first], { imageTagMirrors: [mirror], registrySources: insecure() }),
      async (server) => {
        expect(await fate(server, 'web:1')).toMatchObject({ image: 'web:1', why: 'FallbackNotFound' });
        expect(second.lines()).toContain('HEAD /v2/mirror/web/manifests/1');
        expect(first.requests).toEqual([]);
      },
    );
  });

  test('config.openshift.io Image "cluster" among the objects is obeyed as soon as it is there', async () => {
    await using(serverLookingIn([first, second]), async (server) => {
      expect(await fate(server, 'both:1')).toMatchObject({ image: `${first.host}/both@${digest('1')}` });
      await server.setObjects([
        {
          apiVersion: 'config.openshift.io/v1',
          kind: 'Image',
          metadata: { name: 'cluster' },
          spec: {
            registrySources: {
              blockedRegistries: [first.host],
              insecureRegistries: [second.host],
              containerRuntimeSearchRegistries: [first.host, second.host],
            },
          },
        },
      ]);
      expect(await fate(server, 'both:1')).toMatchObject({ image: `${second.host}/both@${digest('2')}` });
    });
  });
});
