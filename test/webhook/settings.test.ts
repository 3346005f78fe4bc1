import { describe, expect, test } from '@jest/globals';
import { digest, openStream, pinned } from '../support/objects.ts';
import { creation, deploymentOf, podOf, update, type Workload } from '../support/reviews.ts';
import { startServer, type TestServer } from '../support/server.ts';

const v1 = pinned('app', '1');

describe('what the configuration changes', () => {
  /** A server with this configuration, for one test. */
  async function withServer(config: object, use: (server: TestServer) => Promise<void>): Promise<void> {
    const configured = await startServer({
      config,
      objects: [
        openStream('shop', 'app', ['v1']),
        { ...openStream('shop', 'norepo', ['v1']), status: { tags: [] } },
        openStream('shop', 'emptyrepo', ['v1']),
      ],
    });
    try {
      await use(configured);
    } finally {
      await configured.stop();
    }
  }

  test('missingTag: deny refuses a tag that an open stream does not have, and names those it has', async () => {
    await withServer({ lookup: { missingTag: 'deny' } }, async ({ review }) => {
      const answer = await review('/mutate', creation(podOf('app:v9')));
      expect(answer).toMatchObject({ allowed: false, patch: [], status: { code: 422, reason: 'Invalid' } });
      expect(answer.status?.message).toMatch(/container "c", image "app:v9".*tags: v1/);
      expect(answer.status?.details.causes).toEqual([
        {
          reason: 'FieldValueForbidden',
          field: 'spec.containers[0].image',
          message: expect.stringContaining('prohibited by policy'),
        },
      ]);
      expect(await review('/mutate', creation(podOf('nginx:1')))).toMatchObject({ allowed: true });
    });
  });

  test('ownedPods resolves Pods of owners that are no built-in workload', async () => {
    const owned = (apiVersion: string, kind: string) =>
      creation(podOf('app:v1', { owner: { apiVersion, kind } }));
    await withServer({ lookup: { ownedPods: true } }, async ({ review }) => {
      expect((await review('/mutate', owned('argoproj.io/v1alpha1', 'Workflow'))).patch).not.toEqual([]);
      expect((await review('/mutate', owned('apps/v1', 'ReplicaSet'))).patch).toEqual([]);
    });
    await withServer({}, async ({ review }) => {
      expect((await review('/mutate', owned('argoproj.io/v1alpha1', 'Workflow'))).patch).toEqual([]);
    });
  });

  test('internalRegistryHostname fills in a repository that is absent, not one that is empty', async () => {
    await withServer({ internalRegistryHostname: 'registry.example:5000' }, async ({ review }) => {
      const [image] = (await review('/mutate', creation(podOf('norepo:v9')))).patch;
      expect(image).toMatchObject({ value: 'registry.example:5000/shop/norepo:v9' });
      expect((await review('/mutate', creation(podOf('emptyrepo:v9')))).patch).toEqual([]);
    });
  });

  test('blocked registries: what would be pulled counts', async () => {
    const blockedRegistries = ['docker.io', 'quay.example.com/acme/app', '*.evil.example'];
    await withServer({ registrySources: { blockedRegistries } }, async ({ review }) => {
      const judge = async (object: Workload) => (await review('/mutate', creation(object))).status?.message;
      expect(await judge(podOf('nginx:1'))).toMatch(
        /docker\.io\/library\/nginx is blocked by the registry rule "docker\.io"/,
      );
      expect(await judge(podOf('app:v1'))).toMatch(
        /image "app:v1".*blocked by the registry rule "quay\.example\.com\/acme\/app"/,
      );
      expect(await judge(podOf('a.evil.example/x:1'))).toMatch(/rule "\*\.evil\.example"/);
      expect(await judge(podOf('quay.io/x:1'))).toBeUndefined();
      expect(await judge(podOf('nginx:1', { annotations: { 'pinstream.dev/skip': 'true' } }))).toMatch(
        /docker\.io/,
      );
      expect(
        await judge(podOf('nginx:1', { annotations: { 'pinstream.dev/skip-containers': 'c' } })),
      ).toMatch(/docker\.io/);
    });
  });

  test('a rule does not break the next change of what is there already', async () => {
    await withServer({ registrySources: { blockedRegistries: ['docker.io'] } }, async ({ review }) => {
      for (const path of ['/mutate', '/validate'] as const) {
        const relabelled = update(deploymentOf('nginx:1'), deploymentOf('nginx:1'));
        expect(await review(path, relabelled)).toMatchObject({ allowed: true });
        const changed = update(deploymentOf('nginx:1'), deploymentOf('nginx:2'));
        expect(await review(path, changed)).toMatchObject({ allowed: false });
      }
    });
  });

  test('allowed registries: everything else is refused, on validation too', async () => {
    const config = {
      registrySources: { allowedRegistries: ['quay.example.com'] },
      internalRegistryHostname: 'registry.example:5000',
    };
    await withServer(config, async ({ review }) => {
      const judge = async (image: string, path: '/mutate' | '/validate') =>
        (await review(path, creation(podOf(image)))).status?.message;
      expect(await judge('app:v1', '/mutate')).toBeUndefined();
      expect(await judge(v1, '/validate')).toBeUndefined();
      expect(await judge('registry.example:5000/shop/x:1', '/mutate')).toBeUndefined();
      for (const path of ['/mutate', '/validate'] as const) {
        expect(await judge('nginx:1', path)).toMatch(
          /docker\.io\/library\/nginx is in none of the allowed registries \(quay\.example\.com\)/,
        );
      }
    });
  });

  test('Required takes a digest that a stream names, and refuses others', async () => {
    await withServer({ imagePolicy: { resolveImages: 'Required' } }, async ({ review }) => {
      const judge = async (image: string) => (await review('/validate', creation(podOf(image)))).allowed;
      expect(await judge(v1)).toBe(true);
      expect(await judge(`quay.example.com/acme/app@${digest('9')}`)).toBe(false);
      expect(await judge('quay.example.com/acme/app:v1')).toBe(false);
    });
  });
});
