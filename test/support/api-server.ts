import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { StubCollection } from './api-collection.ts';

export interface StubRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers one request instead of the stub; returns false to leave it to the stub. */
export type StubAnswer = (request: StubRequest, response: ServerResponse) => boolean;

export interface StubApiServer {
  readonly url: string;
  /** Every request so far. */
  readonly requests: readonly StubRequest[];
  /** The collection at a list path, made when it is asked for first. */
  collection(path: string): StubCollection;
  /** Asked before the stub itself answers; the newest one in force. */
  answer(with_: StubAnswer): void;
  /** Breaks every connection and frees the port. */
  stop(): Promise<void>;
}

/** A list/watch API on loopback, plain HTTP, in memory: what a reflector needs of kube-apiserver, and its bad days. */
export async function startStubApiServer(): Promise<StubApiServer> {
  let version = 100;
  let answer: StubAnswer = () => false;
  const collections = new Map<string, StubCollection>();
  const requests: StubRequest[] = [];

  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await readRequest(incoming);
    requests.push(request);
    if (answer(request, response)) return;
    const collection = collections.get(request.path);
    if (collection?.served !== true) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n');
      return;
    }
    const { watch, resourceVersion = '0', limit = '1000000', continue: token = '' } = request.query;
    if (watch === '1') {
      collection.watch(response, Number(resourceVersion));
      return;
    }
    const body = collection.list(Number(limit), token);
    sendJson(response, 'code' in body ? Number(body.code) : 200, body);
  };

  const server = createServer((incoming, response) => void handle(incoming, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    collection(path) {
      const collection = collections.get(path) ?? new StubCollection(() => (version += 1));
      collections.set(path, collection);
      return collection;
    },
    answer(with_) {
      answer = with_;
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Sends a JSON answer. */
export function sendJson(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function readRequest(incoming: IncomingMessage): Promise<StubRequest> {
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://stub');
  return {
    method: incoming.method ?? '',
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: incoming.headers,
    body: await text(incoming),
  };
}
