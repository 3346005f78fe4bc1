import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { selfSigned } from '../../src/certs/issue.ts';
import { freePorts } from '../../test/cluster/loopback.ts';
import { eventually } from '../../test/support/eventually.ts';
import { writeKubeconfig } from '../import/scene.ts';
import { imageFlags } from '../image-flags.ts';
import { startServer } from '../server-process.ts';
import type { StreamApiProgress } from '../servers/stream-api.ts';

export interface MemorySample {
  /** After a collection of garbage: in RAM, and of it used by what is still needed. */
  readonly rssBytes: number;
  readonly usedBytes: number;
  /** The most in RAM until all streams were read, and until they were read again; NaN where it ran out of memory. */
  readonly peakMiB: number;
  readonly peakAgainMiB: number;
}

const serverScript = fileURLToPath(new URL('../servers/stream-api.ts', import.meta.url));
const syncMsMax = 300_000;

/** Loaded before the program: answers how much memory it uses, after a collection of garbage. */
const hook = `
import { createServer } from 'node:http';
const server = createServer((request, response) => {
  gc();
  gc();
  response.end(JSON.stringify(process.memoryUsage()));
});
server.listen(Number(process.env.BENCH_MEMORY_PORT), '127.0.0.1');
server.unref();
`;

/** Runs the program as users do on an API server with so many streams, and looks at its memory. */
export async function measureProgram(
  folder: string,
  program: string,
  streams: number,
): Promise<MemorySample> {
  const api = await startServer([serverScript, String(streams)]);
  try {
    const files = ['kubeconfig', 'server.pem', 'server.key', 'hook.mjs'].map((name) => join(folder, name));
    const [kubeconfig = '', certFile = '', keyFile = '', hookFile = ''] = files;
    const { cert, key } = await selfSigned({ host: '127.0.0.1', now: new Date() });
    await writeKubeconfig(kubeconfig, api.url);
    await writeFile(certFile, cert);
    await writeFile(keyFile, key, { mode: 0o600 });
    await writeFile(hookFile, hook);
    const { memory, metrics } = await freePorts(['memory', 'metrics']);
    const webhook = await startServer(
      [
        ...imageFlags(),
        ...['--expose-gc', '--import', hookFile, program, 'webhook', '--host', '127.0.0.1', '--port', '0'],
        ...['--metrics-port', String(metrics), '--kubeconfig', kubeconfig],
        ...['--tls-cert-file', certFile, '--tls-private-key-file', keyFile],
      ],
      // A home without credentials of whoever runs this.
      { PATH: process.env.PATH ?? '', HOME: folder, BENCH_MEMORY_PORT: String(memory) },
    );
    const progress = async (): Promise<StreamApiProgress> =>
      (await (await request(`${api.url}/bench/progress`)).body.json()) as StreamApiProgress;
    const survivesList = (times: number): Promise<boolean> =>
      eventually(
        async () => {
          const { lists, watches } = await progress();
          const isRunning = webhook.running();
          if (isRunning && (lists < times || watches === 0))
            throw new Error(`${lists} lists, ${watches} watches`);
          return isRunning;
        },
        { describe: `${streams} streams are read`, timeoutMs: syncMsMax, intervalMs: 100 },
      );
    try {
      if (!(await survivesList(1))) return { rssBytes: NaN, usedBytes: NaN, peakMiB: NaN, peakAgainMiB: NaN };
      const peakMiB = webhook.peakMiB() ?? NaN;
      const used = (await (await request(`http://127.0.0.1:${memory}/`)).body.json()) as NodeJS.MemoryUsage;
      await (await request(`${api.url}/bench/expire`)).body.dump();
      const peakAgainMiB = (await survivesList(2)) ? (webhook.peakMiB() ?? NaN) : NaN;
      return { rssBytes: used.rss, usedBytes: used.heapUsed + used.external, peakMiB, peakAgainMiB };
    } finally {
      // In good order it would listen on for seconds.
      await webhook.stop(0);
    }
  } finally {
    await api.stop();
  }
}
