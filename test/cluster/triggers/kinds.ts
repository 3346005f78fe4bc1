import { beforeAll, expect, test } from '@jest/globals';
import type { Scene } from './scene.ts';
import { kinds, trigger, triggers } from './workloads.ts';

const namespace = 'kinds';
const following = Object.values(kinds).filter(({ name }) => name !== 'job');

/** Whatever has containers follows, from its very first rollout. */
export function describeKinds(scene: Scene): void {
  const { image, get, images, create, untilImages, untilFollowed, untilEvent, untilReplicaSets } = scene;
  scene.inNamespace(namespace);
  beforeAll(async () => {
    await scene.createStream(namespace, 'keycloak');
    for (const kind of Object.values(kinds)) {
      await create(kind, namespace, 'web', { annotations: triggers(trigger(kind, 'web', 'keycloak:20')) });
    }
  });

  test.each(Object.values(kinds))(
    '$kind: created with a placeholder, it holds the image of the tag',
    async (kind) => {
      expect(await images(kind, namespace, 'web')).toEqual({ web: image('20.0.2') });
    },
  );

  test('a Deployment rolls out once', async () => {
    const sets = await untilReplicaSets(namespace, 'web', 1);
    // It is recorded when the controller has looked at all that follow, and found nothing to write.
    await untilFollowed(namespace, 'keycloak');
    expect(await untilReplicaSets(namespace, 'web', 1)).toEqual(sets);
    expect(sets).toEqual([{ revision: 1, images: [image('20.0.2')] }]);
    expect((await get(kinds.deployment, namespace, 'web')).metadata.generation).toBe(1);
  });

  test('the annotation of what was resolved says by which trigger', async () => {
    const { metadata } = await get(kinds.deployment, namespace, 'web');
    expect(JSON.parse(metadata.annotations?.['pinstream.dev/resolved-images'] ?? '{}')).toMatchObject({
      web: {
        from: 'placeholder',
        to: image('20.0.2'),
        reason: 'Trigger',
        source: { kind: 'ImageStreamTag', namespace, name: 'keycloak:20' },
      },
    });
  });

  test('a move, written to each of them once', async () => {
    const before = await Promise.all(following.map((kind) => get(kind, namespace, 'web')));
    await scene.pointTo('20.0.3', namespace, 'keycloak');
    for (const kind of following) await untilImages(kind, namespace, 'web', { web: image('20.0.3') });
    await untilFollowed(namespace, 'keycloak');
    for (const [at, kind] of following.entries()) {
      const { metadata } = await get(kind, namespace, 'web');
      // The same objects, a Pod too, whose container is started anew.
      expect([kind.kind, metadata.uid]).toEqual([kind.kind, before[at]?.metadata.uid]);
      const generation = before[at]?.metadata.generation;
      expect([kind.kind, metadata.generation]).toEqual([
        kind.kind,
        generation === undefined ? undefined : generation + 1,
      ]);
      await untilEvent(kind, namespace, 'web', { reason: 'ImageTriggered' });
    }
  });

  test('a Job cannot be changed: it stays, and an event says so', async () => {
    const { message } = await untilEvent(kinds.job, namespace, 'web', { reason: 'JobImmutable' });
    expect(message).toContain(`container web keeps ${image('20.0.2')}`);
    expect(message).toContain(`kinds/keycloak:20 is now ${image('20.0.3')}`);
    expect(await images(kinds.job, namespace, 'web')).toEqual({ web: image('20.0.2') });
  });
}
