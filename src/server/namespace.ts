import { readFile } from 'node:fs/promises';
import type { KubeClient } from '../kube/client.ts';
import { StatusError } from '../kube/status-error.ts';
import { names } from './names.ts';

/** The namespace of the pod that this is; undefined outside a cluster. */
export async function ownNamespace(): Promise<string | undefined> {
  const file = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';
  return readFile(file, 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
}

/**
 * Where those that import agree on one: our own namespace; outside a cluster that of the manifests, so that a process on
 * somebody's machine does not work beside the installed one; `default` where nothing is installed.
 */
export async function leaseNamespace(client: KubeClient): Promise<string> {
  const own = await ownNamespace();
  if (own !== undefined) return own;
  try {
    await client.get(`/api/v1/namespaces/${names.namespace}`);
  } catch (error) {
    if (error instanceof StatusError && error.code === 404) return 'default';
  }
  return names.namespace;
}
