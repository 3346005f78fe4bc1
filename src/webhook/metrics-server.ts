import { createServer, type Server } from 'node:http';
import type { Metrics } from '../telemetry/metrics.ts';

/** Plain HTTP for scrapers and probes: /metrics, /healthz, /readyz; not listening yet. */
export function metricsServer(metrics: Metrics, unready: () => string | undefined): Server {
  return createServer((request, response) => {
    const answer = (code: number, body: string, type = 'text/plain; charset=utf-8') => {
      response.writeHead(code, { 'content-type': type }).end(body);
    };
    const path = request.url?.split('?', 1)[0];
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
    } else answer(404, 'there are /metrics, /healthz and /readyz\n');
  });
}
