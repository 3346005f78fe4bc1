import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../../support/eventually.ts';
import type { Commands } from '../manifests/commands.ts';
import { dockerImage, stream, tag } from '../manifests/objects.ts';
import { chartFolder, startHelm, type Helm, type Values } from './helm.ts';
import { makeOlderChart, type OlderChart } from './older-chart.ts';

const namespace = 'pinstream-system';
const configurations = 'mutatingwebhookconfiguration,validatingwebhookconfiguration';
const patience = { timeoutMs: 120_000 };
const caBundleOf = '-o jsonpath={.webhooks[0].clientConfig.caBundle}';
const columnsOf =
  'get crd imagestreams.image.openshift.io -o jsonpath={.spec.versions[0].additionalPrinterColumns[*].name}';

/** The life of one release, in order: each test goes on where the one before it ended. */
export function describeRelease(commands: Commands): void {
  const { kubectl, run, cluster } = commands;
  let helm: Helm;
  let older: OlderChart;
  beforeAll(async () => {
    helm = startHelm(cluster().kubeconfigPath);
    older = await makeOlderChart();
  });
  afterAll(async () => {
    await older.remove();
    await helm.end();
  });

  /** Throws what helm says when it fails; gives what it prints. */
  const command = async (line: string, values?: Values): Promise<string> => {
    const { code, stdout, stderr } = await helm.run([...line.split(' '), '--namespace', namespace], values);
    if (code !== 0) throw new Error(`helm ${line}: ${stderr}`);
    return stdout;
  };
  const names = async (kinds: string): Promise<string[]> =>
    (await kubectl(`get ${kinds} -o name`)).split('\n').filter((line) => line.includes('pinstream'));
  /** The resources of which something was deleted after the first `from` events of the audit log, in that order. */
  const deletions = async (from: number): Promise<string[]> =>
    (await cluster().auditEvents())
      .slice(from)
      .filter(({ verb }) => verb === 'delete')
      .map(({ objectRef }) => objectRef?.resource ?? '');
  const firstStream = stream([tag(dockerImage)]);

  test('install makes the namespace and everything in it, and says what to do next', async () => {
    const said = await command(`install pinstream ${older.folder} --create-namespace`);
    expect(said).toContain(`kubectl -n ${namespace} rollout status deployment/pinstream-webhook`);
    expect(await names(`deployment,service,serviceaccount -n ${namespace}`)).toHaveLength(2 + 3 + 2);
    expect(await names(configurations)).toHaveLength(2);
    expect(await kubectl(columnsOf)).toBe('Lookup Image Repository Age');
  }, 300_000);

  test('while the webhook is down no stream is written, until somebody takes its configuration away', async () => {
    await kubectl(
      'wait --for=condition=Established --timeout=60s crd imagestreams.image.openshift.io images.image.openshift.io',
    );
    await eventually(
      async () =>
        expect((await run('create -n default -f -', firstStream)).stderr).toContain(
          'imagestreams.pinstream.dev',
        ),
      { describe: 'the stream is refused', ...patience },
    );
    await kubectl('delete validatingwebhookconfiguration pinstream');
    await eventually(() => kubectl('apply --server-side -n default -f -', firstStream), {
      describe: 'the stream is admitted',
      ...patience,
    });
  }, 300_000);

  // Helm 4 applies on the server, Helm 3 patches on the client.
  test.each([
    ['server-side', 'true', 'Fail', 'deny'],
    ['client-side', 'false', 'Ignore', 'upstream'],
  ])(
    'upgrade, %s, keeps the authority that the webhook wrote, brings back what was deleted, and changes what values say',
    async (_how, serverSide, failurePolicy, missingTag) => {
      const caBundle = Buffer.from(cluster().caCertificate).toString('base64');
      const patch = JSON.stringify([
        { op: 'add', path: '/webhooks/0/clientConfig/caBundle', value: caBundle },
      ]);
      await kubectl(
        `patch mutatingwebhookconfiguration pinstream --type=json --field-manager=pinstream -p ${patch}`,
      );
      await kubectl('delete validatingwebhookconfiguration pinstream --ignore-not-found');

      await command(`upgrade pinstream ${chartFolder} --server-side=${serverSide}`, {
        webhook: { failurePolicy },
        configuration: { lookup: { missingTag } },
      });

      const get = `get mutatingwebhookconfiguration pinstream`;
      expect(await kubectl(`${get} ${caBundleOf}`)).toBe(caBundle);
      expect(await kubectl(`${get} -o jsonpath={.webhooks[0].failurePolicy}`)).toBe(failurePolicy);
      expect(await names(configurations)).toHaveLength(2);
      expect(await kubectl(`get configmap pinstream-config -n ${namespace} -o jsonpath={.data}`)).toContain(
        `missingTag: ${missingTag}`,
      );
    },
    300_000,
  );

  test('the upgrade has upgraded the kinds, and streams are as they were', async () => {
    expect(await kubectl(columnsOf)).toBe('Lookup Import Failure Image Repository Age');
    expect(await kubectl('get is -n default -o jsonpath={.items[*].spec.tags[*].from.name}')).toBe(
      'quay.io/team/app:1.0',
    );
  });

  test('uninstall leaves no webhook configuration, no right and no Pod, but kinds and streams', async () => {
    const from = (await cluster().auditEvents()).length;
    expect(await command('uninstall pinstream')).toContain('imagestreams.image.openshift.io');
    expect(await names(configurations)).toEqual([]);
    const wanted = [
      'mutatingwebhookconfigurations',
      'validatingwebhookconfigurations',
      'services',
      'deployments',
    ];
    // Before what answers goes, so that nothing is refused for want of an answer.
    await eventually(
      async () => {
        const order = (await deletions(from)).filter((resource) => wanted.includes(resource));
        expect(order.slice(0, 2).sort()).toEqual(wanted.slice(0, 2));
        expect(new Set(order)).toEqual(new Set(wanted));
      },
      { describe: 'what was deleted, in its order, in the audit log', ...patience },
    );
    expect(await names('clusterrole,clusterrolebinding')).toEqual([]);
    expect(await names(`deployment,service,networkpolicy,configmap -n ${namespace}`)).toEqual([]);
    expect(await kubectl('get is -n default -o jsonpath={.items[*].metadata.name}')).toBe('app');
    await kubectl('annotate is app -n default still=writable');
  }, 300_000);

  test('a release installed after that takes the kinds that stayed', async () => {
    await command(`install pinstream ${chartFolder}`);
    expect(await names(configurations)).toHaveLength(2);
    expect(await kubectl('get is -n default -o jsonpath={.items[*].metadata.name}')).toBe('app');
    await command('uninstall pinstream');
  }, 300_000);

  test('what kustomize installed is refused as a release, until it is asked to take it over', async () => {
    await kubectl('apply --server-side --force-conflicts -k manifests');
    await expect(command(`install streams ${chartFolder}`)).rejects.toThrow(/invalid ownership metadata/);

    await command(`install streams ${chartFolder} --take-ownership --force-conflicts`);
    const owner = String.raw`-o jsonpath={.metadata.annotations.meta\.helm\.sh/release-name}`;
    for (const object of [
      `deployment/pinstream-webhook -n ${namespace}`,
      'mutatingwebhookconfiguration/pinstream',
      'crd/imagestreams.image.openshift.io',
    ]) {
      expect([object, await kubectl(`get ${object} ${owner}`)]).toEqual([object, 'streams']);
    }
    expect(await kubectl('get is -n default -o jsonpath={.items[*].metadata.name}')).toBe('app');

    await command('uninstall streams');
    expect(await names(configurations)).toEqual([]);
  }, 300_000);
}
