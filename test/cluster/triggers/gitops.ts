import { beforeAll, describe, expect, test } from '@jest/globals';
import type { KubectlResult } from '../kubectl.ts';
import type { Json } from '../manifests/objects.ts';
import type { Scene } from './scene.ts';
import { imageOwners, kinds, trigger, triggers, workload } from './workloads.ts';

const namespace = 'gitops';
const { deployment } = kinds;
const managers = ['argocd-controller', 'kustomize-controller'] as const;
const ours = 'pinstream-triggers (Update)';

/**
 * What GitOps tools do with a manifest from Git, again and again, while triggers set the image: server-side apply under the
 * names that Argo CD and Flux use, and kubectl's own apply (docs/gitops.md). The tools themselves are not run.
 */
export function describeGitOps(scene: Scene): void {
  const { run, kubectl, image, images, get, untilImages, untilFollowed, untilReplicaSets } = scene;
  const manifest = (name: string, written: string | undefined, further: Json = {}): Json =>
    workload(deployment, namespace, name, {
      annotations: { ...triggers(trigger(deployment, 'web', `${name}:20`)), ...further },
      images: { web: written },
    });
  const applied = (manager: string, object: Json, force = false): Promise<KubectlResult> =>
    run(`apply --server-side --field-manager=${manager}${force ? ' --force-conflicts' : ''} -f -`, object);
  const owners = async (name: string): Promise<readonly string[]> =>
    imageOwners(await get(deployment, namespace, name), 'web');
  const generation = async (name: string): Promise<number | undefined> =>
    (await get(deployment, namespace, name)).metadata.generation;
  const moved = async (name: string): Promise<void> => {
    await untilFollowed(namespace, name);
    // A change before the Deployment's controller has seen the first image would be no second rollout.
    await untilReplicaSets(namespace, name, 1);
    await scene.pointTo('20.0.3', namespace, name);
    await untilImages(deployment, namespace, name, { web: image('20.0.3') });
    await untilFollowed(namespace, name);
  };
  scene.inNamespace(namespace);

  describe.each(managers)('server-side apply as %s, without an image in Git', (manager) => {
    const name = `without-${manager}`;
    beforeAll(() => scene.createStream(namespace, name), 60_000);

    test('created, it has the image of the tag', async () => {
      expect(await applied(manager, manifest(name, undefined))).toMatchObject({ code: 0, stderr: '' });
      expect(await images(deployment, namespace, name)).toEqual({ web: image('20.0.2') });
      expect(await untilReplicaSets(namespace, name, 1)).toHaveLength(1);
      expect(await owners(name)).not.toContain(`${manager} (Apply)`);
    });

    test('applied again before and after a move, it has no conflict and changes nothing', async () => {
      expect(await applied(manager, manifest(name, undefined))).toMatchObject({ code: 0, stderr: '' });
      expect(await generation(name)).toBe(1);
      await moved(name);
      expect(await owners(name)).toEqual([ours]);
      const before = await generation(name);
      expect(await applied(manager, manifest(name, undefined))).toMatchObject({ code: 0, stderr: '' });
      expect(await images(deployment, namespace, name)).toEqual({ web: image('20.0.3') });
      expect(await generation(name)).toBe(before);
      expect(await owners(name)).toEqual([ours]);
    });

    test('what Git changes beside the image is applied', async () => {
      const object = manifest(name, undefined, { team: 'a' });
      expect(await applied(manager, object)).toMatchObject({ code: 0, stderr: '' });
      expect((await get(deployment, namespace, name)).metadata.annotations).toMatchObject({ team: 'a' });
      expect(await images(deployment, namespace, name)).toEqual({ web: image('20.0.3') });
    });

    test('kubectl diff --server-side shows no difference', async () => {
      const diff = await run(
        `diff --server-side --field-manager=${manager} -f -`,
        manifest(name, undefined, { team: 'a' }),
      );
      expect(diff).toMatchObject({ code: 0, stdout: '' });
    });
  });

  describe.each(managers)('server-side apply as %s, with a placeholder in Git', (manager) => {
    const name = `with-${manager}`;
    beforeAll(async () => {
      await scene.createStream(namespace, name);
      expect(await applied(manager, manifest(name, 'placeholder'))).toMatchObject({ code: 0 });
      await moved(name);
    });

    test('after a move, a plain apply is a conflict with pinstream-triggers', async () => {
      const { code, stderr } = await applied(manager, manifest(name, 'placeholder'));
      expect(code).toBe(1);
      expect(stderr).toContain('conflict with "pinstream-triggers"');
      expect(stderr).toContain('.spec.template.spec.containers[name="web"].image');
    });

    test('forced, as both tools do, it rolls nothing out: the webhook puts the image of the tag there', async () => {
      const force = (): Promise<KubectlResult> => applied(manager, manifest(name, 'placeholder'), true);
      expect(await force()).toMatchObject({ code: 0 });
      expect(await images(deployment, namespace, name)).toEqual({ web: image('20.0.3') });
      expect(await owners(name)).toEqual([`${manager} (Apply)`]);
      // The first one writes down again what the placeholder became; from then on nothing is written at all.
      const before = await generation(name);
      expect(await force()).toMatchObject({ code: 0 });
      expect(await generation(name)).toBe(before);
      await scene.untilSeen(namespace);
      expect(await images(deployment, namespace, name)).toEqual({ web: image('20.0.3') });
      expect(await untilReplicaSets(namespace, name, 2)).toHaveLength(2);
    });

    test('the next move rolls all the same', async () => {
      await scene.pointTo('20.0.2', namespace, name);
      await untilImages(deployment, namespace, name, { web: image('20.0.2') });
      expect(await owners(name)).toContain(ours);
    });
  });

  test('kubectl apply, as Argo CD does without ServerSideApply: applied again after a move it rolls nothing out', async () => {
    const name = 'client-side';
    await scene.createStream(namespace, name);
    const object = manifest(name, 'placeholder');
    await kubectl('apply -f -', object);
    await moved(name);
    await kubectl('apply -f -', object);
    expect(await images(deployment, namespace, name)).toEqual({ web: image('20.0.3') });
    const before = await generation(name);
    await kubectl('apply -f -', object);
    expect(await generation(name)).toBe(before);
    await scene.untilSeen(namespace);
    expect(await images(deployment, namespace, name)).toEqual({ web: image('20.0.3') });
    expect(await untilReplicaSets(namespace, name, 2)).toHaveLength(2);
  });

  describe('with the webhook away', () => {
    const name = 'bypassed';
    beforeAll(async () => {
      await scene.createStream(namespace, name);
      await scene.pinstream().stop();
    });

    test('without an image in Git nothing is admitted: no Pod runs by accident', async () => {
      const { code, stderr } = await applied('argocd-controller', manifest(name, undefined));
      expect(code).toBe(1);
      expect(stderr).toContain('spec.template.spec.containers[0].image: Required value');
    });

    test('a placeholder is admitted, and the controller writes the image: two rollouts, as upstream', async () => {
      // Who comes first, our controller or that of Deployments, is open: ours waits, to have the case that costs most.
      scene.controller().pause();
      try {
        expect(await applied('argocd-controller', manifest(name, 'placeholder'))).toMatchObject({ code: 0 });
        await untilReplicaSets(namespace, name, 1, ['placeholder']);
      } finally {
        scene.controller().resume();
      }
      await untilImages(deployment, namespace, name, { web: image('20.0.2') });
      await untilReplicaSets(namespace, name, 2, [image('20.0.2')]);
    });

    test('back again', () => scene.pinstream().start(), 60_000);
  });
}
