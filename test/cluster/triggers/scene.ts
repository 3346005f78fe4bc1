import { beforeAll, expect } from '@jest/globals';
import { pushImage } from '../../support/oci-images.ts';
import type { Controller } from '../importer/controller.ts';
import { fromRegistry } from '../importer/streams.ts';
import type { World } from '../importer/world.ts';
import type { Json } from '../manifests/objects.ts';
import type { Pinstream } from '../pinstream.ts';
import type { Registry } from '../registry.ts';
import {
  imagesOf,
  kinds,
  trigger,
  triggers,
  workload,
  type Kind,
  type Parts,
  type WorkloadObject,
} from './workloads.ts';

export interface ReplicaSet {
  readonly revision: number;
  readonly images: readonly string[];
}

interface ReplicaSetObject extends WorkloadObject {
  readonly metadata: WorkloadObject['metadata'] & {
    readonly ownerReferences?: readonly { readonly name: string }[];
  };
}

interface EventList {
  readonly items: readonly {
    readonly type: string;
    readonly reason: string;
    readonly message: string;
    readonly involvedObject: { readonly kind: string };
  }[];
}

export interface WorkloadEvent {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

/** The versions that every stream of the scene has; its tag `20` is an alias of one of them. */
export const versions = ['20.0.2', '20.0.3'] as const;
export type Version = (typeof versions)[number];

/** Streams that move, and workloads that follow them. */
export interface Scene extends World {
  readonly registry: () => Registry;
  readonly pinstream: () => Pinstream;
  readonly controller: () => Controller;
  /** What a version of a stream of the scene is pulled by. */
  readonly image: (version: Version) => string;
  /** Makes a namespace before the tests of a block. */
  readonly inNamespace: (namespace: string) => void;
  /** Makes a stream whose tag `20` is an alias of 20.0.2; waits until the webhook knows it. */
  readonly createStream: (namespace: string, stream: string) => Promise<void>;
  /** Has the alias `20` follow another version. */
  readonly pointTo: (version: Version, namespace: string, stream: string) => Promise<void>;
  /** Waits until the move of a tag is recorded as followed by all; gives the generation. */
  readonly untilFollowed: (namespace: string, stream: string, tag?: string) => Promise<number>;
  /** Creates a workload; throws with kubectl's words. */
  readonly create: (kind: Kind, namespace: string, name: string, parts: Parts) => Promise<void>;
  readonly get: (kind: Kind, namespace: string, name: string) => Promise<WorkloadObject>;
  /** Container → image. */
  readonly images: (kind: Kind, namespace: string, name: string) => Promise<Readonly<Record<string, string>>>;
  readonly untilImages: (
    kind: Kind,
    namespace: string,
    name: string,
    images: Readonly<Record<string, string>>,
    timeoutMs?: number,
  ) => Promise<void>;
  /** Those of a Deployment, the oldest first; waits until there are as many, and the newest has these images, if told. */
  readonly untilReplicaSets: (
    namespace: string,
    name: string,
    count: number,
    newest?: readonly string[],
  ) => Promise<readonly ReplicaSet[]>;
  readonly events: (kind: Kind, namespace: string, name: string) => Promise<readonly WorkloadEvent[]>;
  readonly untilEvent: (
    kind: Kind,
    namespace: string,
    name: string,
    event: { readonly reason: string; readonly message?: unknown },
  ) => Promise<WorkloadEvent>;
  /**
   * Waits until the controller has seen all that was written to Deployments so far: another one that it has to change comes
   * after that on the same watch.
   */
  readonly untilSeen: (namespace: string) => Promise<void>;
}

const linux = { os: 'linux', architecture: 'amd64' };
const repository = 'team/keycloak';

export function sceneOn(
  world: World,
  registry: () => Registry,
  pinstream: () => Pinstream,
  controller: () => Controller,
): Scene {
  const { kubectl, run, streams, until, client } = world;
  const digests = new Map<string, string>();
  let looks = 0;
  beforeAll(async () => {
    for (const version of versions) {
      const image = { ...linux, labels: { version } };
      digests.set(version, (await pushImage(registry(), repository, version, image)).digest);
    }
  });
  const image: Scene['image'] = (version) => `${registry().host}/${repository}@${digests.get(version) ?? ''}`;
  const tagsOf = (alias: Version): readonly Json[] => [
    ...versions.map((version) => fromRegistry(version, registry(), `${repository}:${version}`)),
    { name: '20', from: { kind: 'ImageStreamTag', name: alias } },
  ];
  const get: Scene['get'] = async ({ name: resource }, namespace, name) =>
    JSON.parse(
      await kubectl(`get ${resource} ${name} -n ${namespace} -o json --show-managed-fields`),
    ) as WorkloadObject;
  const images: Scene['images'] = async (kind, namespace, name) =>
    imagesOf(kind, await get(kind, namespace, name));
  const untilImages: Scene['untilImages'] = async (kind, namespace, name, expected, timeoutMs) => {
    await until(
      `${kind.name} ${namespace}/${name} has its images`,
      async () => expect(await images(kind, namespace, name)).toEqual(expected),
      timeoutMs,
    );
  };
  const create: Scene['create'] = async (kind, namespace, name, parts) => {
    await kubectl('create -f -', workload(kind, namespace, name, parts));
  };
  const events: Scene['events'] = async ({ kind }, namespace, name) => {
    const query = new URLSearchParams({
      fieldSelector: `involvedObject.name=${name},involvedObject.kind=${kind}`,
    });
    const { items } = (await client().get(
      `/api/v1/namespaces/${namespace}/events?${query.toString()}`,
    )) as EventList;
    return items.map(({ type, reason, message }) => ({ type, reason, message }));
  };
  const replicaSets = async (namespace: string, name: string): Promise<readonly ReplicaSet[]> => {
    const path = `/apis/apps/v1/namespaces/${namespace}/replicasets`;
    const { items } = (await client().get(path)) as { readonly items: readonly ReplicaSetObject[] };
    return items
      .filter(({ metadata }) => metadata.ownerReferences?.[0]?.name === name)
      .map((set) => ({
        revision: Number(set.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0),
        images: Object.values(imagesOf(kinds.deployment, set)),
      }))
      .toSorted((a, b) => a.revision - b.revision);
  };
  return {
    ...world,
    registry,
    pinstream,
    controller,
    image,
    inNamespace: (namespace) =>
      beforeAll(async () => {
        await kubectl(`create namespace ${namespace}`);
        // Pods are refused until it is there.
        await until('its service account', () => kubectl(`get serviceaccount default -n ${namespace}`));
      }),
    createStream: async (namespace, stream) => {
      await streams.create(namespace, stream, tagsOf('20.0.2'));
      await streams.untilHistory(namespace, stream, '20', [digests.get('20.0.2') ?? '']);
      const probe = workload(kinds.deployment, namespace, 'probe', {
        annotations: triggers(trigger(kinds.deployment, 'web', `${stream}:20`)),
      });
      await until('the webhook knows the stream', async () => {
        const shown = await run('create --dry-run=server -o json -f -', probe);
        // A webhook that is away is not waited for.
        if (shown.stderr !== '') throw new Error(shown.stderr);
        expect(imagesOf(kinds.deployment, JSON.parse(shown.stdout) as WorkloadObject)).toEqual({
          web: image('20.0.2'),
        });
      });
    },
    pointTo: (version, namespace, stream) => streams.setTags(namespace, stream, tagsOf(version)),
    untilFollowed: async (namespace, stream, tag = '20') => {
      const { items } = await streams.untilTag(namespace, stream, tag, (found) => {
        expect(found.items).not.toHaveLength(0);
        expect(found.observed?.triggeredGeneration).toBe(found.items?.[0]?.generation);
      });
      return items?.[0]?.generation ?? 0;
    },
    create,
    get,
    images,
    untilImages,
    untilReplicaSets: (namespace, name, count, newest) =>
      until(`${count} ReplicaSets of ${namespace}/${name}`, async () => {
        const sets = await replicaSets(namespace, name);
        expect(sets).toHaveLength(count);
        if (newest !== undefined) expect(sets.at(-1)?.images).toEqual(newest);
        return sets;
      }),
    events,
    untilEvent: (kind, namespace, name, event) =>
      until(`an event ${event.reason} on ${kind.name} ${namespace}/${name}`, async () => {
        const all = await events(kind, namespace, name);
        expect(all).toContainEqual(expect.objectContaining(event));
        const found = all.find(({ reason }) => reason === event.reason);
        if (found === undefined) throw new Error('an event that is not there');
        return found;
      }),
    untilSeen: async (namespace) => {
      looks += 1;
      const name = `look-${looks}`;
      // Its problem is told, whether the webhook is there or not.
      const annotations = {
        ...triggers(trigger(kinds.deployment, 'web', 'absent:1', { paused: true })),
        'pinstream.dev/trigger-mode': `look-${looks}`,
      };
      await create(kinds.deployment, namespace, name, { annotations });
      await until('the controller has seen it', async () => {
        const told = await events(kinds.deployment, namespace, name);
        expect(told.map(({ reason }) => reason)).toContain('TriggerInvalid');
      });
      await kubectl(`delete deployment ${name} -n ${namespace} --wait=false`);
    },
  };
}
