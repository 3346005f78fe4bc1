import { createServer, type Server } from 'node:https';
import { watchChanges } from '../../../src/certs/changes.ts';
import type { KeeperOptions } from '../../../src/certs/keeper.ts';
import { startSelfManaged } from '../../../src/certs/self-managed.ts';
import { systemClock } from '../../../src/kube/clock.ts';
import type { ExpiringSource } from '../../../src/certs/served-pair.ts';

/** A webhook that admits everything, on a certificate that may change. */
export interface Replica {
  readonly source: ExpiringSource;
  readonly server: Server;
  readonly port: number;
  /** Handshakes so far. */
  readonly handshakes: () => number;
  readonly stop: () => void;
}

/**
 * On a certificate that it and the other replicas keep by themselves.
 *
 * @param told whether it hears of changes as the program does, and not only looks by the clock
 */
export async function startReplica(options: KeeperOptions, told = false): Promise<Replica> {
  const changes = (onChange: () => void, signal: AbortSignal): void =>
    watchChanges({ ...options, clock: systemClock, random: Math.random, onChange, signal });
  const { signal } = new AbortController();
  return serveWith(await startSelfManaged({ ...options, signal, ...(told ? { changes } : {}) }));
}

/** Listens on loopback. Every review takes a connection of its own, so that every one verifies the certificate. */
export async function serveWith(source: ExpiringSource): Promise<Replica> {
  const server = createServer(source.current(), (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.setHeader('connection', 'close').setHeader('content-type', 'application/json');
      response.end(admitted(Buffer.concat(chunks).toString()));
    });
  });
  let handshakes = 0;
  server.on('secureConnection', () => (handshakes += 1));
  source.onChange((pair) => server.setSecureContext(pair));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server without a port');
  const stop = (): void => {
    source.stop();
    server.close();
    server.closeAllConnections();
  };
  return { source, server, port: address.port, handshakes: () => handshakes, stop };
}

function admitted(body: string): string {
  const review = JSON.parse(body) as { readonly request: { readonly uid: string } };
  const response = { uid: review.request.uid, allowed: true };
  return JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response });
}
