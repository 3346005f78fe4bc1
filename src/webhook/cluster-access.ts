import { authenticate, mayGet, readUser } from '../kube/access-review.ts';
import type { KubeClient } from '../kube/client.ts';
import type { DryRunAccess } from './dry-run.ts';
import type { SourceAccess } from './validate-stream.ts';

/** On a cluster a dry run tells of image streams, so it is for who may read those of the namespace. */
export function clusterAccess(client: KubeClient): DryRunAccess {
  return {
    async refusal(token, namespaces) {
      if (token === undefined) {
        return {
          code: 401,
          message:
            'a dry run needs a bearer token of the cluster: -H "Authorization: Bearer $(kubectl create token SERVICE_ACCOUNT -n NAMESPACE)"',
        };
      }
      const user = await authenticate(client, token);
      if (user === undefined)
        return { code: 401, message: 'the bearer token is not one of this cluster, or has expired' };
      for (const namespace of namespaces) {
        const access = { group: 'image.openshift.io', resource: 'imagestreams', verb: 'get', namespace };
        if (await mayGet(client, user, access)) continue;
        const message = `user "${user.username}" may not get imagestreams.image.openshift.io in namespace "${namespace}"; the ClusterRole view grants it`;
        return { code: 403, message };
      }
      return undefined;
    },
  };
}

/** A folder of files keeps no secrets from who can reach the loopback server. */
export const openAccess: DryRunAccess = { refusal: () => Promise.resolve(undefined) };

/**
 * Who follows a stream of another namespace gets its images, so the one who asks for that must be allowed to pull them:
 * verb get on `imagestreams/layers`, upstream's pull right (spec imagestream-system.md 1.5).
 */
export function clusterSourceAccess(client: KubeClient): SourceAccess {
  return {
    async mayFollow(userInfo, { namespace, name }) {
      const user = readUser(userInfo);
      if (user === undefined) return false;
      const layers = { group: 'image.openshift.io', resource: 'imagestreams', subresource: 'layers' };
      return mayGet(client, user, { ...layers, namespace, name, verb: 'get' });
    },
  };
}

/** A folder of files has no users. */
export const openSourceAccess: SourceAccess = { mayFollow: () => Promise.resolve(true) };
