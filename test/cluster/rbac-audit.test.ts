import { join } from 'node:path';
import { mkdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { watchChanges } from '../../src/certs/changes.ts';
import { startSelfManaged } from '../../src/certs/self-managed.ts';
import { collectOnce, minimumAgeMs } from '../../src/controllers/garbage-collector.ts';
import { systemClock } from '../../src/kube/clock.ts';
import { connectToCluster } from '../../src/kube/connect.ts';
import { clusterStreams } from '../../src/store/cluster-streams.ts';
import { pushImage } from '../support/oci-images.ts';
import { createRecordingLog } from '../support/recording-log.ts';
import type { AuditEvent } from './audit.ts';
import { clusterImage } from './fallback/image-config.ts';
import { configurationOf, startController, type Controller } from './importer/controller.ts';
import { jane } from './importer/credentials.ts';
import { pullSecret } from './importer/secrets.ts';
import { fromRegistry } from './importer/streams.ts';
import { worldOn } from './importer/world.ts';
import { startPinstream, type Pinstream } from './pinstream.ts';
import { configCrd } from './rbac-audit/kinds.ts';
import { grantedRights, isUseOf, resourceOf, rightLine } from './rbac-audit/rights.ts';
import { startRegistry, type Registry } from './registry.ts';
import { tokenOf, writeServiceAccountKubeconfig } from './story/credentials.ts';
import { ask } from './story/https.ts';
import { root } from './story/root.ts';
import { describeOnCluster } from './suite.ts';
import { kinds, trigger, triggers, workload, imagesOf, type WorkloadObject } from './triggers/workloads.ts';

const namespace = 'audited';
const system = 'pinstream-system';
const accounts = ['pinstream-webhook', 'pinstream-controller'];
const withPullSecrets = 'components/pull-secrets';

/** What the roles give and this suite cannot see used, and why it is given all the same. */
const again = [
  'deployments.apps',
  'statefulsets.apps',
  'daemonsets.apps',
  'cronjobs.batch',
  'replicationcontrollers',
];
const unusedForAReason: readonly string[] = [
  // Read again when a write met another one, which nobody can arrange from outside (test/controllers/trigger-controller.test.ts).
  ...again.map((resource) => `pinstream-controller: get ${resource}`),
];

/** What is refused and may be: outside a Pod the controller looks where the manifests are installed, and refused means that they are. */
const refusedForAReason: readonly string[] = ['pinstream-controller: get namespaces'];

describeOnCluster(
  'the roles of the manifests, compared with what is asked of the API server',
  (cluster) => {
    let registry: Registry;
    let pinstream: Pinstream | undefined;
    let controllers: readonly Controller[] = [];
    let used: readonly AuditEvent[] = [];
    const { kubectl, run, streams, until } = worldOn(cluster);
    const digests: string[] = [];

    const pushed = async (version: string): Promise<string> => {
      const target = { url: registry.url, credential: jane };
      const image = { os: 'linux', architecture: 'amd64', labels: { version } };
      return (await pushImage(target, 'team/web', 'v1', image)).digest;
    };
    const tag = () => fromRegistry('v1', registry, 'team/web:v1');
    const pinnedTo = (digest = ''): string => `${registry.host}/team/web@${digest}`;

    beforeAll(async () => {
      registry = await startRegistry({
        auth: { kind: 'htpasswd', user: jane.username, password: jane.password },
      });
      const crds = [
        configCrd('Image', 'images'),
        configCrd('ImageDigestMirrorSet', 'imagedigestmirrorsets'),
        configCrd('ImageTagMirrorSet', 'imagetagmirrorsets'),
      ];
      for (const crd of crds) await kubectl('apply --server-side -f -', crd);
      await kubectl('wait --for=condition=Established --timeout=60s crd --all');
      await kubectl(
        'apply --server-side -f -',
        clusterImage({
          containerRuntimeSearchRegistries: [`${registry.host}/team`],
          insecureRegistries: [registry.host],
        }),
      );
      await kubectl(`create namespace ${namespace}`);
      await until('its service account', () => kubectl(`get serviceaccount default -n ${namespace}`));
      await kubectl(`create -n ${namespace} -f -`, pullSecret('team', { [registry.host]: jane }));
      // One that no list has is asked for by name.
      const named = '{"imagePullSecrets":[{"name":"of-another-type"}]}';
      await kubectl(`patch serviceaccount default -n ${namespace} -p ${named}`);
      const dockerFolder = join(cluster().dir, 'no-docker');
      await mkdir(dockerFolder);
      const environment = { DOCKER_CONFIG: dockerFolder, PINSTREAM_POD_PULL_SECRETS: 'true' };
      pinstream = await startPinstream(cluster(), { environment });
      await kubectl(
        `apply -f manifests/${withPullSecrets}/clusterrole.yaml -f manifests/${withPullSecrets}/clusterrolebinding.yaml`,
      );
      const configuration = configurationOf();
      controllers = [
        await startController(cluster(), { configuration }),
        await startController(cluster(), { configuration }),
      ];
    }, 240_000);
    afterAll(async () => {
      for (const controller of controllers) await controller.end();
      await pinstream?.stop();
      await registry.remove();
    });

    test('a private image is imported with the pull secret of its namespace', async () => {
      digests.unshift(await pushed('1'));
      await streams.create(namespace, 'web', [tag()], { spec: { lookupPolicy: { local: true } } });
      await streams.untilHistory(namespace, 'web', 'v1', digests, 60_000);
    }, 120_000);

    test('what fails again is counted on its event', async () => {
      const absent = fromRegistry('v1', registry, 'team/absent:v1');
      await streams.create(namespace, 'absent', [absent]);
      const counts = '-o jsonpath={.items[?(@.reason=="ImportFailed")].count}';
      const counted = async (count: string): Promise<void> => {
        const events = `get events -n ${namespace} --field-selector=involvedObject.name=absent`;
        expect(await kubectl(`${events} ${counts}`)).toBe(count);
      };
      await until('its event', () => counted('1'));
      await streams.setTags(namespace, 'absent', [tag()]);
      await streams.untilHistory(namespace, 'absent', 'v1', digests, 60_000);
      await streams.setTags(namespace, 'absent', [absent]);
      await until('the same event, counted', () => counted('2'));
    }, 240_000);

    test('a tag of another namespace is followed with the right of that namespace', async () => {
      const group = `--group=system:serviceaccounts:consumers`;
      await kubectl('create namespace consumers');
      await kubectl(`create rolebinding pull -n ${namespace} --clusterrole=system:image-puller ${group}`);
      await streams.create('consumers', 'copy', [
        { name: 'v1', from: { kind: 'ImageStreamTag', name: 'web:v1', namespace } },
      ]);
      await streams.untilHistory('consumers', 'copy', 'v1', digests, 60_000);
    }, 120_000);

    test('every kind follows a move of its tag', async () => {
      for (const kind of Object.values(kinds)) {
        const annotations = triggers(trigger(kind, 'web', 'web:v1'));
        await until(`the webhook knows the tag, for a ${kind.kind}`, async () => {
          const object = workload(kind, namespace, 'web', { annotations });
          const shown = await kubectl('create --dry-run=server -o json -f -', object);
          expect(imagesOf(kind, JSON.parse(shown) as WorkloadObject)).toEqual({ web: pinnedTo(digests[0]) });
        });
        await kubectl('create -f -', workload(kind, namespace, 'web', { annotations }));
      }
      digests.unshift(await pushed('2'));
      await streams.request('import', namespace, 'web', 'v1');
      await streams.untilHistory(namespace, 'web', 'v1', digests, 60_000);
      for (const kind of Object.values(kinds).filter(({ name }) => name !== 'job')) {
        await until(`${kind.kind} follows`, async () => {
          const shown = await kubectl(`get ${kind.name} web -n ${namespace} -o json`);
          expect(imagesOf(kind, JSON.parse(shown) as WorkloadObject)).toEqual({ web: pinnedTo(digests[0]) });
        });
      }
      await until('the Job is told of', async () =>
        expect(await kubectl(`get events -n ${namespace}`)).toContain('JobImmutable'),
      );
    }, 240_000);

    test('the fallback finds an image with the pull secrets of a Pod, and of its service account', async () => {
      await kubectl(`create -n ${namespace} -f -`, {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'puller' },
        imagePullSecrets: [{ name: 'team' }],
      });
      await kubectl(`label namespace ${namespace} pinstream.dev/image-lookup=fallback`);
      for (const podSpec of [{ imagePullSecrets: [{ name: 'team' }] }, { serviceAccountName: 'puller' }]) {
        await until('it is found', async () => {
          const object = workload(kinds.deployment, namespace, 'found', { images: { web: 'web:v1' } });
          const { spec } = object as { readonly spec: { readonly template: { readonly spec: object } } };
          Object.assign(spec.template.spec, podSpec);
          const shown = await run('create --dry-run=server -o json -f -', object);
          expect(imagesOf(kinds.deployment, JSON.parse(shown.stdout) as WorkloadObject)).toEqual({
            web: pinnedTo(digests[0]),
          });
        });
      }
      await kubectl(`label namespace ${namespace} pinstream.dev/image-lookup-`);
    }, 120_000);

    test('a dry run is answered to who may see the streams', async () => {
      await kubectl(`create serviceaccount viewer -n ${namespace}`);
      await kubectl(
        `create rolebinding viewer --clusterrole=view --serviceaccount=${namespace}:viewer -n ${namespace}`,
      );
      const token = await tokenOf(cluster(), namespace, 'viewer');
      await until('200', async () => {
        const { code } = await ask(`${pinstream?.url ?? ''}/dry-run?namespace=${namespace}`, {
          ca: pinstream?.caCertificate ?? '',
          headers: { authorization: `Bearer ${token}` },
          body: JSON.stringify(workload(kinds.pod, namespace, 'asked', {})),
        });
        expect(code).toBe(200);
      });
    }, 120_000);

    test('the Lease goes over when its holder ends', async () => {
      const leads = await Promise.all(controllers.map(async (one) => (await one.imports()).leads));
      const [first, second] = leads[0] === true ? controllers : controllers.toReversed();
      await first?.end('SIGTERM');
      await second?.untilLeads();
    }, 120_000);

    test('an Image that no stream names any more is collected', async () => {
      await streams.remove('consumers', 'copy');
      await streams.remove(namespace, 'absent');
      await streams.remove(namespace, 'web');
      const connection = await connectAs('pinstream-controller');
      const { client } = connection;
      try {
        // The program does this an hour after its start; here an hour has gone by.
        const clock = { ...systemClock, now: () => Date.now() + 2 * minimumAgeMs };
        const [store, log, held] = [clusterStreams(client), createRecordingLog(), () => new Set<string>()];
        const { signal } = new AbortController();
        await until('both are removed', async () => {
          await collectOnce({ store, held, clock, log, signal });
          for (const digest of digests) expect(await streams.image(digest)).toBeUndefined();
        });
      } finally {
        await connection.close();
      }
    }, 120_000);

    test('the webhook keeps its own certificates, and puts back what others change', async () => {
      const connection = await connectAs('pinstream-webhook');
      const { client } = connection;
      const ended = new AbortController();
      const log = createRecordingLog();
      const kept = {
        client,
        namespace: system,
        secretName: 'pinstream-webhook-tls',
        serviceName: 'pinstream-webhook',
        webhookConfigurations: [
          { kind: 'MutatingWebhookConfiguration', name: 'pinstream' },
          { kind: 'ValidatingWebhookConfiguration', name: 'pinstream', optional: true },
        ],
        clock: systemClock,
        log,
      } as const;
      const { signal } = ended;
      const caBundle = '-o jsonpath={.webhooks[*].clientConfig.caBundle}';
      const bundles = async (): Promise<string> =>
        (await kubectl(`get mutatingwebhookconfiguration pinstream ${caBundle}`)) +
        (await kubectl(`get validatingwebhookconfiguration pinstream ${caBundle}`));
      try {
        const before = await bundles();
        const source = await startSelfManaged({
          ...kept,
          signal,
          changes: (onChange, until) =>
            watchChanges({ ...kept, random: Math.random, onChange, signal: until }),
        });
        await until('its authority is written', async () => expect(await bundles()).not.toBe(before));
        // An expiring pair is replaced, which is an update of the Secret; so is one that somebody spoils.
        await kubectl(`patch secret pinstream-webhook-tls -n ${system} -p {"data":{"tls.crt":"AAAA"}}`);
        await until('what was spoiled is made anew', async () =>
          expect(
            await kubectl(`get secret pinstream-webhook-tls -n ${system} -o jsonpath={.data.tls\\.crt}`),
          ).not.toBe('AAAA'),
        );
        source.stop();
      } finally {
        ended.abort();
        await connection.close();
      }
    }, 180_000);

    test('no password and no token is in a log, an Event or a status', async () => {
      const logs = [pinstream?.logPath ?? '', ...controllers.map(({ logPath }) => logPath)];
      const said = [
        ...(await Promise.all(logs.map((path) => readFile(path, 'utf8')))),
        await kubectl('get events,imagestreams,images -A -o json'),
      ].join('\n');
      expect(said).toContain('pinstream');
      const basic = Buffer.from(`${jane.username}:${jane.password}`).toString('base64');
      expect([jane.password, basic].filter((secret) => said.includes(secret))).toEqual([]);
      // The beginning of every token of a service account.
      expect(said).not.toMatch(/eyJhbGciOi/);
    }, 60_000);

    test('nothing that they ask for is refused', async () => {
      // A watch is in the audit log when it has ended.
      for (const controller of controllers) await controller.end('SIGTERM');
      await pinstream?.stop();
      pinstream = undefined;
      const watched = 'watch imagestreams.image.openshift.io';
      await until('the audit log has the end of their watches', async () => {
        used = (await cluster().auditEvents()).filter(({ user }) =>
          accounts.some((account) => user.username === `system:serviceaccount:${system}:${account}`),
        );
        for (const account of accounts) expect(used.map(lineOf)).toContain(`${account}: ${watched}`);
      });
      const isRefused = ({ responseStatus }: AuditEvent): boolean => responseStatus?.code === 403;
      const allowed = new Set(used.filter((event) => !isRefused(event)).map(lineOf));
      // What is allowed another time came while the API server was still reading the roles.
      const refused = new Set(
        used
          .filter(isRefused)
          .map(lineOf)
          .filter((line) => !allowed.has(line)),
      );
      expect([...refused].filter((line) => !refusedForAReason.includes(line))).toEqual([]);
    }, 120_000);

    test('nothing is granted that is not used', async () => {
      const rendered = await kubectl(`kustomize ${join(root, 'manifests')}`);
      const component = await Promise.all(
        ['clusterrole', 'clusterrolebinding'].map((file) =>
          cluster().kubectl([
            'create',
            '--dry-run=client',
            '-o',
            'yaml',
            '-f',
            `manifests/${withPullSecrets}/${file}.yaml`,
          ]),
        ),
      );
      const rights = grantedRights([rendered, ...component.map(({ stdout }) => stdout)].join('\n---\n'));
      const unused = rights
        .filter((right) => !used.some((event) => isUseOf(right, event) && event.responseStatus?.code !== 403))
        .map(rightLine);
      expect(rights.length).toBeGreaterThan(40);
      expect([...new Set(unused)].filter((line) => !unusedForAReason.includes(line))).toEqual([]);
    }, 60_000);

    async function connectAs(account: string) {
      const dir = join(cluster().dir, `as-${account}`);
      await mkdir(dir, { recursive: true });
      return connectToCluster({ kubeconfig: await writeServiceAccountKubeconfig(cluster(), dir, account) });
    }
  },
  { furtherTools: ['registry'] },
);

/** One line for a request, as `rightLine` has them. */
function lineOf({ user, verb, objectRef = {} }: AuditEvent): string {
  return `${user.username.split(':').at(-1) ?? ''}: ${verb} ${resourceOf(objectRef)}`;
}
