import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** A client that says what it wants, byte by byte, to the server at this URL. */
export interface RawClient {
  readonly write: (text: string) => void;
  /** All that the server has said so far. */
  readonly said: () => string;
  /** The status codes of its answers so far, in their order. */
  readonly codes: () => readonly number[];
  readonly isEnded: () => boolean;
  readonly end: () => void;
}

/** Connects and finishes the TLS handshake. */
export function connectRaw(url: string): Promise<RawClient> {
  const { hostname: host, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host, port: Number(port), rejectUnauthorized: false }, () => resolve(client));
    socket.once('error', reject);
    const client = clientOf(socket);
  });
}

/** Connects, and is silent: there is no handshake. */
export function connectSilent(url: string): Promise<RawClient> {
  const { hostname: host, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connectPlain({ host, port: Number(port) }, () => resolve(client));
    socket.once('error', reject);
    const client = clientOf(socket);
  });
}

function clientOf(socket: Socket): RawClient {
  let said = '';
  let ended = false;
  // Whoever is thrown out hears of it by an error or by an end.
  for (const event of ['error', 'end', 'close']) socket.on(event, () => (ended = true));
  socket.on('data', (bytes: Buffer) => (said += bytes.toString('latin1')));
  return {
    write: (text) => void socket.write(text),
    said: () => said,
    codes: () => [...said.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => Number(code)),
    isEnded: () => ended,
    end: () => void socket.destroy(),
  };
}

/** A request as it goes over the wire. */
export function posted(path: string, body: string): string {
  return `POST ${path} HTTP/1.1\r\nhost: pinstream\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}
