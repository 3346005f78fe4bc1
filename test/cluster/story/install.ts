import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { ControlPlane } from '../control-plane.ts';
import { root } from './root.ts';

/** Where the API server finds a webhook. */
export interface Endpoint {
  readonly url: string;
  /** The authority of its certificate, PEM. */
  readonly caCertificate: string;
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly webhooks?: readonly { readonly clientConfig: ClientConfig }[];
}

interface ClientConfig {
  readonly service?: { readonly path: string };
  readonly url?: string;
  readonly caBundle?: string;
}

/**
 * Applies the project's own manifests with the webhooks at `endpoint`. The Deployment is left out: no node would run its
 * Pods. Throws with kubectl's words.
 *
 * @param folder the kustomization, in `manifests`: `.`, or an overlay
 * @param wanted which of the objects, all unless told
 */
export async function install(
  cluster: ControlPlane,
  endpoint: Endpoint,
  folder = '.',
  wanted: (kind: string) => boolean = () => true,
): Promise<void> {
  const rendered = await run(cluster, ['kustomize', join(root, 'manifests', folder)]);
  const manifests = parseAllDocuments(rendered).map((document) => document.toJS() as Manifest);
  const items = manifests
    .filter(({ kind }) => kind !== 'Deployment' && wanted(kind))
    .map((manifest) => reachedAt(manifest, endpoint));
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  await run(cluster, ['apply', '--server-side', '-f', '-'], input);
  const kinds = items.filter(({ kind }) => kind === 'CustomResourceDefinition');
  if (kinds.length === 0) return;
  const names = kinds.map(({ metadata }) => `crd/${metadata.name}`);
  await run(cluster, ['wait', '--for=condition=Established', '--timeout=30s', ...names]);
}

function reachedAt(manifest: Manifest, { url, caCertificate }: Endpoint): Manifest {
  const { webhooks } = manifest;
  if (webhooks === undefined) return manifest;
  const caBundle = Buffer.from(caCertificate).toString('base64');
  const moved = webhooks.map((webhook) => ({
    ...webhook,
    clientConfig: { url: `${url}${webhook.clientConfig.service?.path}`, caBundle },
  }));
  return { ...manifest, webhooks: moved };
}

async function run(cluster: ControlPlane, args: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await cluster.kubectl(args, input === undefined ? {} : { input });
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}
