import { setTimeout as delay } from 'node:timers/promises';
import { laneKey } from '../../src/controllers/lane-book.ts';
import { nextTurn } from '../../src/importer/turn.ts';
import type { AccessLine } from '../../test/cluster/access-log.ts';
import type { Registry } from '../../test/cluster/registry.ts';
import { eventually } from '../../test/support/eventually.ts';
import type { Controller } from './controller.ts';
import { imageStreams, repositoryOf, streamKeys, tagOf, type Size } from './scene.ts';

/** What importing every tag took. */
export interface ImportSample {
  /** From the streams being there to the last status being written. */
  readonly seconds: number;
  readonly cpuSeconds: number | undefined;
  /** Before there was a stream, and after the last was written. */
  readonly idleMiB: number | undefined;
  readonly peakMiB: number | undefined;
  /** How many of the registry's answers were asked for how. */
  readonly registry: Readonly<Record<string, number>>;
  /** By verb and resource. */
  readonly api: Readonly<Record<string, number>>;
  /** Images that the API server has. */
  readonly images: number;
}

/** What one interval of the schedule took, when no tag had moved. */
export interface RoundSample {
  readonly seconds: number;
  readonly cpuSeconds: number | undefined;
  readonly peakMiB: number | undefined;
  /** Tags that were asked for by exactly one HEAD. */
  readonly tagsAskedOnce: number;
  readonly registry: Readonly<Record<string, number>>;
  readonly api: Readonly<Record<string, number>>;
}

const importMsMax = 120_000;
/** For what follows the last status: Events are sent one after another. */
const settleMsMax = 30_000;
const settleMs = 500;
const reloadMsMax = 20_000;

/** Makes the streams and waits until every tag stands for its image, and nothing more is asked or written. */
export async function measureImport(
  controller: Controller,
  registry: Registry,
  size: Size,
): Promise<ImportSample> {
  const tags = size.streams * size.tagsPerStream;
  const idleMiB = controller.process.peakMiB();
  const cpuBefore = controller.process.cpuSeconds();
  registry.resetRequests();
  const before = await controller.progress();
  await controller.addStreams(imageStreams(registry, size));
  await eventually(
    async () => {
      const { tags: imported } = await controller.progress();
      if (imported < tags) throw new Error(`${imported} of them`);
    },
    { describe: `${tags} tags are imported`, timeoutMs: importMsMax },
  );
  await untilQuiet(controller);
  const after = await controller.progress();
  return {
    seconds: (after.lastTagMs - after.startedMs) / 1000,
    cpuSeconds: difference(controller.process.cpuSeconds(), cpuBefore),
    idleMiB,
    peakMiB: controller.process.peakMiB(),
    registry: kindsOf(await registry.requests()),
    api: added(before.requests, after.requests),
    images: after.images,
  };
}

/** Has all tags looked at again and again, and counts what one interval of it asks and writes. */
export async function measureRound(
  controller: Controller,
  registry: Registry,
  size: Size,
  intervalSeconds: number,
): Promise<RoundSample> {
  const intervalMs = intervalSeconds * 1000;
  registry.resetRequests();
  await controller.setInterval(`${intervalSeconds}s`);
  await eventually(
    async () => {
      if ((await registry.requests()).length === 0) throw new Error('nothing was asked');
    },
    { describe: 'the schedule begins', timeoutMs: reloadMsMax + intervalMs },
  );
  // A turn at the border could fall into the interval twice, or not at all: the border is where there is none.
  await delay(quietMoment(registry, size, intervalMs) - Date.now());
  const cpuBefore = controller.process.cpuSeconds();
  const before = await controller.progress();
  registry.resetRequests();
  await delay(intervalMs);
  const lines = await registry.requests();
  const after = await controller.progress();
  return {
    seconds: intervalSeconds,
    cpuSeconds: difference(controller.process.cpuSeconds(), cpuBefore),
    peakMiB: controller.process.peakMiB(),
    tagsAskedOnce: tagsAskedOnce(lines, size),
    registry: kindsOf(lines),
    api: added(before.requests, after.requests),
  };
}

/** The middle of the longest pause between two turns of the schedule, next time it comes. */
function quietMoment({ host }: Registry, size: Size, intervalMs: number): number {
  const nowMs = Date.now();
  const turns = streamKeys(size)
    .map((stream) => nextTurn(laneKey(stream, `registry ${host}`), intervalMs, nowMs))
    .toSorted((a, b) => a - b);
  const pauses = turns.map((turnMs, at) => {
    const nextMs = turns[at + 1] ?? (turns[0] ?? 0) + intervalMs;
    return { middleMs: turnMs + (nextMs - turnMs) / 2, ms: nextMs - turnMs };
  });
  return pauses.reduce((longest, pause) => (pause.ms > longest.ms ? pause : longest)).middleMs;
}

async function untilQuiet(controller: Controller): Promise<void> {
  const total = async (): Promise<number> => {
    const { requests } = await controller.progress();
    // The Lease is renewed for ever.
    return Object.entries(requests)
      .filter(([what]) => !what.endsWith(' leases'))
      .reduce((sum, [, count]) => sum + count, 0);
  };
  let last = -1;
  await eventually(
    async () => {
      const now = await total();
      const moved = now - last;
      last = now;
      if (moved > 0) throw new Error(`${moved} requests in ${settleMs} ms`);
    },
    { describe: 'the importer comes to rest', timeoutMs: settleMsMax, intervalMs: settleMs },
  );
}

function tagsAskedOnce(lines: readonly AccessLine[], { streams, tagsPerStream }: Size): number {
  const heads = new Map<string, number>();
  for (const { method, path } of lines) {
    if (method === 'HEAD') heads.set(path, (heads.get(path) ?? 0) + 1);
  }
  let once = 0;
  for (let stream = 0; stream < streams; stream += 1) {
    for (let tag = 0; tag < tagsPerStream; tag += 1) {
      if (heads.get(`/v2/${repositoryOf(stream)}/manifests/${tagOf(tag)}`) === 1) once += 1;
    }
  }
  return once;
}

/** `GET manifests` → how many; what failed says its status, too. */
function kindsOf(lines: readonly AccessLine[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { method, path, status } of lines) {
    const what = /\/(manifests|blobs|tags)\//.exec(path)?.[1] ?? path;
    const kind = `${method} ${what}${status < 300 ? '' : ` ${status}`}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

function added(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(after)
      .map(([what, count]) => [what, count - (before[what] ?? 0)] as const)
      .filter(([, count]) => count > 0),
  );
}

function difference(after: number | undefined, before: number | undefined): number | undefined {
  return after === undefined || before === undefined ? undefined : after - before;
}
