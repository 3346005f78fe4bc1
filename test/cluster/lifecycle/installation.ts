import { beforeAll, describe, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { objectAt } from '../../../src/json/untyped.ts';
import { eventually } from '../../support/eventually.ts';
import type { Commands } from '../manifests/commands.ts';
import { dockerImage, job, stream, tag, type Json } from '../manifests/objects.ts';
import { applyWith, configurations, inAWhile, startOnce, typeDocumented } from './commands.ts';

/** From one version to the next, to nothing, and back. */
export function describeInstallation(commands: Commands): void {
  const { run, kubectl } = commands;
  const failing = ['rules', 'fail-closed'];
  const kept = job('nowhere:1.0', { namespace: 'default', name: 'mine' });
  const metadataOf = async (kind: string): Promise<Json> =>
    objectAt(JSON.parse(await kubectl(`get ${kind} pinstream -o json`)), 'metadata');
  const bundles = (): Promise<string> =>
    kubectl(`get ${configurations} pinstream -o jsonpath={.items[*].webhooks[*].clientConfig.caBundle}`);
  const create = (object: Json): Promise<string> =>
    run('create --dry-run=server -f -', object).then(({ stderr }) => stderr);

  /** Whatever state the suite is in: installed, failing closed, and started once. */
  async function installed(): Promise<void> {
    expect(await applyWith(commands, failing)).toMatchObject({ code: 0 });
    await startOnce(commands);
    await eventually(async () => expect(await create(kept)).toContain('failed calling webhook'), {
      describe: 'the webhook is called',
      ...inAWhile,
    });
  }

  describe('upgrading', () => {
    /** Everything as an older version had it: other arguments, another image, fewer rights. */
    async function olderVersion(): Promise<string> {
      const older = parseAllDocuments(await kubectl('kustomize manifests')).map((document) => {
        const text = JSON.stringify(document.toJS())
          .replaceAll(/(ghcr\.io\/pinstream\/pinstream):[^"]+/g, '$1:0.0.1')
          .replaceAll('"--registry-certs=/etc/pinstream-registry-certs"', '"--registry-certs=/etc/old"')
          .replaceAll('"get","watch","patch"', '"get","patch"');
        return JSON.parse(text) as Json;
      });
      return kubectl('apply --server-side -f -', { apiVersion: 'v1', kind: 'List', items: older });
    }
    const container =
      '-o jsonpath={.spec.template.spec.containers[0].image}/{.spec.template.spec.containers[0].args}';
    const shown = (): Promise<string> =>
      kubectl(`get deployment pinstream-webhook -n pinstream-system ${container}`);

    beforeAll(async () => {
      await run(`delete ${configurations} pinstream --ignore-not-found`);
      await olderVersion();
      await startOnce(commands);
    }, 300_000);

    test('finds no conflict, changes what is ours, and keeps what the webhook wrote', async () => {
      const before = { bundles: await bundles(), owners: await ownersOf() };
      expect(before.bundles).not.toBe('');
      expect(await shown()).toContain(':0.0.1');
      const { code, stdout, stderr } = await applyWith(commands);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/^(\S+ serverside-applied\n)+$/);
      expect(await shown()).not.toMatch(/:0\.0\.1|\/etc\/old/);
      expect({ bundles: await bundles(), owners: await ownersOf() }).toEqual(before);
    }, 120_000);

    test('twice changes nothing', async () => {
      const versions = async (): Promise<unknown> =>
        Promise.all(
          ['mutatingwebhookconfiguration', 'validatingwebhookconfiguration'].map(
            async (kind) => (await metadataOf(kind)).resourceVersion,
          ),
        );
      const before = await versions();
      expect(await applyWith(commands)).toMatchObject({ code: 0, stderr: '' });
      expect(await versions()).toEqual(before);
    }, 120_000);

    test('to failing closed and back leaves no webhook behind that nobody asked for', async () => {
      await applyWith(commands, failing);
      const named = '-o jsonpath={.items[*].webhooks[*].name}';
      expect((await kubectl(`get ${configurations} pinstream ${named}`)).split(' ').sort()).toEqual([
        'imagestreams.pinstream.dev',
        'mutate.pinstream.dev',
        'validate.pinstream.dev',
      ]);
      await applyWith(commands);
      expect((await kubectl(`get ${configurations} pinstream ${named}`)).split(' ').sort()).toEqual([
        'imagestreams.pinstream.dev',
        'mutate.pinstream.dev',
      ]);
    }, 120_000);

    test('back to the older version finds no conflict either, and keeps what the webhook wrote', async () => {
      const before = await bundles();
      await olderVersion();
      expect(await shown()).toContain(':0.0.1');
      expect(await bundles()).toBe(before);
    }, 120_000);

    async function ownersOf(): Promise<unknown> {
      return (await metadataOf('mutatingwebhookconfiguration')).ownerReferences;
    }
  });

  describe('removing', () => {
    const stays = stream([tag(dockerImage)], {}, { namespace: 'default', name: 'stays' });
    /** Nothing of ours that acts: what calls, what is called, and the rights of both. */
    const left = async (): Promise<string> =>
      kubectl(
        `get ${configurations},namespaces,clusterroles,clusterrolebindings -o name ` +
          '-l app.kubernetes.io/part-of=pinstream',
      );

    beforeAll(async () => {
      await run(`delete ${configurations} pinstream --ignore-not-found`);
      await eventually(async () => expect(await run('apply -f -', stays)).toMatchObject({ code: 0 }), {
        describe: 'a stream',
        ...inAWhile,
      });
    }, 300_000);

    test('as documented leaves nothing that calls us, and keeps kinds, streams and the roles of people', async () => {
      await installed();
      await typeDocumented(commands, 'Uninstalling');
      await eventually(
        async () =>
          expect((await left()).trim().split('\n').sort()).toEqual([
            'clusterrole.rbac.authorization.k8s.io/pinstream-aggregate-to-edit',
            'clusterrole.rbac.authorization.k8s.io/pinstream-aggregate-to-view',
            'clusterrole.rbac.authorization.k8s.io/pinstream-image-reader',
            'clusterrole.rbac.authorization.k8s.io/system:image-puller',
            'clusterrolebinding.rbac.authorization.k8s.io/pinstream-image-reader',
          ]),
        { describe: 'everything else is gone', ...inAWhile },
      );
      await eventually(async () => expect(await create(kept)).toBe(''), {
        describe: 'workloads are admitted',
        ...inAWhile,
      });
      expect(await kubectl('get is stays -n default -o name')).toContain('stays');
    }, 300_000);

    test('only the namespace takes the webhook configurations with it, failing closed too', async () => {
      await installed();
      await kubectl('delete namespace pinstream-system --wait=false');
      await eventually(
        async () => expect(await run('get namespace pinstream-system')).toMatchObject({ code: 1 }),
        {
          describe: 'the namespace is gone',
          ...inAWhile,
        },
      );
      await eventually(
        async () => expect(await kubectl(`get ${configurations} -o name`)).not.toContain('/pinstream\n'),
        { describe: 'the webhook configurations are collected', ...inAWhile },
      );
      await eventually(async () => expect(await create(kept)).toBe(''), {
        describe: 'workloads are admitted',
        ...inAWhile,
      });
    }, 300_000);

    test('and installing again finds the streams as they were', async () => {
      await installed();
      expect(await kubectl('get is stays -n default -o jsonpath={.spec.tags[0].name}')).toBe('1.0');
    }, 300_000);

    test('the kinds takes the streams with them, even while the webhook is down', async () => {
      await typeDocumented(commands, 'Remove the streams too');
      await eventually(
        async () => expect(await kubectl('get crd -o name')).not.toContain('image.openshift.io'),
        {
          describe: 'the kinds are gone',
          ...inAWhile,
        },
      );
    }, 300_000);
  });
}
