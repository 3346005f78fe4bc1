import { expect } from '@jest/globals';
import type { ControlPlane } from '../control-plane.ts';

/** Expects that the rights which the manifests give the controller were enough so far. */
export async function expectNothingRefused(cluster: ControlPlane): Promise<void> {
  const refused = (await cluster.auditEvents())
    .filter(
      ({ user, responseStatus }) =>
        user.username.endsWith(':pinstream-controller') && responseStatus?.code === 403,
    )
    .map(({ verb, objectRef: { resource, namespace, name } = {} }) => ({ verb, resource, namespace, name }))
    // Outside a Pod it looks where the manifests are installed; refused means that they are.
    .filter(({ resource, name }) => !(resource === 'namespaces' && name === 'pinstream-system'));
  expect(refused).toEqual([]);
}
