import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import type { ApiObject } from '../api/objects.ts';
import type { Progress } from '../api/progress.ts';
import { startServer } from '../server-process.ts';
import { deployments, imageStreams, type Size } from './scene.ts';

/** The API server of the bench with streams and workloads in it. */
export interface Api {
  readonly url: string;
  progress(): Promise<Progress>;
  /** The image streams as they are now. */
  streams(): Promise<readonly ApiObject[]>;
  /** Writes a status, as the importer does; the clock starts here. */
  writeStatus(stream: ApiObject): Promise<void>;
  stop(): Promise<void>;
}

const objectsAtOnce = 1000;

export async function startApi(size: Size): Promise<Api> {
  const server = await startServer([fileURLToPath(new URL('../api/server.ts', import.meta.url))]);
  const { url } = server;
  const read = async (path: string): Promise<unknown> => (await request(`${url}${path}`)).body.json();
  const send = async (path: string, value: unknown): Promise<void> => {
    const { statusCode, body } = await request(`${url}${path}`, {
      method: 'POST',
      body: JSON.stringify(value),
    });
    await body.dump();
    if (statusCode !== 200) throw new Error(`${path}: ${statusCode}`);
  };
  await send('/bench/streams', imageStreams());
  const workloads = deployments(size);
  for (let at = 0; at < workloads.length; at += objectsAtOnce) {
    await send('/bench/objects?resource=deployments', workloads.slice(at, at + objectsAtOnce));
  }
  return {
    url,
    progress: async () => (await read('/bench/progress')) as Progress,
    streams: async () => (await read('/bench/objects?resource=imagestreams')) as readonly ApiObject[],
    writeStatus: (stream) => send('/bench/status', stream),
    stop: () => server.stop(),
  };
}
