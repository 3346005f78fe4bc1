import { get } from 'node:https';
import { createServer, type Server } from 'node:net';

/** Who calls whom, as PEM. */
export interface ClientTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Ports of 127.0.0.1 that were free a moment ago, all different because they are held together. */
export async function freePorts<Name extends string>(names: readonly Name[]): Promise<Record<Name, number>> {
  const servers = await Promise.all(names.map(async (name) => [name, await listen()] as const));
  const ports = await Promise.all(
    servers.map(async ([name, server]) => [name, await release(server)] as const),
  );
  return Object.fromEntries(ports) as Record<Name, number>;
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

function listen(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen(0, '127.0.0.1', () => resolve(server));
  });
}

async function release(server: Server): Promise<number> {
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('a TCP server without a port');
  return address.port;
}
