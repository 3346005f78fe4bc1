import { workloadKinds } from '../workload/kinds.ts';
import type { ObjectKind } from './object-client.ts';

const images = { group: 'image.openshift.io', version: 'v1' };

export const imageStreams: ObjectKind = {
  ...images,
  resource: 'imagestreams',
  kind: 'ImageStream',
  namespaced: true,
};
/** Named by digest: `sha256:<hex>`; the stores know how each writes that. */
export const imageObjects: ObjectKind = { ...images, resource: 'images', kind: 'Image', namespaced: false };
export const namespaces: ObjectKind = {
  group: '',
  version: 'v1',
  resource: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
};

const shortNames: Readonly<Record<string, readonly string[]>> = {
  pods: ['po'],
  replicationcontrollers: ['rc'],
  deployments: ['deploy'],
  replicasets: ['rs'],
  daemonsets: ['ds'],
  statefulsets: ['sts'],
  cronjobs: ['cj'],
  deploymentconfigs: ['dc'],
};

/** The workloads that a person may name: not the old group of some, nor builds. */
export const workloads: readonly ObjectKind[] = workloadKinds
  .filter(({ group, build }) => group !== 'extensions' && build !== true)
  .map(({ group, resource, kind }) => ({ group, version: 'v1', resource, kind, namespaced: true }));

/** A word as people write it ("deploy", "statefulsets", "cronjob.batch") → the kind; undefined: none of these. */
export function workloadNamed(word: string): ObjectKind | undefined {
  const [name = '', ...group] = word.toLowerCase().split('.');
  return workloads.find(
    (kind) =>
      (group.length === 0 ||
        kind.group === group.join('.') ||
        group.join('.') === `${kind.version}.${kind.group}`) &&
      (name === kind.resource ||
        name === kind.kind.toLowerCase() ||
        (shortNames[kind.resource] ?? []).includes(name)),
  );
}

/** "imagestream.image.openshift.io", "deployment.apps", "pod": how the name printer writes a kind. */
export function qualifiedName({ kind, group }: ObjectKind): string {
  return group === '' ? kind.toLowerCase() : `${kind.toLowerCase()}.${group}`;
}

/** "imagestreams.image.openshift.io", as the API server's refusals name a resource. */
export function qualifiedResource({ resource, group }: ObjectKind): string {
  return group === '' ? resource : `${resource}.${group}`;
}
