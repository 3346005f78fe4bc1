import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { foreignKinds } from './charts/foreign-kinds.ts';
import { kustomize, startHelm, type Helm } from './charts/helm.ts';
import { renderKustomization } from './charts/kustomization.ts';
import { describeRelease } from './charts/release.ts';
import { goldens, monitoring } from './charts/value-sets.ts';
import { variants } from './charts/variants.ts';
import { commandsOn } from './manifests/commands.ts';
import { describeOnCluster } from './suite.ts';

// With aggregator routing a Service without endpoints is refused at once, not after the webhook's timeout.
const options = {
  apiServerFlags: ['--enable-aggregator-routing=true'],
  furtherTools: ['helm'] as const,
};

describeOnCluster(
  'the chart on a real API server',
  (cluster) => {
    const commands = commandsOn(cluster);
    const { kubectl } = commands;

    describe('a release', () => describeRelease(commands));

    describe('a dry run on the server', () => {
      let helm: Helm;
      beforeAll(async () => {
        helm = startHelm();
        for (const kind of foreignKinds) await kubectl('apply --server-side -f -', kind);
        await kubectl('wait --for=condition=Established --timeout=60s crd -l pinstream.dev/test=foreign');
        const level = 'pod-security.kubernetes.io';
        const restricted = { [`${level}/enforce`]: 'restricted', [`${level}/warn`]: 'restricted' };
        for (const [name, labels] of Object.entries({
          'pinstream-system': restricted,
          'team-a': {},
          'team-b': {},
        })) {
          const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
          await kubectl('apply --server-side --force-conflicts -f -', namespace);
        }
      }, 300_000);
      afterAll(() => helm.end());

      const accepted = async (yaml: string): Promise<void> => {
        const args = ['apply', '--server-side', '--force-conflicts', '--dry-run=server', '-f', '-'];
        const { code, stdout, stderr } = await cluster().kubectl(args, { input: yaml, timeoutMs: 120_000 });
        // Warnings too: of Pods that the restricted profile forbids, of fields that nobody knows. The network of nodes is one to have.
        const warnings = stderr.replaceAll(/^Warning: would violate .*host namespaces .*\n/gm, '');
        expect({ code, warnings }).toEqual({ code: 0, warnings: '' });
        expect(stdout.split('\n').length).toBeGreaterThan(10);
      };

      test.each(variants)('accepts $title from kustomize', async (variant) => {
        await accepted(await renderKustomization(kustomize(), variant));
      });

      test.each([
        ...variants.map(({ title, values }) => [title, values] as const),
        ...Object.entries(goldens).map(([name, values]) => [`golden/${name}.yaml`, values] as const),
        ['monitoring', monitoring] as const,
      ])('accepts %s from the chart', async (_title, values) => {
        await accepted(await helm.template(values, '--kube-version', '1.36.0'));
      });
    });
  },
  options,
);
