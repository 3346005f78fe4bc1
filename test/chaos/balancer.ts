import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** One place behind the balancer. */
export interface Endpoint {
  readonly port: number;
  /** Its readiness probe; must answer within a second or so, by itself. */
  readonly isReady: () => Promise<boolean>;
}

/**
 * Stands for a Service and its kube-proxy: each new connection goes to the next endpoint that is known to be ready; what
 * has a connection keeps it. What it knows comes late, as it does in a cluster: probes take turns, and their results take a
 * while to reach it.
 */
export interface Balancer {
  readonly port: number;
  add(endpoint: Endpoint): void;
  /** The Pod is being ended: it is taken out without a probe, but late as everything. */
  takeOut(endpoint: Endpoint): void;
  /** Which are sent new connections. */
  ready(): readonly Endpoint[];
  /** Connections that an endpoint has now. */
  open(endpoint: Endpoint): number;
  /** Connections that found nobody behind them so far: no endpoint, or one that is gone. */
  refused(): number;
  /**
   * Whether a connection that an endpoint refuses is tried with another one, as many balancers do, or broken off as
   * kube-proxy does.
   */
  triesAnother: boolean;
  stop(): Promise<void>;
}

const probeEveryMs = 400;
const lagMs = 600;
/** As the manifests have it: one probe that fails says nothing. */
const failuresMax = 2;

interface Known {
  ready: boolean;
  failures: number;
  readonly sockets: Set<Socket>;
}

/** Listens on loopback. */
export async function startBalancer(): Promise<Balancer> {
  const known = new Map<Endpoint, Known>();
  let turn = 0;
  let refused = 0;
  let stopped = false;
  const isStopped = (): boolean => stopped;
  const ready = (): Endpoint[] => [...known].filter(([, { ready }]) => ready).map(([endpoint]) => endpoint);

  const probe = async (endpoint: Endpoint): Promise<void> => {
    for (let state = known.get(endpoint); !isStopped() && state; state = known.get(endpoint)) {
      const answer = await endpoint.isReady();
      await delay(lagMs);
      state.failures = answer ? 0 : state.failures + 1;
      state.ready = answer || (state.ready && state.failures < failuresMax);
      await delay(probeEveryMs);
    }
  };

  const sockets = new Set<Socket>();
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  const pass = (near: Socket, candidates: readonly Endpoint[]): void => {
    const [endpoint, ...others] = candidates;
    const state = endpoint && known.get(endpoint);
    if (endpoint === undefined || near.destroyed) {
      refused += 1;
      near.resetAndDestroy();
      return;
    }
    const far = connect(endpoint.port, '127.0.0.1');
    track(far);
    const failed = (): void => {
      pass(near, balancer.triesAnother ? others : []);
    };
    far.once('error', failed);
    far.once('connect', () => {
      far.off('error', failed);
      if (near.destroyed) {
        far.destroy();
        return;
      }
      state?.sockets.add(far);
      join(near, far);
      far.once('close', () => state?.sockets.delete(far));
    });
  };

  const server = createServer({ pauseOnConnect: true }, (near) => {
    track(near);
    near.on('error', () => undefined);
    const endpoints = ready();
    turn += 1;
    const first = turn % Math.max(1, endpoints.length);
    pass(near, [...endpoints.slice(first), ...endpoints.slice(0, first)]);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const balancer: Balancer = {
    port: (server.address() as AddressInfo).port,
    add: (endpoint) => {
      known.set(endpoint, { ready: false, failures: 0, sockets: new Set() });
      void probe(endpoint);
    },
    takeOut: (endpoint) => void delay(lagMs).then(() => known.delete(endpoint)),
    ready,
    open: (endpoint) => known.get(endpoint)?.sockets.size ?? 0,
    refused: () => refused,
    triesAnother: false,
    stop: async () => {
      stopped = true;
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return balancer;
}

/** What one side has sent before it ended still arrives at the other; a connection that breaks, breaks on both sides. */
function join(near: Socket, far: Socket): void {
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const) {
    one.on('data', (bytes) => {
      if (!other.writable || other.write(bytes)) return;
      one.pause();
      other.once('drain', () => one.resume());
    });
    one.on('end', () => other.end());
    one.on('error', () => other.resetAndDestroy());
    one.on('close', () => other.destroySoon());
  }
  near.resume();
}
