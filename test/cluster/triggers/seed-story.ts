import { beforeAll, expect, test } from '@jest/globals';
import type { Terminal } from '../cli/terminal.ts';
import type { Scene } from './scene.ts';
import { kinds, saying } from './workloads.ts';

const { deployment } = kinds;
const namespace = 'lesson';

/** Image streams, lesson 4: a Deployment that follows the alias of a version, with the command line. */
export function describeSeedStory(scene: Scene, terminal: () => Terminal): void {
  const { kubectl, image, untilImages, untilReplicaSets, untilFollowed, untilSeen, events, get } = scene;
  const pinstream = (line: string): Promise<string> => terminal().type(`pinstream -n ${namespace} ${line}`);
  const listed = async (): Promise<string> => pinstream('set triggers deployment/web');
  const point = async (version: string): Promise<void> => {
    await pinstream(`tag --alias --wait keycloak:${version} keycloak:20`);
  };
  scene.inNamespace(namespace);
  beforeAll(async () => {
    await scene.createStream(namespace, 'keycloak');
    await kubectl(`create deployment web --image=docker.io/library/nginx:1 -n ${namespace}`);
    await untilReplicaSets(namespace, 'web', 1);
  });

  test('set triggers: the container gets the image of the tag at once', async () => {
    const said = await pinstream('set triggers deployment/web --from-image keycloak:20 -c nginx');
    expect(said).toBe('deployment.apps/web triggers updated\n');
    // Admission has resolved it: the very write that asks for it.
    expect(await scene.images(deployment, namespace, 'web')).toEqual({ nginx: image('20.0.2') });
    await untilReplicaSets(namespace, 'web', 2);
    expect(await listed()).toMatch(/^deployments\/web +image +keycloak:20 \(nginx\) +true$/m);
  });

  test('the alias moves, and a new ReplicaSet with it; an event says what, from where and why', async () => {
    await untilFollowed(namespace, 'keycloak');
    await point('20.0.3');
    await untilImages(deployment, namespace, 'web', { nginx: image('20.0.3') });
    await untilReplicaSets(namespace, 'web', 3, [image('20.0.3')]);
    const generation = await untilFollowed(namespace, 'keycloak');
    const words = `container nginx: ${image('20.0.2')} → ${image('20.0.3')}, image stream tag lesson/keycloak:20, generation ${generation}`;
    await scene.untilEvent(deployment, namespace, 'web', { reason: 'ImageTriggered', message: words });
  });

  test('kubectl describe tells of it', async () => {
    expect(await kubectl(`describe deployment web -n ${namespace}`)).toMatch(
      /Normal +ImageTriggered +.* pinstream.*container nginx: /,
    );
  });

  test('nothing was written but the image: its owner is the trigger controller', async () => {
    const { metadata } = await get(deployment, namespace, 'web');
    const ours = metadata.managedFields?.find(({ manager }) => manager === 'pinstream-triggers');
    expect(ours).toMatchObject({
      operation: 'Update',
      fieldsV1: {
        'f:spec': {
          'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"nginx"}': { 'f:image': {} } } } },
        },
      },
    });
  });

  test('the alias moves back, and the Deployment with it: the ReplicaSet of before', async () => {
    await point('20.0.2');
    await untilImages(deployment, namespace, 'web', { nginx: image('20.0.2') });
    await untilFollowed(namespace, 'keycloak');
    await untilReplicaSets(namespace, 'web', 3, [image('20.0.2')]);
    const described = await pinstream('describe is keycloak');
    expect(described).toMatch(new RegExp(`^20\\.0\\.2 \\(20\\)$[^*]*\\* ${image('20.0.2')}$`, 'm'));
    expect(described).toMatch(/^20\.0\.3$/m);
  });

  test('what the alias follows gets another image, and rollback brings both back', async () => {
    const source = image('20.0.3').replace(/@.*$/, ':20.0.3');
    await pinstream(`tag --insecure --wait ${source} keycloak:20.0.2`);
    await untilImages(deployment, namespace, 'web', { nginx: image('20.0.3') });
    await untilFollowed(namespace, 'keycloak');
    await untilReplicaSets(namespace, 'web', 3, [image('20.0.3')]);
    expect(await pinstream('rollback keycloak:20 --at-target')).toContain('keycloak:20.0.2 rolled back');
    await untilImages(deployment, namespace, 'web', { nginx: image('20.0.2') });
    await untilFollowed(namespace, 'keycloak');
    await untilReplicaSets(namespace, 'web', 3, [image('20.0.2')]);
  });

  test('--manual: a move changes nothing; --auto: it catches up', async () => {
    expect(await pinstream('set triggers deployment/web --manual')).toContain('triggers updated');
    expect(await listed()).toMatch(/image +keycloak:20 \(nginx\) +false$/m);
    await point('20.0.3');
    await untilSeen(namespace);
    expect(await scene.images(deployment, namespace, 'web')).toEqual({ nginx: image('20.0.2') });
    expect(await pinstream('set triggers deployment/web --auto')).toContain('triggers updated');
    await untilImages(deployment, namespace, 'web', { nginx: image('20.0.3') });
    await untilFollowed(namespace, 'keycloak');
  });

  test('--remove-all: nothing follows any more', async () => {
    expect(await pinstream('set triggers deployment/web --remove-all')).toContain('triggers updated');
    const before = (await events(deployment, namespace, 'web')).length;
    await point('20.0.2');
    await untilSeen(namespace);
    expect(await scene.images(deployment, namespace, 'web')).toEqual({ nginx: image('20.0.3') });
    expect(await events(deployment, namespace, 'web')).toHaveLength(before);
    expect(await events(deployment, namespace, 'web')).not.toContainEqual(
      expect.objectContaining({ message: saying('Trigger', 'fail') }),
    );
  });
}
