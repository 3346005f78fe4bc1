import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kubectlAt, type Kubectl, type KubectlResult } from '../kubectl.ts';
import { findTools } from '../tools.ts';

export const chartFolder = fileURLToPath(new URL('../../../charts/pinstream', import.meta.url));

/** Values as a file would give them. */
export type Values = Readonly<Record<string, unknown>>;

export interface Helm {
  /** A command that fails is an answer. Values reach it on standard input, by `-f -`. */
  readonly run: (args: readonly string[], values?: Values) => Promise<KubectlResult>;
  /** What the chart renders; throws with helm's message when it refuses. */
  readonly template: (values: Values, ...flags: string[]) => Promise<string>;
  readonly end: () => Promise<void>;
}

/** Helm with folders of its own, so that nothing of whoever runs the tests is read, and the cluster of a kubeconfig, if any. */
export function startHelm(kubeconfig = ''): Helm {
  const dir = mkdtempSync(join(tmpdir(), 'pinstream-helm-'));
  const env = {
    HOME: dir,
    PATH: process.env.PATH ?? '',
    KUBECONFIG: kubeconfig,
    HELM_CACHE_HOME: join(dir, 'cache'),
    HELM_CONFIG_HOME: join(dir, 'config'),
    HELM_DATA_HOME: join(dir, 'data'),
  };
  const command = commandAt('helm', env);
  const run: Helm['run'] = (args, values) =>
    command([...args, ...(values === undefined ? [] : ['--values', '-'])], {
      input: values === undefined ? '' : JSON.stringify(values),
      timeoutMs: 300_000,
    });
  return {
    run,
    template: async (values, ...flags) => {
      const { code, stdout, stderr } = await run(
        [
          ...['template', 'pinstream', chartFolder, '--namespace', 'pinstream-system'],
          ...['--kube-version', '1.30.0', ...flags],
        ],
        values,
      );
      if (code !== 0) throw new Error(stderr);
      return stdout;
    },
    end: () => rm(dir, { recursive: true, force: true }),
  };
}

/** kubectl without a cluster. */
export function kustomize(): Kubectl {
  return commandAt('kubectl', { PATH: process.env.PATH ?? '', HOME: tmpdir() });
}

/** A tool that the suite asked for. */
function commandAt(tool: 'helm' | 'kubectl', env: Readonly<Record<string, string>>): Kubectl {
  const found = findTools([tool]);
  if (found.kind === 'missing') throw new Error(`${tool} missing: ${found.howTo}`);
  return kubectlAt(found.paths[tool], env);
}
