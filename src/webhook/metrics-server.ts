import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Metrics } from '../telemetry/metrics.ts';

/**
 * Plain HTTP for scrapers and probes: /metrics, /healthz, /readyz; not listening yet. /imports?namespace=NS has what the
 * importer of this process did last, for callers on the same machine only (`kubectl port-forward` is one): it names streams of
 * all namespaces.
 *
 * @param imports for one namespace, or for all; undefined where this process has no importer
 */
export function metricsServer(
  metrics: Metrics,
  unready: () => string | undefined,
  imports?: (namespace: string | undefined) => object,
): Server {
  return createServer((request, response) => {
    const answer = (code: number, body: string, type = 'text/plain; charset=utf-8') => {
      response.writeHead(code, { 'content-type': type }).end(body);
    };
    const [path, query] = (request.url ?? '').split('?', 2);
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
    } else if (path === '/imports' && imports !== undefined && isLocal(request.socket)) {
      const namespace = new URLSearchParams(query).get('namespace') ?? undefined;
      answer(200, `${JSON.stringify(imports(namespace))}\n`, 'application/json');
    } else {
      answer(404, `there are /metrics, /healthz${imports === undefined ? '' : ', /imports'} and /readyz\n`);
    }
  });
}

function isLocal({ remoteAddress = '' }: Socket): boolean {
  return /^(?:::ffff:)?127\.|^::1$/.test(remoteAddress);
}
