import { beforeAll, expect } from '@jest/globals';
import type { KubeClient } from '../../../src/kube/client.ts';
import { historyOf, pathOf } from '../importer/streams.ts';
import type { World } from '../importer/world.ts';
import { imagesOf, kinds, trigger, triggers, workload, type WorkloadObject } from './workloads.ts';

/** How many Deployments follow the one tag. */
export const followers = 60;
/** How many of them have been written when something happens. */
const halfWay = 10;

const { deployment } = kinds;
const stream = 'app';
const tag = 'v1';

const digestOf = (move: number): string => `sha256:${String(move).padStart(64, '0')}`;
const imageOf = (move: number): string => `registry.test/team/app@${digestOf(move)}`;

/** A tag that many Deployments follow, in a namespace of its own. */
export interface FanOut {
  /** Moves the tag; gives a promise of the moment when some of the Deployments, but not all, have been written. */
  readonly move: () => Promise<{ readonly begun: Promise<void> }>;
  /** How many Deployments hold the image of the last move. */
  readonly written: () => Promise<number>;
  /** Waits until all have followed the last move and that is recorded; expects that each was written once for it. */
  readonly untilComplete: (timeoutMs?: number) => Promise<void>;
}

/**
 * Nobody else is there: no webhook, no controllers of Kubernetes, and a tag without a source, whose history is written here.
 * So the generation of a Deployment counts what the trigger controller has written.
 */
export function fanOutIn(namespace: string, { kubectl, client, streams, until }: World): FanOut {
  let moves = 0;
  /** Deployment → its generation before the last move. */
  let before: ReadonlyMap<string, number> = new Map();
  const collection = `/apis/apps/v1/namespaces/${namespace}/deployments`;
  const list = async (): Promise<readonly WorkloadObject[]> =>
    ((await client().get(collection)) as { readonly items: readonly WorkloadObject[] }).items;
  const generations = async (): Promise<ReadonlyMap<string, number>> =>
    new Map((await list()).map(({ metadata }) => [metadata.name, metadata.generation ?? 0]));
  const holdsLast = (object: WorkloadObject): boolean => imagesOf(deployment, object).web === imageOf(moves);
  const pushHistory = async (): Promise<void> => {
    moves += 1;
    const now = await streams.get(namespace, stream);
    const entry = now.status?.tags?.find((candidate) => candidate.tag === tag) ?? { tag, items: [] };
    const item = {
      created: '2024-01-02T03:04:05Z',
      dockerImageReference: imageOf(moves),
      image: digestOf(moves),
      generation: moves,
    };
    const after = { ...entry, items: [item, ...(entry.items ?? [])] };
    await client().replace(`${pathOf(namespace, stream)}/status`, {
      ...now,
      status: { ...now.status, tags: [after] },
    });
  };
  const untilComplete: FanOut['untilComplete'] = async (timeoutMs = 60_000) => {
    await until(
      `${followers} Deployments follow move ${moves}`,
      async () => {
        expect((await list()).filter(holdsLast)).toHaveLength(followers);
        const { observed } = (await streams.tag(namespace, stream, tag)) ?? {};
        expect(observed?.triggeredGeneration).toBe(moves);
      },
      timeoutMs,
    );
    expect(await generations()).toEqual(
      new Map([...before].map(([name, generation]) => [name, generation + 1])),
    );
    expect(historyOf(await streams.tag(namespace, stream, tag))).toHaveLength(moves);
  };
  beforeAll(async () => {
    await kubectl(`create namespace ${namespace}`);
    await streams.create(namespace, stream, []);
    await pushHistory();
    const annotations = triggers(trigger(deployment, 'web', `${stream}:${tag}`));
    const names = Array.from({ length: followers }, (_, index) => `web-${index}`);
    await Promise.all(
      names.map((name) =>
        client().create(
          collection,
          workload(deployment, namespace, name, { annotations, images: { web: imageOf(1) } }),
        ),
      ),
    );
    // They hold the image already: nothing is written, but all have followed.
    before = new Map(names.map((name) => [name, 0]));
    await untilComplete();
  });
  return {
    move: async () => {
      before = await generations();
      const begun = untilWritten(client(), collection, () => imageOf(moves));
      await pushHistory();
      return { begun };
    },
    written: async () => (await list()).filter(holdsLast).length,
    untilComplete,
  };
}

/** Ends as soon as the API server tells that enough of them hold the image. */
async function untilWritten(client: KubeClient, collection: string, image: () => string): Promise<void> {
  const stop = new AbortController();
  const { metadata } = (await client.get(collection)) as {
    readonly metadata: { readonly resourceVersion: string };
  };
  const seen = new Set<string>();
  const path = `${collection}?watch=true&resourceVersion=${metadata.resourceVersion}`;
  for await (const { object } of client.watch(path, stop.signal)) {
    const changed = object as WorkloadObject;
    if (imagesOf(deployment, changed).web === image()) seen.add(changed.metadata.name);
    if (seen.size < halfWay) continue;
    // Breaking off closes the watch.
    return;
  }
  throw new Error('the watch ended too early');
}
