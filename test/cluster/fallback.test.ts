import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { writeInOneStep } from '../support/server.ts';
import { clusterImage, imageConfigCrd } from './fallback/image-config.ts';
import { jane, startSearchedRegistries, type SearchedRegistries } from './fallback/registries.ts';
import { dockerConfig, pullSecret } from './importer/secrets.ts';
import { inAWhile } from './manifests/commands.ts';
import type { Json } from './manifests/objects.ts';
import { startPinstream, type Pinstream } from './pinstream.ts';
import { storyOn } from './story/story.ts';
import { describeOnCluster } from './suite.ts';

/** Answers grow old at once, so that every test sees what registries say now. */
const cache = { ttl: '300ms', negativeTtl: '100ms' };
const configured = (fallback: object = {}): string => JSON.stringify({ fallback: { cache, ...fallback } });
const pullSecrets = 'manifests/components/pull-secrets';

/** A Deployment `shop/NAME` of the image `own:1`. */
function ownDeployment(name: string, podSpec: Json): Json {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop' },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'own', image: 'own:1' }], ...podSpec },
      },
    },
  };
}

describeOnCluster(
  'short names that no stream answers, on a real control plane with real registries',
  (cluster) => {
    let pinstream: Pinstream | undefined;
    let registries: SearchedRegistries | undefined;
    const running = (): Pinstream => {
      if (pinstream === undefined) throw new Error('Pinstream is not running');
      return pinstream;
    };
    const there = (): SearchedRegistries => {
      if (registries === undefined) throw new Error('the registries are not running');
      return registries;
    };
    const { kubectl, run, preview, until } = storyOn(cluster, running);
    const open = (): string => there().open.host;
    const guarded = (): string => there().guarded.host;
    const pin = (where: string): string => there().pinned(where);
    /** What the administrator of the cluster says of registries. */
    const setSources = async (search: readonly string[], further: Json = {}): Promise<void> => {
      await kubectl(
        'apply --server-side -f -',
        clusterImage({
          containerRuntimeSearchRegistries: search,
          insecureRegistries: [open(), guarded()],
          ...further,
        }),
      );
    };
    const openFirst = (): string[] => [open(), `${guarded()}/crew`, `${guarded()}/team`];
    const imagesOf = async (what: string): Promise<string> =>
      kubectl(`get ${what} -n shop -o jsonpath={..containers[*].image}`);

    beforeAll(async () => {
      registries = await startSearchedRegistries();
      const dockerFolder = join(cluster().dir, 'docker');
      await mkdir(dockerFolder);
      await writeFile(join(dockerFolder, 'config.json'), dockerConfig({ [`${guarded()}/crew`]: jane }));
      await kubectl('apply --server-side -f -', imageConfigCrd);
      await kubectl('wait --for=condition=Established --timeout=30s crd/images.config.openshift.io');
      await setSources(openFirst());
      await kubectl('create namespace shop');
      await eventually(() => kubectl('get serviceaccount default -n shop'), {
        describe: 'the service account of shop',
        ...inAWhile,
      });
      pinstream = await startPinstream(cluster(), {
        configuration: configured(),
        environment: { DOCKER_CONFIG: dockerFolder, PINSTREAM_POD_PULL_SECRETS: 'true' },
      });
      await kubectl(`apply -f ${pullSecrets}/clusterrole.yaml -f ${pullSecrets}/clusterrolebinding.yaml`);
    });
    afterAll(async () => {
      await pinstream?.stop();
      await registries?.open.remove();
      await registries?.guarded.remove();
    });

    test('kubectl create deployment: pinned to the first that has it, down to the Pod', async () => {
      expect(await run('create deployment web --image web:1 -n shop')).toMatchObject({ code: 0 });
      const pinned = pin(`${open()}/web`);
      await until('a Deployment, a ReplicaSet and a Pod', async () =>
        expect(await imagesOf('deployment,replicaset,pod -l app=web')).toBe(
          [pinned, pinned, pinned].join(' '),
        ),
      );
      const annotations = await kubectl('get deployment web -n shop -o jsonpath={.metadata.annotations}');
      const record = (JSON.parse(annotations) as Readonly<Record<string, string>>)[
        'pinstream.dev/resolved-images'
      ];
      expect(JSON.parse(record ?? '')).toEqual({
        web: {
          from: 'web:1',
          to: pinned,
          reason: 'Fallback',
          source: { kind: 'Registry', name: `${open()}/web:1` },
        },
      });
    });

    test('a warning says that the other one has a different image of that name', async () => {
      const said = `Warning: "web:1" is ${open()}/web: ${guarded()} has a different image of that name`;
      await until('the other one has answered, too', async () =>
        expect(await preview('web:1', 'shop')).toEqual({ image: pin(`${open()}/web`), said }),
      );
    });

    describe('credentials', () => {
      test("the server's own find what the Pod could not pull, and a warning says so", async () => {
        expect(await preview('only:1', 'shop')).toEqual({
          image: pin(`${guarded()}/crew/only`),
          said: expect.stringContaining('pulling needs a credential'),
        });
      });

      test('what nobody has a credential for is not found, like what does not exist', async () => {
        const { image, said } = await preview('own:1', 'shop');
        const missing = await preview('not:1', 'shop');
        expect(image).toBe('own:1');
        expect(said).toContain(`not found in ${open()}`);
        expect(said.replaceAll('own:1', 'not:1')).toBe(missing.said);
      });

      test.each([
        ['the Pod', 'of-the-pod', { imagePullSecrets: [{ name: 'team' }] }],
        ['its service account', 'of-the-account', { serviceAccountName: 'puller' }],
      ])('a pull secret of %s finds it, without a warning', async (_whose, name, podSpec) => {
        await kubectl('apply -n shop -f -', pullSecret('team', { [`${guarded()}/team`]: jane }));
        await kubectl('apply -n shop -f -', {
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: { name: 'puller' },
          imagePullSecrets: [{ name: 'team' }],
        });
        await until('RBAC lets the webhook read it', async () => {
          const { stderr } = await run('create --dry-run=server -f -', ownDeployment(name, podSpec));
          expect(stderr).toBe('');
        });
        expect(await run('create -f -', ownDeployment(name, podSpec))).toMatchObject({ code: 0, stderr: '' });
        expect(await imagesOf(`deployment ${name}`)).toBe(pin(`${guarded()}/team/own`));
      });
    });

    describe('config.openshift.io Image "cluster", changed while Pinstream runs', () => {
      test('another order: the other registry decides', async () => {
        await setSources([`${guarded()}/crew`, open()]);
        await until('the new order counts', async () =>
          expect(await preview('web:1', 'shop')).toMatchObject({ image: pin(`${guarded()}/crew/web`) }),
        );
      });

      test('a blocked registry: what names it is denied by the rule, what does not is found elsewhere', async () => {
        await setSources([`${guarded()}/crew`, open()], { blockedRegistries: [guarded()] });
        const image = `${guarded()}/crew/web:1`;
        await until('the rule counts', async () => {
          const { code, stderr } = await run(`create deployment refused --image=${image} -n shop`);
          expect({ code, stderr }).toEqual({
            code: 1,
            stderr: expect.stringContaining(
              `container "web", image "${image}": ${guarded()}/crew/web is blocked by the registry rule "${guarded()}" (RegistryBlocked)`,
            ),
          });
        });
        expect(await preview('web:1', 'shop')).toEqual({ image: pin(`${open()}/web`), said: '' });
        expect(await preview('only:1', 'shop')).toMatchObject({ image: 'only:1' });
      });

      test('an allow list: what no allowed registry has is denied by the list', async () => {
        await setSources([`${guarded()}/crew`, open()], { allowedRegistries: [open()] });
        await until('the list counts', async () =>
          expect((await preview('only:1', 'shop')).said).toContain(
            `docker.io/library/only is in none of the allowed registries (${open()}) (RegistryNotAllowed)`,
          ),
        );
        expect(await preview('web:1', 'shop')).toMatchObject({ image: pin(`${open()}/web`) });
      });
    });

    describe('registries that stop', () => {
      beforeAll(async () => {
        await setSources(openFirst());
        await until('the first order counts again', async () => {
          expect(await preview('web:1', 'shop')).toMatchObject({ image: pin(`${open()}/web`) });
          expect(await preview('only:1', 'shop')).toMatchObject({ image: pin(`${guarded()}/crew/only`) });
        });
      });

      test('the first one: the second answers, and a warning says so', async () => {
        await there().open.stop();
        const { code, stderr } = await run('create deployment again --image again:1 -n shop');
        expect({ code, stderr }).toEqual({
          code: 0,
          stderr: expect.stringContaining(`${open()} could not be asked (cannot be reached)`),
        });
        expect(await imagesOf('deployment again')).toBe(pin(`${guarded()}/crew/again`));
      });

      test('both: what is known is served, stale, with a warning', async () => {
        await there().guarded.stop();
        await until('the answer is stale', async () =>
          expect((await preview('web:1', 'shop')).said).toContain(`${open()} fails; its answer is `),
        );
        await kubectl('create deployment stale --image web:1 -n shop');
        expect(await imagesOf('deployment stale')).toBe(pin(`${open()}/web`));
      });

      test('both: a name that is not known is left alone with a warning', async () => {
        expect(await preview('new:1', 'shop')).toEqual({
          image: 'new:1',
          said: expect.stringContaining(`"new:1" is left alone: no answer from ${open()}: `),
        });
      });

      test('both, and onFailure: deny: it is refused, and what is known still is not', async () => {
        await writeInOneStep(running().configPath, configured({ onFailure: 'deny' }));
        await until('the configuration counts', async () => {
          const { code, stderr } = await run('create deployment new --image new:1 -n shop');
          expect(code).toBe(1);
          expect(stderr).toMatch(/container "new", image "new:1": .*\(FallbackFailed\)\n$/);
        });
        expect(await preview('web:1', 'shop')).toMatchObject({ image: pin(`${open()}/web`) });
      });
    });
  },
  { furtherTools: ['registry'] },
);
