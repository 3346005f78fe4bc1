import { operationKinds, requestOutcomes, type RequestEvent } from '../registry/options.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** What asking registries is counted by. */
export interface RegistryCounts {
  /** One HTTP request. */
  readonly requested: (event: RequestEvent) => void;
  /** Adds to the registries that are left alone, until the function that it gives is called. */
  readonly watchPaused: (read: () => number) => () => void;
}

/** Nobody asks for the numbers. */
export const noCounts: RegistryCounts = { requested: () => undefined, watchPaused: () => () => undefined };

const operations = [...operationKinds, 'token'] as const;

/** The numbers of registries. No registry is a label: users name those. */
export function registryMetrics(metrics: Metrics): RegistryCounts {
  const requests = metrics.counter(
    'pinstream_registry_requests_total',
    'HTTP requests to registries, by operation and outcome.',
    { operation: operations, outcome: requestOutcomes },
  );
  const durations = metrics.histogram(
    'pinstream_registry_request_duration_seconds',
    'Time of one HTTP request to a registry, by operation.',
    {
      labels: { operation: operations },
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      zero: operations.map((operation) => ({ operation })),
    },
  );
  const sources = new Set<() => number>();
  metrics.gauge(
    'pinstream_registries_paused',
    'Registries that are left alone for now, because they failed several times in a row.',
    () => [...sources].reduce((sum, read) => sum + read(), 0),
  );
  return {
    requested: ({ operation, outcome, seconds }) => {
      requests({ operation, outcome });
      durations({ operation }, seconds);
    },
    watchPaused: (read) => {
      sources.add(read);
      return () => sources.delete(read);
    },
  };
}
