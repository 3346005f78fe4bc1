import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { createKeeper } from '../../../src/certs/keeper.ts';
import { systemClock } from '../../../src/kube/clock.ts';
import { connectToCluster } from '../../../src/kube/connect.ts';
import { eventually } from '../../support/eventually.ts';
import { createRecordingLog } from '../../support/recording-log.ts';
import type { KubectlResult } from '../kubectl.ts';
import type { Commands } from '../manifests/commands.ts';
import { root } from '../story/root.ts';

export const configurations = 'mutatingwebhookconfiguration,validatingwebhookconfiguration';
export const inAWhile = { timeoutMs: 120_000 };

/** Runs the commands of a section of docs/install.md: what people are told to type is what is tested. */
export async function typeDocumented({ cluster }: Commands, heading: string): Promise<void> {
  for (const line of await documented(heading)) {
    const { code, stderr } = await cluster().kubectl(line.split(' '), { timeoutMs: 180_000 });
    if (code !== 0) throw new Error(`kubectl ${line}: ${stderr}`);
  }
}

/** They are without `kubectl`. */
export async function documented(heading: string): Promise<readonly string[]> {
  const text = await readFile(join(root, 'docs', 'install.md'), 'utf8');
  const [, section = ''] = text.split(`\n### ${heading}\n`);
  const [ours = ''] = section.split(/\n##+ /);
  const commands = [...ours.matchAll(/^ {4}kubectl (.+)$/gm)].map(([, words = '']) => words);
  if (commands.length === 0) throw new Error(`docs/install.md: no commands under "### ${heading}"`);
  return commands;
}

/** Applies everything with these components. Gives what the apply prints, or why it did not. */
export async function applyWith(
  { run }: Commands,
  components: readonly string[] = [],
): Promise<KubectlResult> {
  const folder = await mkdtemp(join(tmpdir(), 'pinstream-lifecycle-'));
  try {
    // Kustomize takes no absolute paths.
    const manifests = relative(folder, join(root, 'manifests'));
    const kustomization = {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      resources: ['crd', 'roles', 'base'].map((name) => join(manifests, name)),
      components: components.map((name) => join(manifests, 'components', name)),
    };
    await writeFile(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
    return await run(`apply --server-side -k ${folder}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What the webhook does to the cluster at its start, with its own rights: its Secret, the `caBundle`, the owner. */
export async function startOnce({ cluster }: Commands): Promise<void> {
  const namespace = 'pinstream-system';
  const user = `system:serviceaccount:${namespace}:pinstream-webhook`;
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
  const connection = await connectToCluster({ kubeconfig: await cluster().kubeconfigFor({ user, groups }) });
  try {
    const keeper = createKeeper({
      client: connection.client,
      namespace,
      secretName: 'pinstream-webhook-tls',
      serviceName: 'pinstream-webhook',
      webhookConfigurations: [
        { kind: 'MutatingWebhookConfiguration', name: 'pinstream' },
        { kind: 'ValidatingWebhookConfiguration', name: 'pinstream' },
      ],
      clock: systemClock,
      log: createRecordingLog(),
    });
    // RBAC is a moment behind what was applied.
    await eventually(() => keeper.pass(), { describe: 'the rights of the webhook', ...inAWhile });
  } finally {
    await connection.close();
  }
}
