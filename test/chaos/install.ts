import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { root } from '../cluster/story/root.ts';
import type { Commands } from '../cluster/manifests/commands.ts';
import type { Json } from '../cluster/manifests/objects.ts';

/** In which everything happens. */
export const namespace = 'chaos';
export const system = 'pinstream-system';
export const serviceName = 'pinstream-webhook';

/** Longer than any review takes on a slow machine: how fast it is, is measured elsewhere (docs/benchmarks.md). */
export const patienceSeconds = 20;

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly webhooks?: readonly { readonly clientConfig: { readonly service: Json } }[];
}

/**
 * Applies the manifests as they are shipped, failing closed, but for three things: the Deployments, as no node would run their
 * Pods; how long API servers wait; and the Service, which stands for `port` of this machine. API servers dial an external name
 * themselves, and verify it under the name of the Service.
 */
export async function installBehind({ kubectl }: Commands, port: number): Promise<void> {
  const rendered = await kubectl(`kustomize ${join(root, 'manifests/overlays/fail-closed')}`);
  const items = parseAllDocuments(rendered)
    .map((document) => document.toJS() as Manifest)
    .filter(({ kind, metadata }) => kind !== 'Deployment' && !isService(kind, metadata.name))
    .map((manifest) => atPort(manifest, port));
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: serviceName, namespace: system },
    spec: { type: 'ExternalName', externalName: '127.0.0.1' },
  };
  const list = { apiVersion: 'v1', kind: 'List', items: [...items, service] };
  await kubectl('apply --server-side -f -', list);
  const crds = items.filter(({ kind }) => kind === 'CustomResourceDefinition');
  const names = crds.map(({ metadata }) => `crd/${metadata.name}`).join(' ');
  await kubectl(`wait --for=condition=Established --timeout=60s ${names}`);
}

function isService(kind: string, name: string): boolean {
  return kind === 'Service' && name === serviceName;
}

function atPort(manifest: Manifest, port: number): Manifest {
  const { webhooks } = manifest;
  if (webhooks === undefined) return manifest;
  const moved = webhooks.map((webhook) => ({
    ...webhook,
    timeoutSeconds: patienceSeconds,
    clientConfig: { service: { ...webhook.clientConfig.service, port } },
  }));
  return { ...manifest, webhooks: moved };
}
