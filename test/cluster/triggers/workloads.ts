import { expect } from '@jest/globals';
import type { Json } from '../manifests/objects.ts';

/** A kind of workload as `kubectl` names it, and where its pod spec is. */
export interface Kind {
  readonly name: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly podSpecPath: string;
  /** An object of it around a pod spec. */
  readonly specOf: (podSpec: Json) => Json;
}

const labels = { app: 'x' };
const selector = { matchLabels: labels };
const template = (spec: Json): Json => ({ metadata: { labels }, spec });
const templated = 'spec.template.spec';

export const kinds = {
  deployment: {
    name: 'deployment',
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    podSpecPath: templated,
    specOf: (podSpec) => ({ selector, template: template(podSpec) }),
  },
  statefulSet: {
    name: 'statefulset',
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    podSpecPath: templated,
    specOf: (podSpec) => ({ selector, serviceName: 'x', template: template(podSpec) }),
  },
  daemonSet: {
    name: 'daemonset',
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    podSpecPath: templated,
    specOf: (podSpec) => ({ selector, template: template(podSpec) }),
  },
  cronJob: {
    name: 'cronjob',
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    podSpecPath: 'spec.jobTemplate.spec.template.spec',
    specOf: (podSpec) => ({
      schedule: '@yearly',
      jobTemplate: { spec: { template: template({ restartPolicy: 'Never', ...podSpec }) } },
    }),
  },
  replicationController: {
    name: 'replicationcontroller',
    apiVersion: 'v1',
    kind: 'ReplicationController',
    podSpecPath: templated,
    specOf: (podSpec) => ({ replicas: 0, selector: labels, template: template(podSpec) }),
  },
  job: {
    name: 'job',
    apiVersion: 'batch/v1',
    kind: 'Job',
    podSpecPath: templated,
    specOf: (podSpec) => ({ template: template({ restartPolicy: 'Never', ...podSpec }) }),
  },
  pod: {
    name: 'pod',
    apiVersion: 'v1',
    kind: 'Pod',
    podSpecPath: 'spec',
    specOf: (podSpec) => ({ automountServiceAccountToken: false, ...podSpec }),
  },
} as const satisfies Readonly<Record<string, Kind>>;

/** One entry of the annotation `image.openshift.io/triggers`, as `oc set triggers` writes it. */
export function trigger(kind: Kind, container: string, from: string, further: Json = {}): Json {
  const [tag = '', namespace] = from.split('/').toReversed();
  const source = { kind: 'ImageStreamTag', name: tag, ...(namespace === undefined ? {} : { namespace }) };
  return { from: source, fieldPath: fieldPath(kind, container), ...further };
}

export function fieldPath({ podSpecPath }: Kind, container: string): string {
  return `${podSpecPath}.containers[?(@.name=="${container}")].image`;
}

/** The annotation, of entries or of any text. */
export function triggers(...entries: readonly (Json | string)[]): Json {
  const [first] = entries;
  const text = typeof first === 'string' ? first : JSON.stringify(entries);
  return { 'image.openshift.io/triggers': text };
}

export const placeholder = 'placeholder';

/** What a workload is made of; a container has the placeholder unless told. */
export interface Parts {
  readonly annotations?: Json;
  /** Container → image; one container `web` unless told. */
  readonly images?: Readonly<Record<string, string | undefined>>;
}

export function workload(
  { apiVersion, kind, specOf }: Kind,
  namespace: string,
  name: string,
  { annotations = {}, images = { web: placeholder } }: Parts,
): Json {
  const containers = Object.entries(images).map(([container, image]) => ({
    name: container,
    ...(image === undefined ? {} : { image }),
  }));
  return {
    apiVersion,
    kind,
    metadata: { name, namespace, annotations },
    spec: specOf({ containers }),
  };
}

/** What tests read of a workload. */
export interface WorkloadObject {
  readonly metadata: {
    readonly uid: string;
    readonly name: string;
    readonly generation?: number;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly managedFields?: readonly ManagedFields[];
  };
  readonly spec: object;
}

export interface ManagedFields {
  readonly manager: string;
  readonly operation: string;
  readonly fieldsV1: object;
}

interface Container {
  readonly name: string;
  readonly image: string;
}

/** Container → image. */
export function imagesOf({ podSpecPath }: Kind, object: WorkloadObject): Readonly<Record<string, string>> {
  const podSpec = podSpecPath
    .split('.')
    .reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], object);
  const { containers } = podSpec as { readonly containers: readonly Container[] };
  return Object.fromEntries(containers.map(({ name, image }) => [name, image]));
}

/** Who owns the image of a container of a Deployment, as `manager (operation)`. */
export function imageOwners(object: WorkloadObject, container: string): readonly string[] {
  const path = [
    'f:spec',
    'f:template',
    'f:spec',
    'f:containers',
    `k:{"name":"${container}"}`,
    'f:image',
  ] as const;
  const owns = (fields: object): boolean =>
    path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], fields) !==
    undefined;
  return (object.metadata.managedFields ?? [])
    .filter(({ fieldsV1 }) => owns(fieldsV1))
    .map(({ manager, operation }) => `${manager} (${operation})`);
}

/** An event that holds these words. */
export const saying = (...words: readonly string[]): unknown =>
  words.length === 1
    ? expect.stringContaining(words[0] ?? '')
    : expect.stringMatching(new RegExp(words.map((word) => escaped(word)).join('.*'), 's'));

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
