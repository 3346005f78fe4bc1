import { createServer, type Server } from 'node:https';
import { connect } from 'node:tls';
import type { CertificatePair } from '../../src/certs/certificate-source.ts';

/** An HTTPS server of this pair on loopback that answers 200. */
export async function listen(
  pair: CertificatePair,
): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer(pair, (_request, response) => {
    response.setHeader('connection', 'close').end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server without a port');
  return { server, port: address.port };
}

/** Connects and verifies the server as any client does: `trusted` or the reason why not. */
export function handshake(port: number, ca: string, servername: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', ca, ...hostOptions(servername) }, () => {
      socket.end();
      resolve('trusted');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? error.message);
    });
  });
}

/** Serves the pair just for one handshake. */
export async function handshakeWith(pair: CertificatePair, ca: string, servername: string): Promise<string> {
  const { server, port } = await listen(pair);
  try {
    return await handshake(port, ca, servername);
  } finally {
    server.close();
  }
}

/** A server name is never an address; without one, Node verifies the address that it connects to. */
function hostOptions(servername: string): { readonly servername?: string } {
  return servername === '127.0.0.1' ? {} : { servername };
}
