import { eventually } from '../support/eventually.ts';
import { startServer, type ServerOptions, type TestServer } from '../support/server.ts';
import { freePorts } from '../cluster/loopback.ts';

export interface ToldServer extends TestServer {
  /** Its metrics port. */
  readonly metricsUrl: string;
}

/** The program with a metrics port. A port that was free a moment ago may be taken by now: then another. */
export async function startToldServer({ flags = [], ...options }: ServerOptions = {}): Promise<ToldServer> {
  return eventually(
    async () => {
      const { metrics } = await freePorts(['metrics']);
      const server = await startServer({ ...options, flags: [...flags, '--metrics-port', `${metrics}`] });
      return { ...server, metricsUrl: `http://127.0.0.1:${metrics}` };
    },
    { describe: 'the program with a metrics port', timeoutMs: 60_000 },
  );
}
