import type { Json } from '../manifests/objects.ts';

/** As much of OpenShift's CRD as an API server needs to serve the kind. */
export const imageConfigCrd: Json = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'images.config.openshift.io' },
  spec: {
    group: 'config.openshift.io',
    scope: 'Cluster',
    names: { plural: 'images', singular: 'image', kind: 'Image', listKind: 'ImageList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        },
      },
    ],
  },
};

/** The Image that sets the registry rules of an OpenShift cluster. */
export function clusterImage(registrySources: Json): Json {
  return {
    apiVersion: 'config.openshift.io/v1',
    kind: 'Image',
    metadata: { name: 'cluster' },
    spec: { registrySources },
  };
}
