import type { ServerFlags } from '../cli/server-flags.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { metricsServer } from '../webhook/metrics-server.ts';
import type { Cleanup } from './cleanup.ts';
import type { ImporterState } from './importer.ts';
import { close, listen } from './listen.ts';

const defaultMetricsPort = 9090;

/** Listens for scrapers and probes; gives the URL, or undefined when that is switched off. */
export async function openMetricsPort(
  flags: ServerFlags,
  host: string,
  metrics: Metrics,
  unready: () => string | undefined,
  importer: ImporterState,
  cleanup: Cleanup,
): Promise<string | undefined> {
  const port = flags.metricsPort ?? defaultMetricsPort;
  if (port === 0) return undefined;
  const server = metricsServer(metrics, unready, (namespace) => importer.report(namespace));
  const url = await listen(server, 'http', host, port, '--metrics-port');
  cleanup.push(() => close(server));
  return url;
}
