import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endOf, readAccessLog, type AccessLine } from './access-log.ts';
import type { KeyPair } from './certificates.ts';
import { ComponentError } from './component.ts';
import { createComponents, type Components } from './components.ts';
import {
  authFile,
  registryConfiguration,
  type RegistryAuth,
  type ProxyUpstream,
} from './registry-configuration.ts';
import { findTools } from './tools.ts';
import { startWatchdog } from './watchdog.ts';

export interface RegistryOptions {
  /** Serves HTTPS with this certificate, which is for `127.0.0.1`; plain HTTP unless told. */
  readonly tls?: KeyPair;
  /** Everybody may read and write unless told. */
  readonly auth?: RegistryAuth;
  /** Whether manifests can be deleted; true unless told. */
  readonly deleteEnabled?: boolean;
  /** Makes it a pull-through cache; it then starts only while its upstream answers, and takes no pushes. */
  readonly proxy?: ProxyUpstream;
  /** How long a start may take; 20 s unless told. */
  readonly startTimeoutMs?: number;
}

/** A running registry on loopback: distribution, the program behind `registry:3`. */
export interface Registry {
  /** As image references name it: `127.0.0.1:40123`. */
  readonly host: string;
  /** `http://127.0.0.1:40123`, or https. */
  readonly url: string;
  /** Its messages and its access log; gone after `remove`. */
  readonly logPath: string;
  /** Ends it at once, with the requests that it is answering. What was pushed stays. */
  stop(): Promise<void>;
  /** Starts it again after `stop`, on the same port, with what was pushed. */
  start(): Promise<void>;
  /** Ends it and removes what was pushed. */
  remove(): Promise<void>;
  /**
   * What it has answered since `resetRequests`. A request is there before its answer has ended, if that is smaller than some
   * kilobytes; wait for the others.
   */
  requests(): Promise<readonly AccessLine[]>;
  resetRequests(): void;
}

/** Where everything of one registry lies on disk. */
interface Files {
  readonly dir: string;
  readonly log: string;
  readonly configuration: string;
  readonly storage: string;
  readonly auth: string;
  readonly certificate: string;
  readonly key: string;
}

const retryMs = 100;
/** What Go says when the port of an earlier run is taken: a socket of somebody else may have it for a moment. */
const portTaken = 'address already in use';

/**
 * Starts the registry in a temporary folder and waits until it listens. It ends with `remove`, at the latest with this
 * process. Throws when the binary is missing, with the way to get it, and when it does not start, with the end of its log,
 * which then stays on disk.
 */
export async function startRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const { tls, startTimeoutMs = 20_000 } = options;
  const binary = installedRegistry();
  const files = filesIn(await mkdtemp(join(tmpdir(), 'pinstream-registry-')));
  // The components' own watchdog is gone while the registry is stopped.
  const watchdog = startWatchdog(files.dir);
  const run = async (address: string): Promise<Run> => {
    await writeFiles(files, address, options);
    const deadline = Date.now() + startTimeoutMs;
    for (;;) {
      try {
        return await startOnce(binary, files, deadline);
      } catch (error) {
        const passing = error instanceof ComponentError && error.logTail.includes(portTaken);
        if (!passing || Date.now() > deadline) throw error;
        await delay(retryMs);
      }
    }
  };

  let running: Run | undefined;
  try {
    running = await run('127.0.0.1:0');
  } catch (error) {
    watchdog.dismiss();
    await removeAllButLog(files);
    throw error;
  }
  const host = `127.0.0.1:${running.port}`;
  let since = endOf(files.log);
  const stop = async (): Promise<void> => {
    await running?.components.end();
    running = undefined;
  };
  return {
    host,
    url: `${tls === undefined ? 'http' : 'https'}://${host}`,
    logPath: files.log,
    stop,
    start: async () => {
      if (running !== undefined) throw new Error(`the test registry ${host} is running: stop it first`);
      running = await run(host);
    },
    remove: async () => {
      await stop();
      watchdog.dismiss();
      await rm(files.dir, { recursive: true, force: true });
    },
    requests: () => readAccessLog(files.log, since),
    resetRequests: () => {
      since = endOf(files.log);
    },
  };
}

/** One life of the process. */
interface Run {
  readonly port: number;
  readonly components: Components;
}

async function startOnce(binary: string, files: Files, deadline: number): Promise<Run> {
  const components = createComponents(files.dir);
  const from = endOf(files.log);
  components.start({
    name: 'registry',
    command: binary,
    args: ['serve', files.configuration],
    // Unless told, it sends traces to a collector on this machine.
    env: { HOME: files.dir, OTEL_TRACES_EXPORTER: 'none' },
    logPath: files.log,
  });
  let port: number | undefined;
  try {
    await components.untilServing(async () => {
      port = await listeningPort(files.log, from);
      return port !== undefined;
    }, deadline);
  } catch (error) {
    await components.end();
    throw error;
  }
  if (port === undefined) throw new Error('a registry that serves on no port');
  return { port, components };
}

/** Asking the port itself would answer for anybody who has it, and would count as a request. */
async function listeningPort(log: string, from: number): Promise<number | undefined> {
  const text = await createReadStream(log, { start: from, encoding: 'utf8' }).toArray();
  const port = /msg="listening on 127\.0\.0\.1:(\d+)/.exec(text.join(''))?.[1];
  return port === undefined ? undefined : Number(port);
}

function installedRegistry(): string {
  const tools = findTools(['registry']);
  if (tools.kind === 'found') return tools.paths.registry;
  throw new Error(`test registry: ${tools.missing.join(', ')} missing: ${tools.howTo}`);
}

function filesIn(dir: string): Files {
  return {
    dir,
    log: join(dir, 'registry.log'),
    configuration: join(dir, 'configuration.json'),
    storage: join(dir, 'storage'),
    auth: join(dir, 'auth'),
    certificate: join(dir, 'tls.crt'),
    key: join(dir, 'tls.key'),
  };
}

async function writeFiles(files: Files, address: string, options: RegistryOptions): Promise<void> {
  const { tls, auth = { kind: 'none' }, deleteEnabled = true, proxy } = options;
  const configuration = registryConfiguration({
    address,
    storageFolder: files.storage,
    deleteEnabled,
    tls: tls && { certificatePath: files.certificate, keyPath: files.key },
    auth,
    authPath: files.auth,
    proxy,
  });
  const texts: readonly (readonly [path: string, text: string])[] = [
    [files.configuration, configuration],
    [files.auth, authFile(auth)],
    ...(tls
      ? ([
          [files.certificate, tls.certificate],
          [files.key, tls.key],
        ] as const)
      : []),
  ];
  await Promise.all(texts.map(([path, text]) => writeFile(path, text, { mode: 0o600 })));
}

async function removeAllButLog({ storage, configuration, auth, certificate, key }: Files): Promise<void> {
  const paths = [storage, configuration, auth, certificate, key];
  await Promise.all(paths.map((path) => rm(path, { recursive: true, force: true })));
}
