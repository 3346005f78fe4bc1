import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { createComponents, type Components } from './components.ts';
import type { ControlPlane } from './control-plane.ts';
import { freePorts } from './loopback.ts';
import { builtProgram } from '../support/built-program.ts';
import { writeCertificate, writeServiceAccountKubeconfig } from './story/credentials.ts';
import { ask } from './story/https.ts';
import { install, type Endpoint } from './story/install.ts';

export interface PinstreamOptions {
  /** The kustomization that is applied: a folder in `manifests`, itself unless told. */
  readonly manifests?: string;
  /** Text of the configuration file; everything is at its default unless told. */
  readonly configuration?: string;
  /** Added to its environment, which has nothing of this process's but PATH. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** The built program, running beside a control plane that knows it as its webhook. */
export interface Pinstream extends Endpoint {
  /** What it has logged since its last start. */
  log(): Promise<readonly LogLine[]>;
  readonly logPath: string;
  /** Its configuration file, which it follows. */
  readonly configPath: string;
  /** How many reviews it has answered at /mutate since its last start. */
  reviews(): Promise<number>;
  /** Ends it at once, as a crash would; the manifests stay. */
  stop(): Promise<void>;
  /** Starts it again at the same place and waits until it is ready. */
  start(): Promise<void>;
}

const startTimeoutMs = 30_000;
const noConfiguration = 'apiVersion: pinstream.dev/v1\nkind: Configuration\n';

/**
 * Applies the manifests and starts the built program (built anew when it is older than its sources) with the rights that
 * they give it; waits until the API server asks it. Its files are in the control plane's folder. It ends with `stop`, at
 * the latest with this process.
 */
export async function startPinstream(
  cluster: ControlPlane,
  { manifests = '.', configuration = noConfiguration, environment = {} }: PinstreamOptions = {},
): Promise<Pinstream> {
  const program = await builtProgram();
  const dir = await mkdtemp(join(cluster.dir, 'pinstream-'));
  const ports = await freePorts(['https', 'metrics']);
  const { caCertificate, certificate, key } = await writeCertificate(dir);
  const endpoint = { url: `https://127.0.0.1:${ports.https}`, caCertificate };
  await install(cluster, endpoint, manifests);
  const config = join(dir, 'config.yaml');
  await writeFile(config, configuration);
  const env = { HOME: dir, PATH: process.env.PATH ?? '', ...environment };
  const pinstream = runnable({ dir, config, env }, endpoint, ports.metrics, [
    program,
    'webhook',
    '--host=127.0.0.1',
    `--port=${ports.https}`,
    `--metrics-port=${ports.metrics}`,
    `--tls-cert-file=${certificate}`,
    `--tls-private-key-file=${key}`,
    `--kubeconfig=${await writeServiceAccountKubeconfig(cluster, dir)}`,
    `--config=${config}`,
  ]);
  await pinstream.start();
  await untilAsked(cluster, pinstream);
  return pinstream;
}

interface Surroundings {
  readonly dir: string;
  readonly config: string;
  readonly env: Readonly<Record<string, string>>;
}

function runnable(
  { dir, config, env }: Surroundings,
  endpoint: Endpoint,
  metricsPort: number,
  args: readonly string[],
): Pinstream {
  const logPath = join(dir, 'pinstream.log');
  const command = process.execPath;
  let components: Components | undefined;
  let earlierLog = 0;
  const logText = (): Promise<string> => readFile(logPath, 'utf8').catch(() => '');
  const isReady = (): Promise<boolean> =>
    ask(`${endpoint.url}/readyz`, { ca: endpoint.caCertificate }).then(
      ({ code }) => code === 200,
      () => false,
    );
  const stop = async (): Promise<void> => {
    await components?.end();
    components = undefined;
  };
  return {
    ...endpoint,
    logPath,
    configPath: config,
    log: async () => linesOf((await logText()).slice(earlierLog)),
    reviews: async () => reviewsIn((await ask(`http://127.0.0.1:${metricsPort}/metrics`)).body),
    stop,
    async start() {
      await stop();
      earlierLog = (await logText()).length;
      components = createComponents(dir);
      try {
        components.start({ name: 'pinstream', command, args, env, logPath });
        await components.untilServing(isReady, Date.now() + startTimeoutMs);
      } catch (error) {
        await stop();
        throw error;
      }
    },
  };
}

/** A line that is still being written is left out, and what is not JSON (a crash). */
export function linesOf(text: string): LogLine[] {
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogLine);
}

function reviewsIn(metrics: string): number {
  const counts = metrics.matchAll(
    /^pinstream_request_duration_seconds_count\{endpoint="mutate".*\} (\d+)$/gm,
  );
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** The API server learns of webhook configurations a moment after they are stored. */
async function untilAsked(cluster: ControlPlane, pinstream: Pinstream): Promise<void> {
  const create = ['create', 'job', 'canary', '--image=canary', '-n', 'default', '--dry-run=server'];
  await eventually(
    async () => {
      await cluster.kubectl(create);
      if ((await pinstream.reviews()) === 0) throw new Error('no review came');
    },
    { describe: 'the API server asks Pinstream', timeoutMs: startTimeoutMs },
  );
}
