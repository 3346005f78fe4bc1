import type { KubeConfig } from '@kubernetes/client-node';
import type { KubeClient } from './client.ts';
import { credentialsOf } from './credentials.ts';
import { createHttpClient } from './http-client.ts';
import { reasonOf } from './transport-error.ts';

export interface ConnectOptions {
  /** A kubeconfig file; without it KUBECONFIG, ~/.kube/config, then the service account of the pod. */
  readonly kubeconfig?: string;
  /** Our version, for the User-Agent. */
  readonly version?: string;
}

export interface Connection {
  readonly client: KubeClient;
  readonly server: string;
  /** Breaks all connections, watches too. */
  close(): Promise<void>;
}

const wayOut = 'give --kubeconfig FILE, set KUBECONFIG, or serve a directory with --objects DIR';

/**
 * A client for the cluster of the current context; nothing is sent yet. Throws when there is no configuration or it
 * cannot be used, with the way out. The only place that loads client-node (some 60 MB that a directory store spares).
 */
export async function connectToCluster(options: ConnectOptions = {}): Promise<Connection> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  load(config, options.kubeconfig);
  const server = serverOf(config);
  const credentials = credentialsOf(config);
  const client = createHttpClient({
    server,
    credentials: () => credentials.current(),
    userAgent: options.version === undefined ? 'pinstream' : `pinstream/${options.version}`,
  });
  return { client, server, close: () => credentials.close() };
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
