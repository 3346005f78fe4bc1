import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImporterReport } from '../../../src/server/importer.ts';
import { builtProgram } from '../../support/built-program.ts';
import { eventually } from '../../support/eventually.ts';
import { createComponents, type Components } from '../components.ts';
import type { ControlPlane } from '../control-plane.ts';
import { freePorts } from '../loopback.ts';
import { linesOf, type LogLine } from '../pinstream.ts';
import { writeServiceAccountKubeconfig } from '../story/credentials.ts';
import { ask } from '../story/https.ts';
import { install } from '../story/install.ts';

export interface ControllerOptions {
  /** Below `import:` in the configuration file, or the whole of it from there on; registries are asked without limit. */
  readonly configuration?: string;
  /** The file of `--registry-config`. */
  readonly registryConfig?: string;
  /** The folder of `--registry-certs`. */
  readonly registryCerts?: string;
}

/** The built program running as `pinstream controller`, with the rights that the manifests give it, and no other. */
export interface Controller {
  /** What all its lives have logged. */
  readonly logPath: string;
  log(): Promise<readonly LogLine[]>;
  /** What it answers at /imports. */
  imports(): Promise<ImporterReport>;
  /** One of its metrics, by name and labels as the text has them; 0 where there is none. */
  metric(series: string): Promise<number>;
  /** Writes its configuration file anew, and waits until it is in force, or refused; gives which. */
  configure(configuration: string): Promise<'reloaded' | 'refused'>;
  /** Starts it after an end, and waits until it answers. */
  start(): Promise<void>;
  untilLeads(): Promise<void>;
  /** Waits until it knows who leads. */
  untilKnows(leader: string): Promise<void>;
  /** Lets it stand still, as a machine does that is short of memory or put to sleep; and lets it go on. */
  pause(): void;
  resume(): void;
  /** Ends it as a crash would (SIGKILL), or by another signal; waits until it is gone. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

const startTimeoutMs = 30_000;

/** A configuration file with these settings of imports, and further keys. */
export function configurationOf(imports: object = {}, further: object = {}): string {
  return JSON.stringify({
    apiVersion: 'pinstream.dev/v1',
    kind: 'Configuration',
    import: { perRegistryPerMinute: 0, ...imports },
    ...further,
  });
}

/** Applies the manifests without the webhooks: what is judged at admission is judged again by the importer. */
export async function installWithoutWebhooks(cluster: ControlPlane): Promise<void> {
  const nowhere = { url: 'https://127.0.0.1:1', caCertificate: '' };
  await install(cluster, nowhere, '.', (kind) => !kind.endsWith('WebhookConfiguration'));
}

/** Starts it and waits until it answers; the manifests are applied. It ends with `end`, at the latest with this process. */
export async function startController(
  cluster: ControlPlane,
  { configuration = configurationOf(), registryConfig, registryCerts }: ControllerOptions = {},
): Promise<Controller> {
  const program = await builtProgram();
  const dir = await mkdtemp(join(cluster.dir, 'controller-'));
  const { metrics: port } = await freePorts(['metrics']);
  const config = join(dir, 'config.yaml');
  await writeFile(config, configuration);
  const kubeconfig = await writeServiceAccountKubeconfig(cluster, dir, 'pinstream-controller');
  const controller = runnable(dir, port, config, [
    program,
    'controller',
    '--host=127.0.0.1',
    `--metrics-port=${port}`,
    `--kubeconfig=${kubeconfig}`,
    `--config=${config}`,
    ...(registryConfig === undefined ? [] : [`--registry-config=${registryConfig}`]),
    ...(registryCerts === undefined ? [] : [`--registry-certs=${registryCerts}`]),
  ]);
  await controller.start();
  return controller;
}

function runnable(dir: string, port: number, config: string, args: readonly string[]): Controller {
  const logPath = join(dir, 'controller.log');
  const url = `http://127.0.0.1:${port}`;
  let components: Components | undefined;
  const log = async (): Promise<readonly LogLine[]> =>
    linesOf(await readFile(logPath, 'utf8').catch(() => ''));
  const imports = async (): Promise<ImporterReport> =>
    JSON.parse((await ask(`${url}/imports`)).body) as ImporterReport;
  const isReady = (): Promise<boolean> =>
    ask(`${url}/readyz`).then(
      ({ code }) => code === 200,
      () => false,
    );
  const end = async (signal?: NodeJS.Signals): Promise<void> => {
    await components?.end(signal);
    components = undefined;
  };
  /** What it has said of its configuration file since it read it first. */
  const verdicts = async (): Promise<readonly ('reloaded' | 'refused')[]> =>
    (await log())
      .filter(({ file }) => file === config)
      .map(({ level }) => (level === 'error' ? 'refused' : 'reloaded'));
  return {
    logPath,
    log,
    imports,
    metric: async (series) => {
      const { body } = await ask(`${url}/metrics`);
      const line = body.split('\n').find((candidate) => candidate.startsWith(`${series} `));
      return Number(line?.slice(series.length + 1) ?? 0);
    },
    configure: async (configuration) => {
      const before = (await verdicts()).length;
      await writeFile(config, configuration);
      return eventually(
        async () => {
          const verdict = (await verdicts())[before];
          if (verdict === undefined) throw new Error('it says nothing');
          return verdict;
        },
        { describe: 'the controller reads its configuration', timeoutMs: startTimeoutMs },
      );
    },
    end,
    untilLeads: async () => {
      const describe = 'the controller leads';
      await eventually(
        async () => {
          if (!(await imports()).leads) throw new Error(`${(await imports()).leader} leads`);
        },
        { describe },
      );
    },
    pause: () => components?.send('SIGSTOP'),
    resume: () => components?.send('SIGCONT'),
    untilKnows: (leader) =>
      eventually(
        async () => {
          const known = (await imports()).leader;
          if (known !== leader) throw new Error(`it knows "${known}"`);
        },
        { describe: 'the controller knows who leads', timeoutMs: 10_000 },
      ),
    async start() {
      await end();
      components = createComponents(dir);
      try {
        const env = { HOME: dir, PATH: process.env.PATH ?? '' };
        components.start({ name: 'controller', command: process.execPath, args, env, logPath });
        await components.untilServing(isReady, Date.now() + startTimeoutMs);
      } catch (error) {
        await end();
        throw error;
      }
    },
  };
}
