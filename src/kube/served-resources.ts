import { asList, stringAt } from '../json/untyped.ts';
import type { KubeClient } from './client.ts';
import { StatusError } from './status-error.ts';

/**
 * The resources that a cluster serves of one group and version, subresources too ("imagestreams", "imagestreams/status");
 * undefined where it serves none of it. Throws as `client.get`, but for that.
 *
 * @param groupVersion "image.openshift.io/v1"
 */
export async function servedResources(
  client: KubeClient,
  groupVersion: string,
  signal?: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  try {
    const list = await client.get(`/apis/${groupVersion}`, signal);
    const resources = asList((list as { resources?: unknown } | null)?.resources);
    return new Set(resources.map((resource) => stringAt(resource, 'name') ?? ''));
  } catch (error) {
    if (error instanceof StatusError && error.code === 404) return undefined;
    throw error;
  }
}
