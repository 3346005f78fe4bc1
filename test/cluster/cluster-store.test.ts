import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { authenticate, mayGet } from '../../src/kube/access-review.ts';
import { systemClock, type Clock } from '../../src/kube/clock.ts';
import { connectToCluster, type Connection } from '../../src/kube/connect.ts';
import { startClusterStore, type ClusterStore } from '../../src/store/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { createRecordingLog } from '../support/recording-log.ts';
import { createRecordingSink } from '../support/recording-sink.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { describeOnCluster } from './suite.ts';

/** Waits a tenth of what it is asked to. */
const hurried: Clock = {
  now: () => systemClock.now(),
  sleep: (ms, signal) => systemClock.sleep(ms / 10, signal),
};
const manifest = (path: string): string => join(import.meta.dirname, '../../manifests', path);
const imageName = `sha256-${'a'.repeat(64)}`;

const stream = (name: string, tag: string): object => ({
  apiVersion: 'image.openshift.io/v1',
  kind: 'ImageStream',
  metadata: { name, namespace: 'default' },
  spec: { tags: [{ name: tag, from: { kind: 'DockerImage', name: `quay.io/${name}/${name}:${tag}` } }] },
});
const image = { apiVersion: 'image.openshift.io/v1', kind: 'Image', metadata: { name: imageName } };

describeOnCluster(
  'the cluster store',
  (cluster) => {
    let proxy: TcpProxy;
    let connection: Connection;
    let sink: ReturnType<typeof createRecordingSink>;
    let log: ReturnType<typeof createRecordingLog>;
    let store: ClusterStore;

    const kubectl = async (args: string[], input?: object): Promise<string> => {
      const options = input === undefined ? {} : { input: JSON.stringify(input) };
      const { code, stdout, stderr } = await cluster().kubectl(args, options);
      if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
      return stdout;
    };
    const apply = (object: object): Promise<string> => kubectl(['apply', '-f', '-'], object);
    const installKinds = (): Promise<string> =>
      kubectl(['apply', '-f', manifest('crd/imagestreams.yaml'), '-f', manifest('crd/images.yaml')]);
    const removeKinds = (): Promise<string> =>
      kubectl([
        'delete',
        '--ignore-not-found',
        'crd',
        'imagestreams.image.openshift.io',
        'images.image.openshift.io',
      ]);
    const until = (describe: string, check: () => void): Promise<void> =>
      eventually(check, { describe, timeoutMs: 20_000, intervalMs: 20 });
    const has = (...keys: string[]): Promise<void> =>
      until(`the store has ${keys.join(', ')}`, () =>
        expect(sink.keys().filter((key) => !key.startsWith('Namespace'))).toEqual(keys),
      );

    beforeAll(async () => {
      proxy = await startTcpProxy(Number(new URL(cluster().url).port));
      await kubectl(['apply', '-f', manifest('base/clusterrole.yaml')]);
      await kubectl([
        'create',
        'clusterrolebinding',
        'store',
        '--clusterrole=pinstream-webhook',
        '--user=store',
      ]);
    });
    afterAll(() => proxy.stop());

    beforeEach(async () => {
      connection = await connectToCluster({ kubeconfig: await throughProxy('store') });
      sink = createRecordingSink();
      log = createRecordingLog();
      store = startClusterStore({ client: connection.client, sink, log, clock: hurried });
    });
    afterEach(async () => {
      await store.stop();
      await connection.close();
    });

    async function throughProxy(user: string): Promise<string> {
      const path = await cluster().kubeconfigFor({ user });
      const text = await readFile(path, 'utf8');
      const rerouted = `${path}-proxied`;
      await writeFile(rerouted, text.replaceAll(cluster().url, `https://127.0.0.1:${proxy.port}`));
      return rerouted;
    }

    test('starts without image streams, says so, picks them up, and forgets them when they go', async () => {
      await until('it is ready', () => expect(store.synced()).toBe(true));
      expect(sink.keys()).toContain('Namespace /default');
      const missing = ['image streams', 'images'].map(
        (what) => `${what} are not served by this cluster (no CRD yet)`,
      );
      expect(store.notes()).toEqual(missing);

      await installKinds();
      await until('nothing is missing', () => expect(store.notes()).toEqual([]));
      await apply(stream('keycloak', '20.0'));
      await has('ImageStream default/keycloak');

      await removeKinds();
      await until('it says so', () => expect(store.notes()).toEqual(missing));
      await has();
      expect(log.lines.map(({ message }) => message)).toContain(
        'no longer served by this cluster; forgotten',
      );
    });

    describe('with image streams', () => {
      beforeAll(installKinds);
      afterAll(removeKinds);
      beforeEach(() =>
        until('all is read', () => expect([store.synced(), store.notes()]).toEqual([true, []])),
      );
      afterEach(() =>
        kubectl(['delete', 'imagestreams.image.openshift.io,images.image.openshift.io', '--all']),
      );

      test('sees what is created, changed and deleted, all as the role of the manifests allows', async () => {
        await apply(stream('keycloak', '20.0'));
        await apply(image);
        await apply({
          apiVersion: 'v1',
          kind: 'Namespace',
          metadata: { name: 'shop', labels: { team: 'a' } },
        });
        await has(`Image /${imageName}`, 'ImageStream default/keycloak');
        await until('the namespace is there', () =>
          expect(sink.get('Namespace /shop')).toMatchObject({ metadata: { labels: { team: 'a' } } }),
        );
        await apply(stream('keycloak', '21.0'));
        await until('the tag moved', () =>
          expect(sink.get('ImageStream default/keycloak')).toMatchObject({
            spec: { tags: [{ name: '21.0' }] },
          }),
        );
        await kubectl(['delete', 'imagestream', 'keycloak']);
        await has(`Image /${imageName}`);
        expect(store.staleSeconds()).toBeLessThan(20);
      });

      test('a cut line is resumed without listing again', async () => {
        await apply(stream('keycloak', '20.0'));
        await has('ImageStream default/keycloak');
        const listed = log.lines.filter(({ message }) => message === 'read from the cluster').length;

        proxy.cut();
        await until('it noticed', () => expect(store.notes()).toHaveLength(3));
        await kubectl(['delete', 'imagestream', 'keycloak']);
        await apply(stream('nagios', '4'));
        await has('ImageStream default/nagios');
        expect(store.synced()).toBe(true);
        expect(log.lines.filter(({ message }) => message === 'read from the cluster')).toHaveLength(listed);
      });

      test('a resourceVersion that is too old is answered 410', async () => {
        const path = '/apis/image.openshift.io/v1/imagestreams?watch=1&resourceVersion=1';
        const watch = connection.client.watch(path, AbortSignal.timeout(10_000));
        await expect(watch[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 410 });
      });
    });

    test('a user without the role is told which one', async () => {
      const stranger = await connectToCluster({
        kubeconfig: await cluster().kubeconfigFor({ user: 'stranger' }),
      });
      const refused = startClusterStore({ client: stranger.client, sink, log, clock: hurried });
      await until('it says so', () =>
        expect(refused.notes().at(-1)).toMatch(
          /^namespaces are not read yet: cannot list namespaces: forbidden: .* User "stranger" cannot list .*; the ClusterRole pinstream-webhook grants it$/,
        ),
      );
      expect(refused.synced()).toBe(false);
      await refused.stop();
      await stranger.close();
    });

    test('a service account is known by its token, and may what its roles say', async () => {
      const admin = await connectToCluster({ kubeconfig: cluster().kubeconfigPath });
      await kubectl(['create', 'serviceaccount', 'reader']);
      const token = (await kubectl(['create', 'token', 'reader'])).trim();
      await kubectl(['create', 'role', 'reader', '--verb=get', '--resource=configmaps']);
      await kubectl(['create', 'rolebinding', 'reader', '--role=reader', '--serviceaccount=default:reader']);

      const user = await authenticate(admin.client, token);
      expect(user).toMatchObject({ username: 'system:serviceaccount:default:reader' });
      expect(user?.groups).toContain('system:serviceaccounts');
      expect(await authenticate(admin.client, `${token}x`)).toBeUndefined();
      if (user === undefined) return;
      const configMaps = { group: '', resource: 'configmaps', verb: 'get' };
      await eventually(
        async () =>
          expect(await mayGet(admin.client, user, { ...configMaps, namespace: 'default' })).toBe(true),
        { describe: 'the role is in force', timeoutMs: 10_000 },
      );
      expect(await mayGet(admin.client, user, { ...configMaps, namespace: 'kube-system' })).toBe(false);
      await admin.close();
    });
  },
  { controllerManager: false },
);
