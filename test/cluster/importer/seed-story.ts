import { beforeAll, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { pushImage, type PushedImage } from '../../support/oci-images.ts';
import type { Json } from '../manifests/objects.ts';
import type { Registry } from '../registry.ts';
import { historyOf, type StreamObject } from './streams.ts';
import type { World } from './world.ts';

const linux = { os: 'linux', architecture: 'amd64' };

/** With YAML and kubectl only: a stream, a tag, a Deployment by short name, a move. */
export function describeSeedStory(
  { cluster, kubectl, run, streams, until }: World,
  registry: () => Registry,
): void {
  let first: PushedImage;
  let second: PushedImage;
  const pinned = ({ digest }: PushedImage): string => `${registry().host}/team/keycloak@${digest}`;
  const applyYaml = async (text: string): Promise<void> => {
    const { code, stderr } = await cluster().kubectl(['apply', '-f', '-'], { input: text });
    if (code !== 0) throw new Error(`kubectl apply: ${stderr}`);
  };
  const stream = (tags: string): string => `
apiVersion: image.openshift.io/v1
kind: ImageStream
metadata:
  name: keycloak
  namespace: seed
spec:
  lookupPolicy: {local: true}
  tags:${tags}`;
  const tags = (): string => `
    - name: '20.0'
      from: {kind: DockerImage, name: '${registry().host}/team/keycloak:20.0'}
      importPolicy: {insecure: true}
    - name: '20'
      from: {kind: ImageStreamTag, name: '20.0'}
`;
  const deployed = (): Promise<string> =>
    kubectl('get deployment keycloak -n seed -o jsonpath={..containers[*].image}');

  beforeAll(async () => {
    await kubectl('create namespace seed');
    first = await pushImage(registry(), 'team/keycloak', '20.0', { ...linux, labels: { build: '1' } });
    await applyYaml(stream(' []'));
    await applyYaml(stream(tags()));
  });

  test('a spec tag is enough: its digest appears, and its alias follows', async () => {
    const { items } = await streams.untilHistory('seed', 'keycloak', '20.0', [first.digest]);
    expect(items).toMatchObject([{ dockerImageReference: pinned(first), generation: 2 }]);
    await streams.untilHistory('seed', 'keycloak', '20', [first.digest]);
  });

  test('its Image tells architecture, layers and size', async () => {
    const size = first.config.size + first.layers.reduce((sum, layer) => sum + layer.size, 0);
    expect(await streams.image(first.digest)).toMatchObject({
      dockerImageReference: pinned(first),
      dockerImageManifestMediaType: first.mediaType,
      dockerImageLayers: first.layers.map(({ digest }) => ({ name: digest })),
      dockerImageMetadata: { Architecture: 'amd64', Size: size },
    });
  });

  test('a Deployment with the short name gets the digest', async () => {
    const previewed = (): Promise<string> =>
      kubectl(
        'create job preview --image=keycloak:20 -n seed --dry-run=server -o jsonpath={..containers[*].image}',
      );
    await until('the webhook knows the tag', async () => expect(await previewed()).toBe(pinned(first)));
    await kubectl('create deployment keycloak --image=keycloak:20.0 -n seed');
    expect(await deployed()).toBe(pinned(first));
  });

  test('a tag that moves in the registry moves when somebody asks; the Deployment stays', async () => {
    second = await pushImage(registry(), 'team/keycloak', '20.0', { ...linux, labels: { build: '2' } });
    await kubectl('annotate is keycloak -n seed pinstream.dev/import-requested=now');
    const moved = await streams.untilHistory('seed', 'keycloak', '20.0', [second.digest, first.digest]);
    expect(moved.items?.map(({ generation }) => generation)).toEqual([3, 2]);
    expect(moved.observed?.requestedAt).toBe('now');
    expect(historyOf(await streams.tag('seed', 'keycloak', '20'))).toEqual([second.digest, first.digest]);
    expect(await deployed()).toBe(pinned(first));
  });

  test('kubectl get events tells of it', async () => {
    const events = async (): Promise<string> => kubectl('get events -n seed');
    await until('the events are there', async () => {
      const told = await events();
      expect(told).toContain(`keycloak:20.0 is now ${pinned(first)}, from`);
      expect(told).toContain(`keycloak:20.0 is now ${pinned(second)} (was ${first.digest})`);
      expect(told).toMatch(/Normal +TagMoved +imagestream\/keycloak .*, and with it 20$/m);
    });
  });

  test('nothing is written into the spec: a GitOps tool sees no drift', async () => {
    const now = parse(await kubectl('get is keycloak -n seed -o yaml --show-managed-fields')) as StreamObject;
    const applied = parse(stream(tags())) as { readonly spec: Json };
    expect(now.spec).toEqual(applied.spec);
    // Creation without tags, then with them.
    expect(now.metadata.generation).toBe(2);
    const importers = now.metadata.managedFields.filter(({ manager }) => !manager.startsWith('kubectl'));
    expect(importers.map(({ subresource, fieldsV1 }) => [subresource, Object.keys(fieldsV1)])).toEqual([
      ['status', ['f:status']],
    ]);
    const diff = await cluster().kubectl(['diff', '-f', '-'], { input: stringify(applied) });
    expect(diff).toMatchObject({ code: 0, stdout: '' });
  });

  test('a tag that fails says so in the list, in its condition and as an event', async () => {
    await streams.create('seed', 'absent', [
      {
        name: 'v1',
        from: { kind: 'DockerImage', name: `${registry().host}/team/nobody:v1` },
        importPolicy: { insecure: true },
      },
    ]);
    const failure = await streams.untilFailure('seed', 'absent', 'v1');
    expect(failure).toMatchObject({
      status: 'False',
      reason: 'NotFound',
      message: `dockerimage.image.openshift.io "${registry().host}/team/nobody:v1" not found`,
    });
    expect(await kubectl('get is absent -n seed')).toMatch(/absent .*NotFound/);
    await streams.untilEvent('seed', 'absent', { type: 'Warning', reason: 'ImportFailed' });
  });

  test('streams of an exempt namespace are imported like any other', async () => {
    await run('create namespace openshift');
    await streams.create('openshift', 'ruby', [
      {
        name: 'v1',
        from: { kind: 'DockerImage', name: `${registry().host}/team/keycloak:20.0` },
        importPolicy: { insecure: true },
      },
    ]);
    await streams.untilHistory('openshift', 'ruby', 'v1', [second.digest]);
  });
}
