import type { RequestOptions } from 'node:https';
import { isDeepStrictEqual } from 'node:util';
import type { KubeConfig } from '@kubernetes/client-node';
import { Agent, ProxyAgent, Socks5ProxyAgent, type buildConnector, type Dispatcher } from 'undici';
import type { Credentials } from './http-client.ts';
import { reasonOf } from './transport-error.ts';

/** What decides how connections are made. */
interface Route {
  readonly tls: buildConnector.BuildOptions;
  readonly proxyUrl: string | undefined;
}

export interface CredentialSource {
  /** What the next request carries. Throws when a token file, certificate file or exec plugin fails. */
  current(): Promise<Credentials>;
  /** Breaks all connections. */
  close(): Promise<void>;
}

/**
 * Credentials of the current context of `config`, loaded anew for every request (client-node re-reads files and caches
 * tokens). Connections are kept as long as the TLS side stays the same; running requests of an old side end in peace.
 */
export function credentialsOf(config: KubeConfig): CredentialSource {
  let used: { readonly route: Route; readonly dispatcher: Dispatcher } | undefined;
  const dispatcherFor = (route: Route): Dispatcher => {
    if (used !== undefined && isDeepStrictEqual(used.route, route)) return used.dispatcher;
    void used?.dispatcher.close();
    used = { route, dispatcher: createDispatcher(route) };
    return used.dispatcher;
  };
  return {
    async current() {
      const request: RequestOptions = {};
      try {
        await config.applyToHTTPSOptions(request);
      } catch (error) {
        throw new Error(`credentials: ${reasonOf(error)}`, { cause: error });
      }
      const route = { tls: tlsOf(request), proxyUrl: config.getCurrentCluster()?.proxyUrl };
      return { headers: headersOf(request), dispatcher: dispatcherFor(route) };
    },
    async close() {
      await used?.dispatcher.destroy();
    },
  };
}

function tlsOf(request: RequestOptions): buildConnector.BuildOptions {
  const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = request;
  const all = { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername };
  const given = Object.entries(all).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}

/** Token files end in a newline more often than not, and a header must not. */
function headersOf(request: RequestOptions): Record<string, string> {
  const given = Object.entries(request.headers ?? {}).map(
    ([name, value]) => [name, String(value).trim()] as const,
  );
  const basic =
    typeof request.auth === 'string'
      ? { Authorization: `Basic ${Buffer.from(request.auth).toString('base64')}` }
      : {};
  return { ...basic, ...Object.fromEntries(given) };
}

/**
 * HTTP/1.1 only: a watch on a connection of its own cannot hold up other requests, nor end with them. TCP keep-alive
 * every 30 s, as client-go, under the idle limit of common load balancers.
 */
function createDispatcher({ tls, proxyUrl }: Route): Dispatcher {
  const allowH2 = false;
  if (proxyUrl === undefined || proxyUrl === '') {
    return new Agent({ allowH2, connect: { ...tls, keepAlive: true, keepAliveInitialDelay: 30_000 } });
  }
  if (proxyUrl.startsWith('socks')) return new Socks5ProxyAgent(proxyUrl, { allowH2, requestTls: tls });
  return new ProxyAgent({ uri: proxyUrl, allowH2, requestTls: tls });
}
