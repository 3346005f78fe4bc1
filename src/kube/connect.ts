import type { KubeConfig } from '@kubernetes/client-node';
import type { KubeClient } from './client.ts';
import { credentialsOf } from './credentials.ts';
import { createHttpClient, type AnswerNote } from './http-client.ts';
import { reasonOf } from './transport-error.ts';

export interface ConnectOptions {
  /** A kubeconfig file; without it KUBECONFIG, ~/.kube/config, then the service account of the pod. */
  readonly kubeconfig?: string;
  /** Our version, for the User-Agent. */
  readonly version?: string;
  /** A context of the kubeconfig; without it the current one. */
  readonly context?: string;
  /** Act as somebody else, as far as the cluster lets. */
  readonly impersonate?: { readonly user: string; readonly groups: readonly string[] };
  /** For a whole answer; the client's own limit unless told. */
  readonly deadlineMs?: number;
  readonly onAnswer?: (answer: AnswerNote) => void;
}

export interface Connection {
  readonly client: KubeClient;
  readonly server: string;
  /** That of the context; in a pod, the pod's own. */
  readonly namespace: string | undefined;
  /** Breaks all connections, watches too. */
  close(): Promise<void>;
}

const wayOut = 'give --kubeconfig FILE, set KUBECONFIG, or serve a directory with --objects DIR';

/**
 * A client for the cluster of the current context; nothing is sent yet. Throws when there is no configuration or it
 * cannot be used, with the way out. The only place that loads client-node (some 60 MB that a directory store spares).
 */
export async function connectToCluster(options: ConnectOptions = {}): Promise<Connection> {
  const { KubeConfig } = await import('./kube-config.ts');
  const config = new KubeConfig();
  load(config, options.kubeconfig);
  if (options.context !== undefined) useContext(config, options.context);
  const server = serverOf(config);
  const credentials = credentialsOf(config);
  const client = createHttpClient({
    server,
    credentials: () => credentials.current(),
    userAgent: options.version === undefined ? 'pinstream' : `pinstream/${options.version}`,
    ...(options.deadlineMs === undefined ? {} : { deadlineMs: options.deadlineMs }),
    ...(options.onAnswer === undefined ? {} : { onAnswer: options.onAnswer }),
    ...(options.impersonate === undefined ? {} : { headers: impersonation(options.impersonate) }),
  });
  const namespace = config.getContextObject(config.getCurrentContext())?.namespace;
  return { client, server, namespace, close: () => credentials.close() };
}

function impersonation({ user, groups }: NonNullable<ConnectOptions['impersonate']>) {
  return {
    'impersonate-user': user,
    ...(groups.length === 0 ? {} : { 'impersonate-group': [...groups] }),
  };
}

function useContext(config: KubeConfig, context: string): void {
  if (config.getContextObject(context) === null) {
    const names = config.getContexts().map(({ name }) => name);
    throw new Error(`context "${context}" does not exist; the kubeconfig has: ${names.join(', ') || 'none'}`);
  }
  config.setCurrentContext(context);
}

function load(config: KubeConfig, kubeconfig: string | undefined): void {
  const failure = loadFailure(config, kubeconfig);
  if (failure === undefined) return;
  const which = kubeconfig === undefined ? 'the kubeconfig' : `the kubeconfig ${kubeconfig}`;
  throw new Error(`cannot read ${which}: ${failure}; ${wayOut}`);
}

/** A YAML parser's message quotes the lines around the mistake, and those may be credentials: it goes no further. */
function loadFailure(config: KubeConfig, kubeconfig: string | undefined): string | undefined {
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
    return undefined;
  } catch (error) {
    if (error instanceof TypeError) return 'not a kubeconfig';
    if (!(error instanceof Error) || error.name !== 'YAMLException') return reasonOf(error);
    const mark = 'mark' in error ? (error.mark as { line?: unknown } | undefined) : undefined;
    return typeof mark?.line === 'number' ? `not YAML, line ${mark.line + 1}` : 'not YAML';
  }
}

function serverOf(config: KubeConfig): string {
  const cluster = config.getCurrentCluster();
  // What client-node falls back to when it finds nothing at all.
  const nothing =
    config.getCurrentContext() === 'loaded-context' && cluster?.server === 'http://localhost:8080';
  if (nothing) throw new Error(`no cluster is configured and this is not a pod; ${wayOut}`);
  if (!cluster) {
    const context = config.getCurrentContext() as string | undefined;
    throw new Error(
      `the kubeconfig has no cluster for its current-context ${context ?? '(none)'}; ${wayOut}`,
    );
  }
  const url = URL.parse(cluster.server);
  if (url === null) throw new Error(`cluster ${cluster.name}: its server is not a URL; ${wayOut}`);
  if (url.username !== '' || url.password !== '') {
    throw new Error(
      `cluster ${cluster.name}: credentials belong in users of the kubeconfig, not in the server's URL`,
    );
  }
  if (url.protocol === 'http:' && !cluster.skipTLSVerify) {
    throw new Error(
      `cluster ${cluster.name}: ${cluster.server} would send credentials in the clear; use https, or say ` +
        'insecure-skip-tls-verify: true for a proxy on this machine',
    );
  }
  return cluster.server;
}
