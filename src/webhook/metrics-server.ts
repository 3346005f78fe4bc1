import { createServer, type Server } from 'node:http';
import type { Metrics } from '../telemetry/metrics.ts';
import { answerDebug, type DebugPorts } from './debug-endpoints.ts';
import { isLocalCaller } from './local-caller.ts';

export interface MetricsServerPorts {
  readonly metrics: Metrics;
  readonly unready: () => string | undefined;
  /** What the importer of this process did last, for one namespace or for all; absent where there is none. */
  readonly imports?: (namespace: string | undefined) => object;
  /** Absent: there is nothing below /debug. */
  readonly debug?: DebugPorts;
}

/**
 * Plain HTTP for scrapers and probes: /metrics, /healthz, /readyz; not listening yet. /imports?namespace=NS and /debug are for
 * callers on the same machine only: the one names streams of all namespaces, the other shows everything.
 */
export function metricsServer({ metrics, unready, imports, debug }: MetricsServerPorts): Server {
  return createServer((request, response) => {
    const answer = (code: number, body: string, type = 'text/plain; charset=utf-8') => {
      response.writeHead(code, { 'content-type': type }).end(body);
    };
    const [path = '', query] = (request.url ?? '').split('?', 2);
    if (path === '/healthz') answer(200, 'ok\n');
    else if (path === '/readyz') {
      const reason = unready();
      answer(reason === undefined ? 200 : 503, reason === undefined ? 'ok\n' : `not ready: ${reason}\n`);
    } else if (path === '/metrics') {
      metrics.text().then(
        (text) => {
          answer(200, text, metrics.contentType);
        },
        () => {
          answer(500, 'the metrics cannot be read\n');
        },
      );
    } else if (path === '/imports' && imports !== undefined && isLocalCaller(request)) {
      const namespace = new URLSearchParams(query).get('namespace') ?? undefined;
      answer(200, `${JSON.stringify(imports(namespace))}\n`, 'application/json');
    } else if (path.startsWith('/debug/') && debug !== undefined && isLocalCaller(request)) {
      answerDebug(request, response, debug).catch(() => response.destroy());
    } else {
      answer(404, `there are /metrics, /healthz${imports === undefined ? '' : ', /imports'} and /readyz\n`);
    }
  });
}
