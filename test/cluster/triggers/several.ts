import { beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import type { Scene } from './scene.ts';
import { kinds, trigger, triggers } from './workloads.ts';

const namespace = 'several';
const { deployment } = kinds;

/** Several containers, several entries, several tags. */
export function describeSeveral(scene: Scene): void {
  const { kubectl, image, create, images, untilImages, untilReplicaSets, untilFollowed, untilEvent } = scene;
  const toBoth = (version: '20.0.2' | '20.0.3'): Promise<unknown> =>
    Promise.all(['one', 'two'].map((stream) => scene.pointTo(version, namespace, stream)));
  scene.inNamespace(namespace);
  beforeAll(async () => {
    for (const stream of ['one', 'two']) await scene.createStream(namespace, stream);
  });

  test('two containers that follow two streams which move together: one rollout', async () => {
    await create(deployment, namespace, 'both', {
      annotations: triggers(trigger(deployment, 'a', 'one:20'), trigger(deployment, 'b', 'two:20')),
      images: { a: 'placeholder', b: 'placeholder' },
    });
    await untilReplicaSets(namespace, 'both', 1);
    for (const stream of ['one', 'two']) await untilFollowed(namespace, stream);
    await toBoth('20.0.3');
    await untilImages(deployment, namespace, 'both', { a: image('20.0.3'), b: image('20.0.3') });
    for (const stream of ['one', 'two']) await untilFollowed(namespace, stream);
    await untilReplicaSets(namespace, 'both', 2, [image('20.0.3'), image('20.0.3')]);
    expect((await scene.get(deployment, namespace, 'both')).metadata.annotations).not.toHaveProperty([
      'kubernetes.io/change-cause',
    ]);
  });

  test('an entry that is paused stays where it is, the other one follows', async () => {
    await create(deployment, namespace, 'half', {
      annotations: triggers(
        trigger(deployment, 'a', 'one:20', { paused: true }),
        trigger(deployment, 'b', 'one:20'),
      ),
      images: { a: 'example.com/a:1', b: 'placeholder' },
    });
    await scene.pointTo('20.0.2', namespace, 'one');
    await untilImages(deployment, namespace, 'half', { a: 'example.com/a:1', b: image('20.0.2') });
    await untilFollowed(namespace, 'one');
    expect(await images(deployment, namespace, 'half')).toEqual({ a: 'example.com/a:1', b: image('20.0.2') });
  });

  test('single quotes in the path', async () => {
    await create(deployment, namespace, 'quoted', {
      annotations: triggers({
        from: { kind: 'ImageStreamTag', name: 'two:20' },
        fieldPath: "spec.template.spec.containers[?(@.name=='web')].image",
      }),
    });
    expect(await images(deployment, namespace, 'quoted')).toEqual({ web: image('20.0.3') });
    await untilFollowed(namespace, 'two');
    await scene.pointTo('20.0.2', namespace, 'two');
    await untilImages(deployment, namespace, 'quoted', { web: image('20.0.2') });
  });

  test('asked for, the change cause is the sentence of the event, and kubectl rollout history shows it', async () => {
    await create(deployment, namespace, 'told', {
      annotations: {
        ...triggers(trigger(deployment, 'web', 'one:20')),
        'pinstream.dev/trigger-change-cause': 'true',
      },
    });
    await untilReplicaSets(namespace, 'told', 1);
    await untilFollowed(namespace, 'one');
    await scene.pointTo('20.0.3', namespace, 'one');
    const { message } = await untilEvent(deployment, namespace, 'told', { reason: 'ImageTriggered' });
    const { annotations } = parse(
      await kubectl(`get deployment told -n ${namespace} -o jsonpath={.metadata}`),
    ) as { readonly annotations: Readonly<Record<string, string>> };
    expect(annotations['kubernetes.io/change-cause']).toBe(message);
    await scene.until('the history tells', async () =>
      expect(await kubectl(`rollout history deployment/told -n ${namespace}`)).toContain(message),
    );
  });
}
