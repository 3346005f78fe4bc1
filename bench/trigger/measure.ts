import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from '../../test/cluster/loopback.ts';
import { eventually } from '../../test/support/eventually.ts';
import type { ApiObject } from '../api/objects.ts';
import type { PatchSummary } from '../api/progress.ts';
import { writeKubeconfig } from '../import/scene.ts';
import { startServer } from '../server-process.ts';
import { startApi, type Api } from './api.ts';
import { moving, statusAfter, type Size } from './scene.ts';

/** What one move took. */
export interface MoveSample {
  /** From the status being written to the last patch being written. */
  readonly seconds: number;
  readonly cpuSeconds: number | undefined;
  /** Before the move, and after it. */
  readonly idleMiB: number | undefined;
  readonly peakMiB: number | undefined;
  readonly patches: PatchSummary;
  /** By verb and resource: from the move until nothing more was asked. */
  readonly api: Readonly<Record<string, number>>;
}

const startMsMax = 60_000;
const moveMsMax = 120_000;
/** For what follows the last patch: Events are sent one after another. */
const settleMsMax = 60_000;
const settleMs = 500;

/** Starts an API server with workloads and the program, moves the tag once, and waits until nothing more is asked. */
export async function measureMove(folder: string, program: string, size: Size): Promise<MoveSample> {
  const api = await startApi(size);
  try {
    const [config, kubeconfig] = [join(folder, 'trigger-config.yaml'), join(folder, 'kubeconfig')];
    await writeFile(config, JSON.stringify({ triggers: { gatherWindow: '0s' } }));
    await writeKubeconfig(kubeconfig, api.url);
    const { metrics } = await freePorts(['metrics']);
    const places = ['--kubeconfig', kubeconfig, '--config', config, '--host', '127.0.0.1'];
    const env = { PATH: process.env.PATH ?? '', HOME: folder };
    const args = [program, 'controller', ...places, '--metrics-port', String(metrics)];
    const controller = await startServer(args, env);
    try {
      // Recorded means that it has looked at every workload that follows.
      await untilRecorded(api, 1, startMsMax);
      await untilQuiet(api);
      const [idleMiB, cpuBefore] = [controller.peakMiB(), controller.cpuSeconds()];
      const before = await api.progress();
      if (before.patches.total > 0) throw new Error('workloads were written before the tag moved');
      const stream = await movingStream(api);
      await api.writeStatus({ ...stream, status: statusAfter(2, moving, 1) });
      await untilRecorded(api, 2, moveMsMax);
      await untilQuiet(api);
      const after = await api.progress();
      return {
        seconds: (after.patches.lastMs - after.startedMs) / 1000,
        cpuSeconds: difference(controller.cpuSeconds(), cpuBefore),
        idleMiB,
        peakMiB: controller.peakMiB(),
        patches: after.patches,
        api: added(before.requests, after.requests),
      };
    } finally {
      await controller.stop();
    }
  } finally {
    await api.stop();
  }
}

interface StreamStatus {
  readonly tags: readonly { readonly observed?: { readonly triggeredGeneration?: number } }[];
}

async function movingStream(api: Api): Promise<ApiObject> {
  const found = (await api.streams()).find(({ metadata }) => metadata.name === moving);
  if (found === undefined) throw new Error('the stream is gone');
  return found;
}

async function untilRecorded(api: Api, generation: number, timeoutMs: number): Promise<void> {
  await eventually(
    async () => {
      const { status } = await movingStream(api);
      const recorded = (status as StreamStatus).tags[0]?.observed?.triggeredGeneration;
      if (recorded !== generation) throw new Error(`generation ${recorded ?? 'none'} is recorded`);
    },
    { describe: `move ${generation} is recorded as followed by all`, timeoutMs },
  );
}

async function untilQuiet(api: Api): Promise<void> {
  let last = -1;
  await eventually(
    async () => {
      const { requests } = await api.progress();
      // The Lease is renewed for ever.
      const now = Object.entries(requests)
        .filter(([what]) => !what.endsWith(' leases'))
        .reduce((sum, [, count]) => sum + count, 0);
      const moved = now - last;
      last = now;
      if (moved > 0) throw new Error(`${moved} requests in ${settleMs} ms`);
    },
    { describe: 'the controller comes to rest', timeoutMs: settleMsMax, intervalMs: settleMs },
  );
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
