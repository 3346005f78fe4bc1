import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Connections } from './connections.ts';

/** A scraper or two, the kubelet, and a person. */
const limits = { unprovenMax: 50, max: 100 };
const headersMs = 10_000;
const requestMs = 30_000;

/** Bounds the connections of a small HTTP server whose requests have no bodies worth a look, and what they may take of time. */
export function bounded(server: Server): Server {
  const connections = new Connections(limits, () => undefined);
  connections.guard(server);
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    connections.hasAsked(socket);
    response.once('close', () => connections.isAnswered(socket));
  });
  server.headersTimeout = headersMs;
  server.requestTimeout = requestMs;
  return server;
}
