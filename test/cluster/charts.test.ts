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
        for (const name of ['pinstream-system', 'team-a', 'team-b']) {
          await kubectl('apply --server-side -f -', {
            apiVersion: 'v1',
            kind: 'Namespace',
            metadata: { name },
          });
        }
      }, 300_000);
      afterAll(() => helm.end());

      const accepted = async (flags: readonly string[], yaml: string): Promise<void> => {
        const args = ['apply', '--dry-run=server', ...flags, '-f', '-'];
        const { code, stdout, stderr } = await cluster().kubectl(args, { input: yaml, timeoutMs: 120_000 });
        expect({ code, stderr: stderr.replaceAll(/^Warning: .*\n/gm, '') }).toEqual({ code: 0, stderr: '' });
        expect(stdout.split('\n').length).toBeGreaterThan(10);
      };

      test.each(variants)('accepts $title from kustomize', async (variant) => {
        const yaml = await renderKustomization(kustomize(), variant);
        await accepted(['--server-side', '--force-conflicts'], yaml);
      });

      test.each([
        ...variants.map(({ title, values }) => [title, values] as const),
        ...Object.entries(goldens).map(([name, values]) => [`golden/${name}.yaml`, values] as const),
        ['monitoring', monitoring] as const,
      ])('accepts %s from the chart', async (_title, values) => {
        await accepted([], await helm.template(values, '--kube-version', '1.36.0'));
      });
    });
  },
  options,
);
