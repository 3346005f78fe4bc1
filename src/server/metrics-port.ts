import type { ServerFlags } from '../cli/server-flags.ts';
import { createProfiler } from '../telemetry/profiler.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { bounded } from '../webhook/bounded-http.ts';
import { metricsServer } from '../webhook/metrics-server.ts';
import type { Cleanup } from './cleanup.ts';
import type { ImporterState } from './importer.ts';
import { close, listen } from './listen.ts';

const defaultMetricsPort = 9090;

/** What the metrics port tells of. */
export interface Told {
  readonly metrics: Metrics;
  readonly unready: () => string | undefined;
  readonly importer: ImporterState;
  /** For `--debug-endpoints`. */
  readonly state: () => object;
}

/** Listens for scrapers and probes; gives the URL, or undefined when that is switched off. */
export async function openMetricsPort(
  flags: ServerFlags,
  host: string,
  { metrics, unready, importer, state }: Told,
  cleanup: Cleanup,
): Promise<string | undefined> {
  const port = flags.metricsPort ?? defaultMetricsPort;
  if (port === 0) return undefined;
  const server = bounded(
    metricsServer({
      metrics,
      unready,
      imports: (namespace) => importer.report(namespace),
      ...(flags.debugEndpoints === true && { debug: { state, profiler: createProfiler() } }),
    }),
  );
  const url = await listen(server, 'http', host, port, '--metrics-port');
  cleanup.push(() => close(server));
  return url;
}
