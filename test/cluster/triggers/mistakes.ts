import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Json } from '../manifests/objects.ts';
import type { Scene } from './scene.ts';
import { kinds, trigger, triggers, workload } from './workloads.ts';

const namespace = 'mistakes';
const { deployment } = kinds;
const place = 'metadata.annotations[image.openshift.io/triggers]';
const good = trigger(deployment, 'web', 'keycloak:20');

const refused: readonly (readonly [string, Json, readonly string[]])[] = [
  ['text that is not JSON', triggers('on'), [`${place}: `, 'it is not JSON']],
  ['an object', triggers('{}'), [`${place}: `, 'it is not a list']],
  ['paused as text', triggers({ ...good, paused: 'false' }), [`${place}[0].paused: `]],
  [
    'another kind of source',
    triggers({ ...good, from: { kind: 'DockerImage', name: 'a:1' } }),
    [`${place}[0].from.kind: `, '"DockerImage" cannot be followed; write ImageStreamTag'],
  ],
  [
    'a name without a tag',
    triggers({ ...good, from: { kind: 'ImageStreamTag', name: 'keycloak' } }),
    [`${place}[0].from.name: `, 'write STREAM:TAG'],
  ],
  [
    'a path of another kind',
    triggers({ ...good, fieldPath: 'spec.containers[0].image' }),
    [`${place}[0].fieldPath: `, '"spec.containers[0].image" is no path of a Deployment'],
  ],
  [
    'a container that is not there',
    triggers(good, trigger(deployment, 'absent', 'keycloak:20')),
    [`${place}[1].fieldPath: `, 'with a name of: web'],
  ],
  ['the same path twice', triggers(good, good), [`${place}[1].fieldPath: `, 'duplicate triggers']],
];

/** Annotations that say what nobody can do. */
export function describeMistakes(scene: Scene): void {
  const { kubectl, run, image, create, images, untilImages, untilEvent } = scene;
  scene.inNamespace(namespace);
  beforeAll(() => scene.createStream(namespace, 'keycloak'), 60_000);

  describe('are refused, with the place', () => {
    test.each(refused)('%s', async (_title, annotations, words) => {
      const object = workload(deployment, namespace, 'wrong', { annotations });
      const { code, stderr } = await run('create -f -', object);
      expect(code).toBe(1);
      for (const word of words) expect(stderr).toContain(word);
    });
  });

  describe('that are stored, since the webhook was away', () => {
    beforeAll(async () => {
      await scene.pinstream().stop();
      await create(deployment, namespace, 'stored', { annotations: triggers('[{]') });
      await create(deployment, namespace, 'half', {
        annotations: triggers(
          { ...trigger(deployment, 'a', 'keycloak:20'), fieldPath: 'spec.template.spec.containers[9].image' },
          trigger(deployment, 'b', 'keycloak:20'),
        ),
        images: { a: 'placeholder', b: 'placeholder' },
      });
      await scene.pinstream().start();
    });

    test('an event says so', async () => {
      const { message } = await untilEvent(deployment, namespace, 'stored', { reason: 'TriggerInvalid' });
      expect(message).toContain(place);
      expect(message).toContain('it is not JSON');
    });

    test('a label on it is not refused', async () => {
      const { code, stderr } = await run(`label deployment stored -n ${namespace} team=a`);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    });

    test('correcting it works at once', async () => {
      const annotation = JSON.stringify([good]);
      await scene
        .client()
        .patch(
          `/apis/apps/v1/namespaces/${namespace}/deployments/stored`,
          { metadata: { annotations: { 'image.openshift.io/triggers': annotation } } },
          'merge',
        );
      expect(await images(deployment, namespace, 'stored')).toEqual({ web: image('20.0.2') });
    });

    test('an entry with a bad path does not stop the other one', async () => {
      await untilImages(deployment, namespace, 'half', { a: 'placeholder', b: image('20.0.2') });
      const { message } = await untilEvent(deployment, namespace, 'half', { reason: 'TriggerInvalid' });
      expect(message).toContain(`${place}[0].fieldPath`);
    });

    test('nor does it stop a move, or its record', async () => {
      await scene.pointTo('20.0.3', namespace, 'keycloak');
      await untilImages(deployment, namespace, 'half', { a: 'placeholder', b: image('20.0.3') });
      await scene.untilFollowed(namespace, 'keycloak');
    });

    test('it is told once', async () => {
      const told = await scene.events(deployment, namespace, 'half');
      expect(told.filter(({ reason }) => reason === 'TriggerInvalid')).toHaveLength(1);
    });
  });

  test('a mode that nobody knows is a warning, and counts as on-move', async () => {
    const annotations = { ...triggers(good), 'pinstream.dev/trigger-mode': 'always' };
    const { code, stderr } = await run(
      'create -f -',
      workload(deployment, namespace, 'moody', { annotations }),
    );
    expect(code).toBe(0);
    expect(stderr).toMatch(/^Warning: .*"always" is not known and counts as on-move/);
    expect(await kubectl(`get deployment moody -n ${namespace} -o name`)).toBe('deployment.apps/moody\n');
  });
}
