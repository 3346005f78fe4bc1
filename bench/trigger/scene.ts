import type { ApiObject } from '../api/objects.ts';

/** How many workloads there are, and how many of them follow the tag that moves. */
export interface Size {
  readonly deployments: number;
  readonly followers: number;
}

export const namespace = 'team';
/** The stream whose tag moves; the other workloads follow the other one. */
export const moving = 'app';
const resting = 'base';
export const tag = 'v1';

const image = (stream: string, move: number): string =>
  `registry.test/team/${stream}@sha256:${String(move).padStart(64, '0')}`;
export const imageAfter = (move: number): string => image(moving, move);

const nameOf = (index: number): string => `web-${index}`;

/** Where the Deployments are that follow the tag. */
export function followerPaths({ followers }: Size): readonly string[] {
  return Array.from(
    { length: followers },
    (_, index) => `/apis/apps/v1/namespaces/${namespace}/deployments/${nameOf(index)}`,
  );
}

/** The two streams; nothing of them is to be imported. */
export function imageStreams(): readonly ApiObject[] {
  return [moving, resting].map((name) => ({
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name, namespace, generation: 1 },
    spec: { lookupPolicy: { local: true }, tags: [] },
    status: statusAfter(1, name),
  }));
}

/** The status after so many moves, as an importer writes it. */
export function statusAfter(moves: number, stream = moving, triggeredGeneration?: number): object {
  const items = Array.from({ length: moves }, (_, index) => ({
    created: '2026-11-21T12:00:00Z',
    dockerImageReference: image(stream, moves - index),
    image: image(stream, moves - index).replace(/^.*@/, ''),
    generation: moves - index,
  }));
  const observed = triggeredGeneration === undefined ? {} : { observed: { triggeredGeneration } };
  return { dockerImageRepository: '', tags: [{ tag, items, ...observed }] };
}

/** Every one of them has a trigger, and holds what its tag stands for. */
export function deployments({ deployments: count, followers }: Size): readonly ApiObject[] {
  return Array.from({ length: count }, (_, index) => {
    const stream = index < followers ? moving : resting;
    const labels = { app: nameOf(index), team: 'bench' };
    return {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        name: nameOf(index),
        namespace,
        generation: 1,
        labels,
        annotations: { 'image.openshift.io/triggers': annotationOf(stream) },
      },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: podSpec(image(stream, 1)) },
      },
      status: { replicas: 1, readyReplicas: 1, observedGeneration: 1 },
    };
  });
}

function annotationOf(stream: string): string {
  const from = { kind: 'ImageStreamTag', name: `${stream}:${tag}` };
  return JSON.stringify([{ from, fieldPath: 'spec.template.spec.containers[?(@.name=="web")].image' }]);
}

function podSpec(web: string): object {
  const usual = {
    imagePullPolicy: 'IfNotPresent',
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
    env: Array.from({ length: 10 }, (_, index) => ({ name: `SETTING_${index}`, value: `value ${index}` })),
  };
  return {
    containers: [
      { name: 'web', image: web, ports: [{ containerPort: 8080, protocol: 'TCP' }], ...usual },
      { name: 'proxy', image: image('proxy', 1), ...usual },
    ],
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
  };
}
