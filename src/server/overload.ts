import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { startTimer } from '../webhook/admit.ts';
import { Connections, type ConnectionLimits } from '../webhook/connections.ts';
import { shedReasons } from '../webhook/load.ts';
import { watchLoopLag } from '../webhook/loop-lag.ts';
import { endpoints } from '../webhook/metrics.ts';
import { createOverload, type Overload } from '../webhook/overload.ts';
import type { Cleanup } from './cleanup.ts';

/** API servers open one connection for each review that they send at the same time, so a burst of them must fit in. */
const webhookLimits: ConnectionLimits = { unprovenMax: 1000, max: 3000 };

/** What bounds the work of the webhook and its connections, and what tells of it. */
export function openOverload(
  metrics: Metrics,
  log: Log,
  cleanup: Cleanup,
): { readonly overload: Overload; readonly connections: Connections } {
  const { lag, stop } = watchLoopLag();
  cleanup.push(stop);
  const shed = metrics.counter(
    'pinstream_requests_shed_total',
    'Requests answered with 503 instead of being worked on, by why.',
    { endpoint: endpoints, reason: shedReasons },
  );
  const ended = metrics.counter(
    'pinstream_connections_ended_total',
    'Connections to the webhook that had to make room for others.',
    {},
  );
  const overload = createOverload(lag, (endpoint, reason) => shed({ endpoint, reason }), log, startTimer);
  const connections = new Connections(webhookLimits, () => ended({}));
  metrics.gauge('pinstream_connections', 'Open connections to the webhook.', () => connections.size);
  return { overload, connections };
}
