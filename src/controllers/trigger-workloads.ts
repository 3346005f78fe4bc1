import type { KubeClient } from '../kube/client.ts';
import { guardedPatch } from '../kube/guarded-patch.ts';
import { StatusError } from '../kube/status-error.ts';
import { triggerFieldManager } from '../trigger/follow.ts';
import { pathOfWorkload } from './trigger-kinds.ts';
import type { WorkloadAccess } from './trigger-ports.ts';

/** The workloads of a cluster. */
export function clusterWorkloads(client: KubeClient): WorkloadAccess {
  return {
    read: async (kind, namespace, name, signal) => {
      try {
        return await client.get(pathOfWorkload(kind, namespace, name), signal);
      } catch (error) {
        if (error instanceof StatusError && error.code === 404) return undefined;
        throw error;
      }
    },
    patch: (kind, namespace, name, patch) =>
      guardedPatch(
        client,
        `${pathOfWorkload(kind, namespace, name)}?fieldManager=${triggerFieldManager}`,
        patch,
      ),
  };
}
