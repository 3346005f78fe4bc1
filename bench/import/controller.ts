import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { freePorts } from '../../test/cluster/loopback.ts';
import { eventually } from '../../test/support/eventually.ts';
import type { Progress } from '../api/progress.ts';
import { startServer, type ServerProcess } from '../server-process.ts';
import { writeConfiguration, writeKubeconfig } from './scene.ts';

/** `pinstream controller` and the API server that it works for, each a process of its own. */
export interface Controller {
  readonly process: ServerProcess;
  progress(): Promise<Progress>;
  /** Makes these streams, all at once. */
  addStreams(streams: readonly object[]): Promise<void>;
  /** Changes how often scheduled tags are looked at, in the file that the program watches. */
  setInterval(scheduledInterval: string): Promise<void>;
  stop(): Promise<void>;
}

/** No turn of the schedule comes while this is the interval, so that an import is nothing else. */
const noSchedule = '500h';
const startMsMax = 20_000;

/** Starts both and waits until the program leads and follows the streams, of which there are none yet. */
export async function startController(folder: string, program: string): Promise<Controller> {
  const api = await startServer([fileURLToPath(new URL('../api/server.ts', import.meta.url))]);
  try {
    const [config, kubeconfig] = [join(folder, 'config.yaml'), join(folder, 'kubeconfig')];
    await writeConfiguration(config, noSchedule);
    await writeKubeconfig(kubeconfig, api.url);
    const { metrics } = await freePorts(['metrics']);
    const places = ['--kubeconfig', kubeconfig, '--config', config, '--host', '127.0.0.1'];
    // A home without credentials of whoever runs this.
    const env = { PATH: process.env.PATH ?? '', HOME: folder };
    const args = [program, 'controller', ...places, '--metrics-port', String(metrics)];
    const controller = await startServer(args, env);
    const stop = async (): Promise<void> => {
      await controller.stop();
      await api.stop();
    };
    const progress = async (): Promise<Progress> =>
      (await (await request(`${api.url}/bench/progress`)).body.json()) as Progress;
    const follows = async (): Promise<void> => {
      if ((await progress()).watches === 0) throw new Error('no watch of image streams is open');
    };
    await eventually(follows, { describe: 'the importer leads', timeoutMs: startMsMax }).catch(
      async (error: unknown) => {
        await stop();
        throw error;
      },
    );
    return {
      process: controller,
      progress,
      addStreams: async (streams) => {
        const body = JSON.stringify(streams);
        await (await request(`${api.url}/bench/streams`, { method: 'POST', body })).body.dump();
      },
      setInterval: (scheduledInterval) => writeConfiguration(config, scheduledInterval),
      stop,
    };
  } catch (error) {
    await api.stop();
    throw error;
  }
}
