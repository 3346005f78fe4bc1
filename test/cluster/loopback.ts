import { get } from 'node:https';
import { createServer } from 'node:net';

/** Who calls whom, as PEM. */
export interface ClientTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/**
 * Ports of 127.0.0.1 that were free a moment ago; none is given twice. They lie below those that systems give to connections and
 * to port 0, so that no connection takes one before its server does; each process begins at another one.
 */
export async function freePorts<Name extends string>(names: readonly Name[]): Promise<Record<Name, number>> {
  const ports: [Name, number][] = [];
  for (const name of names) ports.push([name, await nextFree()]);
  return Object.fromEntries(ports) as Record<Name, number>;
}

const firstPort = 15_000;
const portsTotal = 17_000;
let offset = (process.pid * 149) % portsTotal;

async function nextFree(): Promise<number> {
  for (let tries = 0; tries < portsTotal; tries += 1) {
    const port = firstPort + offset;
    offset = (offset + 1) % portsTotal;
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port from ${firstPort} to ${firstPort + portsTotal - 1}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Whether a GET answers 200; everything else, no answer too, is a no. */
export function answersOk(url: string, tls: ClientTls): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { ...tls, agent: false, timeout: 5000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once('error', () => resolve(false));
    request.once('timeout', () => request.destroy());
  });
}
