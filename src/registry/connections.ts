import { createHash } from 'node:crypto';
import type { LookupFunction } from 'node:net';
import { createSecureContext, getCACertificates } from 'node:tls';
import { LRUCache } from 'lru-cache';
import { Agent, EnvHttpProxyAgent, type Dispatcher } from 'undici';
import { isInternalHost } from './internal-address.ts';
import type { Proxies } from './proxy.ts';
import { createPublicLookup, InternalAddress, type Reach } from './public-lookup.ts';

/** How a host is to be reached. */
export interface Route {
  /** Certificates are not verified. */
  readonly insecure: boolean;
  /** Certificates (PEM) of authorities that are trusted besides the system's. */
  readonly authorities: readonly string[];
  readonly reach: Reach;
}

export interface Connections {
  /**
   * The connections of this origin on this route. Throws when an authority's PEM cannot be read, and an InternalAddress
   * where the origin says by itself that it is out of reach; of other names that shows when they are connected to.
   */
  of(origin: string, route: Route): Dispatcher;
  /** Ends all of them, those in use too. */
  close(): Promise<void>;
}

const agentsMax = 100;

/**
 * Kept connections, apart for each origin, trust and reach, so that no connection is used by whom its trust or reach does
 * not suit. A proxy looks names up itself, so of those that it is asked for only the name can be judged; the proxy is the
 * admin's choice, and may lie inside.
 */
export function createConnections(options: {
  readonly connectMs: number;
  readonly headersMs: number;
  readonly perOriginMax: number;
  readonly proxies?: Proxies | undefined;
  readonly lookup?: LookupFunction | undefined;
}): Connections {
  const closing = new Set<Promise<void>>();
  const agents = new LRUCache<string, Dispatcher>({
    max: agentsMax,
    // Requests in progress end in peace.
    dispose: (agent) => {
      const closed: Promise<void> = agent.close().then(
        () => void closing.delete(closed),
        () => void closing.delete(closed),
      );
      closing.add(closed);
    },
  });
  const { proxies } = options;
  const create = (route: Route): Dispatcher => {
    const lookup = route.reach === 'public' ? createPublicLookup(options.lookup) : options.lookup;
    const connect = { timeout: options.connectMs, ...(lookup !== undefined && { lookup }), ...tlsOf(route) };
    const common = {
      connect,
      connections: options.perOriginMax,
      pipelining: 1,
      // One protocol to guard: bodies, limits and connections are HTTP/1.1's.
      allowH2: false,
      headersTimeout: options.headersMs,
      // The whole operation has a limit of its own.
      bodyTimeout: 0,
    };
    if (proxies === undefined || (proxies.https === '' && proxies.http === '')) {
      return new Agent({ ...common, maxOrigins: 1 });
    }
    const { https: httpsProxy, http: httpProxy, none: noProxy } = proxies;
    return new EnvHttpProxyAgent({ ...common, requestTls: connect, httpsProxy, httpProxy, noProxy });
  };
  return {
    of(origin, route) {
      if (route.reach === 'public' && isInternalHost(new URL(origin).hostname)) throw new InternalAddress();
      const key = keyOf(origin, route);
      const known = agents.get(key);
      if (known !== undefined) return known;
      const agent = create(route);
      agents.set(key, agent);
      return agent;
    },
    async close() {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()));
      agents.clear();
      await Promise.all(closing);
    },
  };
}

/** One context an agent: reading all authorities anew for each connection takes milliseconds. */
function tlsOf({ insecure, authorities }: Route): object {
  if (insecure) return { rejectUnauthorized: false };
  if (authorities.length === 0) return {};
  return { secureContext: createSecureContext({ ca: [...getCACertificates('default'), ...authorities] }) };
}

function keyOf(origin: string, { insecure, authorities, reach }: Route): string {
  if (insecure || authorities.length === 0) return JSON.stringify([origin, reach, insecure]);
  const hash = createHash('sha256');
  for (const pem of authorities) hash.update(pem).update('\0');
  return JSON.stringify([origin, reach, hash.digest('hex')]);
}
