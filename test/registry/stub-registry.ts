import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { digestOf } from '../../src/oci/digest.ts';
import type { KeyPair } from '../cluster/certificates.ts';

export interface StubRequest {
  readonly method: string;
  /** With the query. */
  readonly target: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type StubAnswer = (request: StubRequest, response: ServerResponse) => void;

export interface StubRegistry {
  /** Host and port. */
  readonly host: string;
  readonly url: string;
  /** Every request so far. */
  readonly requests: readonly StubRequest[];
  /** "METHOD path" of each. */
  lines(): readonly string[];
  forget(): void;
  /** What it answers from now on. */
  answer(with_: StubAnswer): void;
  /** How many connections there were, with their handshakes. */
  connected(): number;
  /** How many are open now. */
  connections(): Promise<number>;
  /** Breaks every connection and frees the port. */
  stop(): Promise<void>;
}

/** A scripted server on loopback: what a registry says, and what it had better not. */
export async function startStubRegistry(tls?: KeyPair): Promise<StubRegistry> {
  let answer: StubAnswer = serveContent(tinyImage);
  const requests: StubRequest[] = [];
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const target = incoming.url ?? '/';
    const { pathname, searchParams } = new URL(target, 'http://stub');
    const { method = '', headers } = incoming;
    const request = {
      method,
      target,
      path: pathname,
      query: searchParams,
      headers,
      body: await text(incoming),
    };
    requests.push(request);
    answer(request, response);
  };
  const listener = (incoming: IncomingMessage, response: ServerResponse): void =>
    void handle(incoming, response);
  const server =
    tls === undefined
      ? createServer(listener)
      : createTlsServer({ cert: tls.certificate, key: tls.key }, listener);
  let connected = 0;
  server.on(tls === undefined ? 'connection' : 'secureConnection', () => (connected += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: `${tls === undefined ? 'http' : 'https'}://${host}`,
    requests,
    lines: () => requests.map(({ method, path }) => `${method} ${path}`),
    forget: () => void requests.splice(0),
    answer(with_) {
      answer = with_;
    },
    connected: () => connected,
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
      ),
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** What `team/app` holds: bytes by path below /v2/team/app/. */
export type Content = Readonly<Record<string, { readonly type: string; readonly bytes: Buffer } | undefined>>;

export const manifestType = 'application/vnd.oci.image.manifest.v1+json';
export const configBytes = json({ architecture: 'amd64', os: 'linux', config: { Env: ['A=1'] } });
export const manifestBytes = json({
  schemaVersion: 2,
  mediaType: manifestType,
  config: {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: digestOf(configBytes),
    size: configBytes.length,
  },
  layers: [],
});
export const manifestDigest = digestOf(manifestBytes);
export const configDigest = digestOf(configBytes);

/** An image without layers under the tag `1`. */
export const tinyImage: Content = {
  'manifests/1': { type: manifestType, bytes: manifestBytes },
  [`manifests/${manifestDigest}`]: { type: manifestType, bytes: manifestBytes },
  [`blobs/${configDigest}`]: { type: 'application/octet-stream', bytes: configBytes },
  'tags/list': { type: 'application/json', bytes: json({ name: 'team/app', tags: ['1'] }) },
};

export function serveContent(content: Content): StubAnswer {
  return ({ method, path }, response) => {
    const found = content[path.replace('/v2/team/app/', '')];
    if (found === undefined) {
      sendError(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
      return;
    }
    const { type, bytes } = found;
    response.writeHead(200, {
      'content-type': type,
      'content-length': bytes.length,
      ...(path.includes('/manifests/') && { 'docker-content-digest': digestOf(bytes) }),
    });
    response.end(method === 'HEAD' ? undefined : bytes);
  };
}

export const serveTiny = serveContent(tinyImage);

/** An error of the distribution protocol. */
export function sendError(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ errors: [{ code, message, detail: null }] }));
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
