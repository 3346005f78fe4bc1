import type { AddressInfo, Server } from 'node:net';
import { setImmediate as afterReading } from 'node:timers/promises';

/**
 * Starts listening; port 0 takes a free one.
 *
 * @param flag the flag that chooses the port, for the message
 * @returns the server's URL
 * @throws when the address cannot be had, naming it and the way out
 */
export async function listen(
  server: Server,
  scheme: string,
  host: string,
  port: number,
  flag: string,
): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'the port is in use' : error.message;
      reject(
        new Error(`cannot listen on ${host}:${port}: ${why}; choose another with ${flag}`, { cause: error }),
      );
    });
    server.listen(port, host, resolve);
  });
  const { port: actual } = server.address() as AddressInfo;
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${actual}`;
}

/** How long requests under way may take to end. */
const drainMs = 10_000;

/** Takes no new connections and waits for the requests under way, up to a bound. */
export async function close(
  server: Server & { closeIdleConnections?(): void; closeAllConnections?(): void },
): Promise<void> {
  // Closing ends idle connections, with what arrived on them unread: so what has come by now is read first.
  await afterReading();
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  server.closeIdleConnections?.();
  const timer = setTimeout(() => server.closeAllConnections?.(), drainMs);
  await closed;
  clearTimeout(timer);
}
