import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { realpathSync } from 'node:fs';
import type { Kubectl } from '../kubectl.ts';
import type { Variant } from './variants.ts';

const manifests = fileURLToPath(new URL('../../../manifests', import.meta.url));

/** What kustomize renders for a variant: a kustomization of one's own, as docs/install.md has it. */
export async function renderKustomization(
  kubectl: Kubectl,
  { resources, components = [] }: Variant,
): Promise<string> {
  const dir = await mkdtemp(join(realpathSync(tmpdir()), 'pinstream-kustomize-'));
  try {
    const folder = (name: string): string => relative(dir, join(manifests, name));
    await writeFile(
      join(dir, 'kustomization.yaml'),
      JSON.stringify({
        apiVersion: 'kustomize.config.k8s.io/v1beta1',
        kind: 'Kustomization',
        resources: resources.map(folder),
        components: components.map((name) => folder(`components/${name}`)),
      }),
    );
    const { code, stdout, stderr } = await kubectl(['kustomize', dir]);
    if (code !== 0) throw new Error(stderr);
    return stdout;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
