import { randomUUID } from 'node:crypto';
import type { ReviewRequest } from './server.ts';

/** Workloads and the reviews that an API server makes of them. */

export interface Workload {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: object;
}

interface PodParts {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly owner?: { readonly apiVersion: string; readonly kind: string };
  readonly spec?: object;
}

/** A Pod with one container "c" of this image, and what else is asked for. */
export function podOf(image: string, { annotations, owner, spec }: PodParts = {}): Workload {
  const ownerReferences = owner && [{ ...owner, name: 'owner', uid: 'o', controller: true }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'x', ...(annotations && { annotations }), ...(ownerReferences && { ownerReferences }) },
    spec: { containers: [{ name: 'c', image }], ...spec },
  };
}

interface DeploymentParts {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly templateAnnotations?: Readonly<Record<string, string>>;
  readonly spec?: object;
}

export function deploymentOf(image: string, parts: DeploymentParts = {}): Workload {
  const { annotations, templateAnnotations, spec } = parts;
  const template = {
    metadata: { ...(templateAnnotations && { annotations: templateAnnotations }) },
    spec: { containers: [{ name: 'c', image }], ...spec },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'x', ...(annotations && { annotations }) },
    spec: { template },
  };
}

/** The request that an API server sends when the object is created. */
export function creation(object: Workload, namespace = 'shop'): ReviewRequest {
  const slash = object.apiVersion.indexOf('/');
  const group = slash < 0 ? '' : object.apiVersion.slice(0, slash);
  const version = object.apiVersion.slice(slash + 1);
  return {
    uid: randomUUID(),
    operation: 'CREATE',
    namespace,
    name: object.metadata.name,
    kind: { group, version, kind: object.kind },
    resource: { group, version, resource: `${object.kind.toLowerCase()}s` },
    object: { ...object, metadata: { ...object.metadata, namespace } },
    oldObject: null,
    dryRun: false,
  };
}

/** The request that it sends when the stored object is changed. */
export function update(stored: Workload, object: Workload, namespace = 'shop'): ReviewRequest {
  return {
    ...creation(object, namespace),
    operation: 'UPDATE',
    oldObject: creation(stored, namespace).object,
  };
}
