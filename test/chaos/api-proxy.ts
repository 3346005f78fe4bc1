import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { issueAuthority, issueServing } from '../../src/certs/issue.ts';

/**
 * - `passing`: what is asked is answered.
 * - `silent`: nothing arrives any more, and nobody is told: connections stay, and new ones are taken.
 * - `gone`: every watch is told that its resourceVersion is too old, in one of the two ways that API servers have for it.
 */
export type LineState = 'passing' | 'silent' | 'gone';

/** The line between the webhooks and the API server. */
export interface ApiProxy {
  readonly url: string;
  /** The authority of its certificate, PEM. */
  readonly caCertificate: string;
  state: LineState;
  /** Breaks every connection; new ones are let through. */
  cut(): void;
  /** How many watches were told that they are too late. */
  refusedWatches(): number;
  stop(): Promise<void>;
}

const status = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: 'too old resource version: 1 (2)',
  reason: 'Expired',
  code: 410,
};

/** Listens on loopback and passes requests on with the credentials that they carry. */
export async function startApiProxy(target: {
  readonly url: string;
  readonly caCertificate: string;
}): Promise<ApiProxy> {
  const now = new Date();
  const authority = await issueAuthority({ commonName: 'api-proxy', now });
  const pair = await issueServing({ authority, dnsNames: [], ipAddresses: ['127.0.0.1'], now });
  const agent = new Agent({ keepAlive: true, ca: target.caCertificate });
  const sockets = new Set<Duplex>();
  let refusedWatches = 0;

  const pass = (incoming: IncomingMessage, response: ServerResponse): void => {
    const isWatch = /[?&]watch=/.test(incoming.url ?? '');
    if (proxy.state === 'silent') return;
    if (proxy.state === 'gone' && isWatch) {
      refusedWatches += 1;
      refuse(response, refusedWatches % 2 === 0);
      return;
    }
    const outgoing = request(`${target.url}${incoming.url ?? '/'}`, {
      method: incoming.method,
      headers: incoming.headers,
      agent,
    });
    outgoing.once('error', () => response.destroy());
    outgoing.once('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      answer.on('data', (bytes: Buffer) => {
        if (proxy.state === 'gone' && isWatch) response.destroy();
        else if (proxy.state !== 'silent') response.write(bytes);
      });
      answer.once('error', () => response.destroy());
      answer.once('end', () => response.end());
    });
    response.once('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  };
  const server = createServer(pair, pass);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const proxy: ApiProxy = {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    caCertificate: authority.cert,
    state: 'passing',
    cut,
    refusedWatches: () => refusedWatches,
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      cut();
      await closed;
      agent.destroy();
    },
  };
  return proxy;
}

/** As an answer, or as the one event of a watch that was begun. */
function refuse(response: ServerResponse, asEvent: boolean): void {
  const body = asEvent ? { type: 'ERROR', object: status } : status;
  response.writeHead(asEvent ? 200 : status.code, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
