import type { Resource } from '../kube/resource.ts';
import type { StoreKind } from './object-sink.ts';

export interface ClusterResource extends Resource {
  readonly kind: StoreKind;
  /** For sentences: "image streams". */
  readonly label: string;
  /** Whether a cluster may be without it: our CRDs may come later. */
  readonly optional: boolean;
}

const grantedBy = 'the ClusterRole pinstream-webhook';

/** What the cluster store reads, in all namespaces. */
export const clusterResources: readonly ClusterResource[] = [
  {
    kind: 'ImageStream',
    name: 'imagestreams',
    path: '/apis/image.openshift.io/v1/imagestreams',
    label: 'image streams',
    optional: true,
    // Of 15 kB in a large cluster: 8 MB a page would be 60 MB with all that is made of it on the way.
    pageSize: 50,
    grantedBy,
  },
  {
    kind: 'Image',
    name: 'images',
    path: '/apis/image.openshift.io/v1/images',
    label: 'images',
    optional: true,
    grantedBy,
  },
  {
    kind: 'Namespace',
    name: 'namespaces',
    path: '/api/v1/namespaces',
    label: 'namespaces',
    optional: false,
    grantedBy,
  },
];
