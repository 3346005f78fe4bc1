import { beforeAll, describe, expect, test } from '@jest/globals';
import { fromRegistry } from '../importer/streams.ts';
import type { Scene } from './scene.ts';
import { kinds, trigger, triggers } from './workloads.ts';

const { deployment } = kinds;

/** Streams that one may not follow, and streams that lead nowhere. */
export function describeSources(scene: Scene): void {
  const { kubectl, run, image, streams, create, images, untilImages, untilFollowed, untilEvent } = scene;

  describe('of another namespace', () => {
    const untouched = `docker.io/library/own@sha256:${'2e'.repeat(32)}`;
    let command: string;
    scene.inNamespace('giver');
    scene.inNamespace('taker');
    beforeAll(async () => {
      await scene.createStream('giver', 'keycloak');
      await create(deployment, 'taker', 'web', {
        annotations: triggers(trigger(deployment, 'web', 'giver/keycloak:20')),
        images: { web: untouched },
      });
    });

    test('without the right to pull from there nothing is written, and an event has the command', async () => {
      const { message } = await untilEvent(deployment, 'taker', 'web', { reason: 'TriggerForbidden' });
      expect(message).toContain('giver/keycloak:20');
      command = /kubectl (create rolebinding .*)$/.exec(message)?.[1] ?? '';
      expect(command).toContain('-n giver');
      expect(await images(deployment, 'taker', 'web')).toEqual({ web: untouched });
    });

    test('with it, the next move rolls', async () => {
      expect(await kubectl(command)).toContain('created');
      await scene.pointTo('20.0.3', 'giver', 'keycloak');
      await untilImages(deployment, 'taker', 'web', { web: image('20.0.3') });
      await untilFollowed('giver', 'keycloak');
    });
  });

  describe('that lead nowhere', () => {
    const namespace = 'nowhere';
    scene.inNamespace(namespace);
    beforeAll(async () => {
      for (const stream of ['failing', 'vanishing', 'gone', 'moving']) {
        await scene.createStream(namespace, stream);
        await create(deployment, namespace, stream, {
          annotations: triggers(trigger(deployment, 'web', `${stream}:20`)),
        });
      }
      await create(deployment, namespace, 'waiting', {
        annotations: triggers(trigger(deployment, 'web', 'later:1')),
      });
      for (const stream of ['failing', 'vanishing', 'gone']) await untilFollowed(namespace, stream);
    });
    /** Another stream moves, and its workload follows: what was before that was seen before. */
    const untilAnotherMoved = async (version: '20.0.2' | '20.0.3'): Promise<void> => {
      await scene.pointTo(version, namespace, 'moving');
      await untilImages(deployment, namespace, 'moving', { web: image(version) });
    };

    test('a tag that was never imported: the placeholder stays, and says no problem', async () => {
      expect(await images(deployment, namespace, 'waiting')).toEqual({ web: 'placeholder' });
      expect(await scene.events(deployment, namespace, 'waiting')).not.toContainEqual(
        expect.objectContaining({ reason: expect.stringMatching(/^Trigger/) }),
      );
    });

    test('it comes when the image does', async () => {
      await streams.create(namespace, 'later', [fromRegistry('1', scene.registry(), 'team/keycloak:20.0.2')]);
      await untilImages(deployment, namespace, 'waiting', { web: image('20.0.2') });
    });

    test('an import that fails changes nothing', async () => {
      await streams.setTags(namespace, 'failing', [fromRegistry('20', scene.registry(), 'team/nobody:1')]);
      await streams.untilFailure(namespace, 'failing', '20');
      await untilAnotherMoved('20.0.3');
      expect(await images(deployment, namespace, 'failing')).toEqual({ web: image('20.0.2') });
      expect((await scene.get(deployment, namespace, 'failing')).metadata.generation).toBe(1);
    });

    test('a tag or a stream that is deleted changes nothing', async () => {
      await streams.setTags(namespace, 'vanishing', []);
      await streams.request('delete', namespace, 'vanishing', '20');
      await scene.until('the tag is gone', async () =>
        expect((await streams.tag(namespace, 'vanishing', '20'))?.items ?? []).toEqual([]),
      );
      await streams.remove(namespace, 'gone');
      await untilAnotherMoved('20.0.2');
      for (const name of ['vanishing', 'gone']) {
        expect(await images(deployment, namespace, name)).toEqual({ web: image('20.0.2') });
        expect((await scene.get(deployment, namespace, name)).metadata.generation).toBe(1);
      }
    });

    test('a stream that is made anew is followed anew', async () => {
      await streams.create(namespace, 'gone', [fromRegistry('20', scene.registry(), 'team/keycloak:20.0.3')]);
      await untilImages(deployment, namespace, 'gone', { web: image('20.0.3') });
      const { code } = await run(`get is gone -n ${namespace}`);
      expect(code).toBe(0);
    });
  });
}
