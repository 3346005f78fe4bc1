import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from '../registry.ts';

export interface ProxiedRequest {
  readonly method: string;
  readonly path: string;
}

export interface RegistryProxyHooks {
  /** Held back until this resolves. */
  readonly before?: (asked: ProxiedRequest) => Promise<void>;
  /** Called at the moment when the whole answer has been handed to the system. */
  readonly answered?: (asked: ProxiedRequest) => void;
}

export interface RegistryProxy {
  /** As image references name it. */
  readonly host: string;
  stop(): Promise<void>;
}

/** Stands before a test registry of plain HTTP and lets a test act between two requests, or right after an answer. */
export async function startRegistryProxy(
  registry: Pick<Registry, 'host'>,
  { before, answered }: RegistryProxyHooks,
): Promise<RegistryProxy> {
  const pass = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const asked = { method: incoming.method ?? 'GET', path: incoming.url ?? '/' };
    await before?.(asked);
    const [hostname, port] = registry.host.split(':');
    const headers = { ...incoming.headers, host: registry.host };
    const outgoing = request({
      hostname,
      port,
      method: asked.method,
      path: asked.path,
      headers,
      agent: false,
    });
    outgoing.once('error', () => response.destroy());
    outgoing.once('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.once('finish', () => answered?.(asked));
      answer.once('error', () => response.destroy()).pipe(response);
    });
    outgoing.end();
  };
  const server = createServer((incoming, response) => {
    pass(incoming, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
