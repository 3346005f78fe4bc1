import { beforeAll, expect, test } from '@jest/globals';
import type { Scene } from './scene.ts';
import { kinds, trigger, triggers } from './workloads.ts';

const namespace = 'by-hand';
const { deployment } = kinds;
const other = `docker.io/library/other@sha256:${'1f'.repeat(32)}`;

/** What people do to images that a trigger has set. */
export function describeByHand(scene: Scene): void {
  const { kubectl, image, create, images, untilImages, untilReplicaSets, untilFollowed, untilSeen } = scene;
  const follow = (name: string, mode: string): Promise<void> =>
    create(deployment, namespace, name, {
      annotations: {
        ...triggers(trigger(deployment, 'web', `${name}:20`)),
        'pinstream.dev/trigger-mode': mode,
      },
    });
  const undo = (name: string): Promise<string> => kubectl(`rollout undo deployment/${name} -n ${namespace}`);
  scene.inNamespace(namespace);
  beforeAll(async () => {
    for (const [stream, mode] of [
      ['loose', 'on-move'],
      ['strict', 'enforce'],
    ] as const) {
      await scene.createStream(namespace, stream);
      await follow(stream, mode);
      await untilReplicaSets(namespace, stream, 1);
      await untilFollowed(namespace, stream);
      await scene.pointTo('20.0.3', namespace, stream);
      await untilReplicaSets(namespace, stream, 2);
      await untilFollowed(namespace, stream);
    }
  });

  test('on-move: kubectl rollout undo stays', async () => {
    expect(await undo('loose')).toContain('rolled back');
    await untilImages(deployment, namespace, 'loose', { web: image('20.0.2') });
    await untilSeen(namespace);
    expect(await images(deployment, namespace, 'loose')).toEqual({ web: image('20.0.2') });
  });

  test('on-move: an image that somebody pins by hand stays', async () => {
    await kubectl(`set image deployment/loose web=${other} -n ${namespace}`);
    await untilSeen(namespace);
    expect(await images(deployment, namespace, 'loose')).toEqual({ web: other });
  });

  test('on-move: it stays when the controller starts anew', async () => {
    await scene.controller().end('SIGTERM');
    await scene.controller().start();
    await scene.controller().untilLeads();
    await untilSeen(namespace);
    expect(await images(deployment, namespace, 'loose')).toEqual({ web: other });
  });

  test('on-move: the next move takes it along', async () => {
    await scene.pointTo('20.0.2', namespace, 'loose');
    await untilImages(deployment, namespace, 'loose', { web: image('20.0.2') });
    await untilFollowed(namespace, 'loose');
  });

  test('on-move: after a move back, and when the controller starts anew, undo stays, too', async () => {
    await undo('loose');
    await untilImages(deployment, namespace, 'loose', { web: other });
    await scene.controller().end('SIGTERM');
    await scene.controller().start();
    await scene.controller().untilLeads();
    await untilSeen(namespace);
    expect(await images(deployment, namespace, 'loose')).toEqual({ web: other });
  });

  test('on-move: a placeholder that somebody writes is replaced', async () => {
    await kubectl(`set image deployment/loose web=placeholder -n ${namespace}`);
    expect(await images(deployment, namespace, 'loose')).toEqual({ web: image('20.0.2') });
  });

  test('enforce: kubectl rollout undo comes to nothing, at admission', async () => {
    await undo('strict');
    await untilSeen(namespace);
    expect(await images(deployment, namespace, 'strict')).toEqual({ web: image('20.0.3') });
    await untilReplicaSets(namespace, 'strict', 2, [image('20.0.3')]);
  });

  test('enforce: with the webhook away the controller writes it back', async () => {
    await scene.pinstream().stop();
    try {
      await undo('strict');
      await scene.untilEvent(deployment, namespace, 'strict', {
        reason: 'ImageTriggered',
        message: expect.stringContaining(`${image('20.0.2')} → ${image('20.0.3')}`),
      });
      await untilImages(deployment, namespace, 'strict', { web: image('20.0.3') });
    } finally {
      await scene.pinstream().start();
    }
  });
}
