import type { RequestListener } from 'node:http';
import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import { startClientAuthority, type ClientAuthority } from '../certs/client-authority.ts';
import type { ExpiringSource } from '../certs/served-pair.ts';
import type { ServerFlags } from '../cli/server-flags.ts';
import { systemClock } from '../kube/clock.ts';
import type { Log } from '../telemetry/log.ts';
import { handshakeMs, webhookServer } from '../webhook/server.ts';
import type { Cleanup } from './cleanup.ts';

/** Who may send reviews; undefined: everybody. */
export async function openClientAuthority(
  { clientCaFile: file }: ServerFlags,
  log: Log,
  cleanup: Cleanup,
): Promise<ClientAuthority | undefined> {
  if (file === undefined) return undefined;
  const authority = await startClientAuthority({ file, clock: systemClock, log });
  cleanup.push(() => authority.stop());
  return authority;
}

/**
 * The HTTPS server with certificates that may change while it runs, its own and those of its clients' authorities.
 *
 * @param appOf is given what tells whether a connection's client was verified by the authorities of now
 */
export function httpsServer(
  certificates: ExpiringSource,
  authority: ClientAuthority | undefined,
  appOf: (isCurrent: (socket: Socket) => boolean) => RequestListener,
  log: Log,
): Server {
  let verifiedNow = new WeakSet<Socket>();
  let changedMs = -Infinity;
  const tls = () => ({ ...certificates.current(), ...(authority && { ca: authority.current() }) });
  const app = appOf((socket) => authority === undefined || verifiedNow.has(socket));
  const server = webhookServer(app, tls());
  server.on('secureConnection', (socket) => {
    // A handshake goes on with the authorities that it began with.
    if (performance.now() - changedMs > handshakeMs) verifiedNow.add(socket);
  });
  certificates.onChange(() => {
    server.setSecureContext(tls());
    log.info({ notAfter: certificates.notAfter().toISOString() }, 'serving with a new certificate');
  });
  authority?.onChange(() => {
    verifiedNow = new WeakSet();
    changedMs = performance.now();
    server.setSecureContext(tls());
  });
  return server;
}
