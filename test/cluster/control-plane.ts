import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { auditPolicy, readAuditLog, type AuditEvent } from './audit.ts';
import { ComponentError } from './component.ts';
import { createComponents, type Components } from './components.ts';
import { writeCredentials, writeKubeconfig, type Credentials, type User } from './credentials.ts';
import { apiServerFlags, controllerManagerFlags, etcdFlags, filesIn, type Files } from './flags.ts';
import { kubectlAt, type Kubectl } from './kubectl.ts';
import { answersOk, freePorts } from './loopback.ts';
import { controlPlaneTools, type ControlPlaneTool } from './pins.ts';
import { findTools, type ToolPaths } from './tools.ts';

export interface ControlPlaneOptions {
  /** The binaries; those that `findTools` finds unless told. */
  readonly tools?: ToolPaths<ControlPlaneTool>;
  /** Whether controllers run (ReplicaSets, Pods of Jobs, service accounts, garbage collection); true unless told. */
  readonly controllerManager?: boolean;
  /** Further flags of kube-apiserver; a repeated one wins over ours. */
  readonly apiServerFlags?: readonly string[];
  /** How long it may take to come up; 90 s unless told. */
  readonly startTimeoutMs?: number;
}

/** A running control plane on loopback: an API without nodes, so Pods stay Pending. */
export interface ControlPlane {
  readonly url: string;
  /** The certificate authority of `url`, PEM. */
  readonly caCertificate: string;
  /** A kubeconfig of a cluster admin. */
  readonly kubeconfigPath: string;
  /** Everything of it on disk, `logs/` and `audit.log` too; gone after `stop`. */
  readonly dir: string;
  /** Runs kubectl as the admin. */
  readonly kubectl: Kubectl;
  /** Writes a kubeconfig for a user that has the rights which RBAC gives it, and no other; gives its path. */
  kubeconfigFor(user: User): Promise<string>;
  /** What the audit log has so far. An event comes shortly after the answer, so wait for the one you expect. */
  auditEvents(): Promise<readonly AuditEvent[]>;
  /** Ends kube-apiserver as a crash would; what else there is goes on. */
  stopApiServer(): Promise<void>;
  /** Starts it again at the same place, and waits until it serves. */
  startApiServer(): Promise<void>;
  stop(): Promise<void>;
}

const attemptsMax = 3;

/**
 * Starts etcd, kube-apiserver and (unless told otherwise) kube-controller-manager in a temporary folder and waits until
 * they serve. Everything ends with `stop`, at the latest with this process. Throws when binaries are missing, with the
 * way to get them, and when a component fails, with the end of its log; the logs then stay on disk.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const tools = options.tools ?? installedTools();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(tools, options);
    } catch (error) {
      // Between choosing a free port and binding it somebody else may have taken it.
      const portTaken = error instanceof ComponentError && error.logTail.includes('address already in use');
      if (!portTaken || attempt === attemptsMax) throw error;
    }
  }
}

function installedTools(): ToolPaths<ControlPlaneTool> {
  const tools = findTools(controlPlaneTools);
  if (tools.kind === 'found') return tools.paths;
  throw new Error(`test control plane: ${tools.missing.join(', ')} missing: ${tools.howTo}`);
}

async function startOnce(
  tools: ToolPaths<ControlPlaneTool>,
  options: ControlPlaneOptions,
): Promise<ControlPlane> {
  const files = filesIn(await mkdtemp(join(tmpdir(), 'pinstream-cluster-')));
  // A process that ends in a minute need not collect its garbage as thoroughly as one that stays.
  const env = { GOGC: '300', HOME: files.dir, PATH: process.env.PATH ?? '' };
  const components = createComponents(files.dir);
  try {
    const { url, authority, startApiServer } = await bringUp(files, components, env, tools, options);
    return {
      url,
      caCertificate: authority.certificate,
      kubeconfigPath: files.adminKubeconfig,
      dir: files.dir,
      kubectl: kubectlAt(tools.kubectl, { ...env, KUBECONFIG: files.adminKubeconfig }),
      kubeconfigFor: (user) => writeKubeconfig(files, url, authority, user),
      auditEvents: () => readAuditLog(files.auditLog),
      stopApiServer: () => components.endOne('kube-apiserver'),
      startApiServer,
      stop: async () => {
        await components.end();
        await rm(files.dir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await components.end();
    await removeAllButLogs(files);
    throw error;
  }
}

async function bringUp(
  files: Files,
  components: Components,
  env: Readonly<Record<string, string>>,
  tools: ToolPaths<ControlPlaneTool>,
  {
    controllerManager = true,
    apiServerFlags: furtherFlags = [],
    startTimeoutMs = 90_000,
  }: ControlPlaneOptions,
): Promise<Credentials & { readonly url: string; readonly startApiServer: () => Promise<void> }> {
  const deadline = Date.now() + startTimeoutMs;
  const start = (
    name: 'etcd' | 'kube-apiserver' | 'kube-controller-manager',
    args: readonly string[],
  ): void => components.start({ name, command: tools[name], args, env, logPath: files.log(name) });
  const ports = await freePorts(['etcdClient', 'etcdPeer', 'apiServer']);
  const url = `https://127.0.0.1:${ports.apiServer}`;
  await Promise.all([mkdir(files.pkiFolder), mkdir(files.logFolder)]);
  await writeFile(files.auditPolicy, JSON.stringify(auditPolicy));

  start('etcd', etcdFlags(files, ports));
  const credentials = await writeCredentials(files, url);
  const { authority, admin } = credentials;
  const isServed = (path: string) => (): Promise<boolean> =>
    answersOk(`${url}${path}`, { ca: authority.certificate, cert: admin.certificate, key: admin.key });

  // Without controllers nobody makes service accounts, and every Pod would be refused for want of one.
  const admission = controllerManager ? [] : ['--disable-admission-plugins=ServiceAccount'];
  const startApiServer = async (until = Date.now() + startTimeoutMs): Promise<void> => {
    start('kube-apiserver', [...apiServerFlags(files, ports), ...admission, ...furtherFlags]);
    await components.untilServing(isServed('/readyz'), until);
  };
  await startApiServer(deadline);
  if (controllerManager) {
    start('kube-controller-manager', controllerManagerFlags(files));
    await components.untilServing(isServed('/api/v1/namespaces/default/serviceaccounts/default'), deadline);
  }
  return { ...credentials, url, startApiServer: () => startApiServer() };
}

async function removeAllButLogs({ dir, logFolder }: Files): Promise<void> {
  const names = (await readdir(dir)).filter((name) => name !== basename(logFolder));
  await Promise.all(names.map((name) => rm(join(dir, name), { recursive: true, force: true })));
}
