import type { StreamKey } from '../importer/stream-store.ts';
import { mayGet, type User } from '../kube/access-review.ts';
import type { KubeClient } from '../kube/client.ts';

/**
 * Whether a namespace may take images from a stream of another one: whether its service accounts may pull from it, since
 * they are who will (spec imagestream-system.md 1.5 and 2.6). Who wrote the spec was asked at admission; this is asked here
 * because a webhook can be bypassed. Throws as `client.create`.
 */
export function copyPermission(
  client: KubeClient,
): (namespace: string, source: StreamKey, signal: AbortSignal) => Promise<boolean> {
  return (namespace, source) =>
    mayGet(client, serviceAccountsOf(namespace), {
      group: 'image.openshift.io',
      resource: 'imagestreams',
      subresource: 'layers',
      name: source.name,
      namespace: source.namespace,
      verb: 'get',
    });
}

function serviceAccountsOf(namespace: string): User {
  return {
    username: `system:serviceaccount:${namespace}:default`,
    uid: '',
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    extra: {},
  };
}
