import { asList, isObject, objectAt, stringAt, type JsonObject } from '../json/untyped.ts';
import type { KubeClient } from '../kube/client.ts';
import { StatusError } from '../kube/status-error.ts';
import type { Log } from '../telemetry/log.ts';

export interface NamespaceOwnerOptions {
  readonly client: KubeClient;
  /** The namespace that the program is installed in. */
  readonly namespace: string;
  readonly log: Log;
}

/** Makes a cluster-scoped object go when our namespace goes. */
export interface NamespaceOwner {
  /** `object` as it was just read or written at `path`. What the API refuses is logged once, not tried again, and changes nothing else. */
  ensure(path: string, object: unknown): Promise<void>;
}

/**
 * A webhook configuration belongs to no namespace, so one stays behind when somebody deletes ours, and, failing closed, refuses
 * what nobody is left to answer for. Owned by the namespace, it is collected with it: namespaces are cluster-scoped
 * too, and so may own it (kubernetes.io, "Owners and Dependents"). `blockOwnerDeletion` is left out: it would need
 * further rights, and the namespace must not wait for us. The uid is only known in the cluster, hence not in the manifests.
 */
export function createNamespaceOwner({ client, namespace, log }: NamespaceOwnerOptions): NamespaceOwner {
  let uid: string | undefined;
  let told = false;
  let refused = false;
  return {
    ensure: async (path, object) => {
      if (refused) return;
      try {
        uid ??= await uidOf(client, namespace);
        const patch = uid === undefined ? undefined : ownerPatch(object, namespace, uid);
        if (patch !== undefined) await client.patch(path, patch, 'merge');
      } catch (error) {
        // A right that is missing will not come by asking every minute.
        refused = error instanceof StatusError && error.code === 403;
        if (!told) {
          log.info(
            { err: error, path },
            'the webhook configuration is not tied to our namespace: delete it before the namespace',
          );
        }
        told = true;
      }
    },
  };
}

/** By a list: the rights on namespaces are those of a watch. Undefined when there is none (a dry run of the manifests). */
async function uidOf(client: KubeClient, namespace: string): Promise<string | undefined> {
  const selector = encodeURIComponent(`metadata.name=${namespace}`);
  const found = await client.get(`/api/v1/namespaces?fieldSelector=${selector}`, undefined, 'metadata');
  const [item] = asList(isObject(found) ? found.items : undefined);
  return stringAt(objectAt(item, 'metadata'), 'uid');
}

/** The merge patch that makes the namespace an owner, besides others; undefined when it is. One that is gone is no owner. */
export function ownerPatch(object: unknown, namespace: string, uid: string): JsonObject | undefined {
  const metadata = objectAt(object, 'metadata');
  const owners = asList(metadata.ownerReferences);
  const isNamespace = (owner: unknown): boolean =>
    stringAt(owner, 'kind') === 'Namespace' && stringAt(owner, 'apiVersion') === 'v1';
  if (owners.some((owner) => isNamespace(owner) && stringAt(owner, 'uid') === uid)) return undefined;
  const others = owners.filter((owner) => !isNamespace(owner));
  const ours = { apiVersion: 'v1', kind: 'Namespace', name: namespace, uid };
  // With the version that was read: nobody else's owner is lost.
  const { resourceVersion } = metadata;
  return { metadata: { resourceVersion, ownerReferences: [...others, ours] } };
}
