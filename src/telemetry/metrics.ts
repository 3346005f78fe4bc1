import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** The numbers the process tells; created once, passed in. Label values come from closed lists only. */
export interface Metrics {
  /** Answers in the Prometheus text format. */
  text(): Promise<string>;
  readonly contentType: string;
  /** One HTTP request: which endpoint, which status code, how long it took. */
  request(endpoint: string, code: number, seconds: number): void;
  /** One image decision. */
  decision(outcome: string, reason: string): void;
  /** A count; the function adds to it, its label values in the order of `labels`. */
  counter(
    name: string,
    help: string,
    labels: readonly string[],
  ): (values: readonly string[], count: number) => void;
  /** Reads a value whenever metrics are asked for. */
  gauge(name: string, help: string, read: () => number | Readonly<Record<string, number>>): void;
}

/** A registry of its own: nothing is global, so that tests and several servers in one process do not meet. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'pinstream_request_duration_seconds',
    help: 'Time to answer a request, by endpoint and HTTP status code.',
    labelNames: ['endpoint', 'code'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5],
    registers: [registry],
  });
  // Counted here and handed over when asked for: the library hashes labels anew for each count.
  const decided = new Map<string, Map<string, number>>();
  new Counter({
    name: 'pinstream_image_decisions_total',
    help: 'Image references decided at admission, by outcome and reason.',
    labelNames: ['outcome', 'reason'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [outcome, reasons] of decided) {
        for (const [reason, count] of reasons) this.inc({ outcome, reason }, count);
      }
    },
  });
  return {
    text: () => registry.metrics(),
    contentType: registry.contentType,
    request: (endpoint, code, seconds) => requests.observe({ endpoint, code }, seconds),
    decision: (outcome, reason) => {
      const reasons = decided.get(outcome) ?? new Map<string, number>();
      decided.set(outcome, reasons.set(reason, (reasons.get(reason) ?? 0) + 1));
    },
    counter: (name, help, labels) => {
      const counter = new Counter({ name, help, labelNames: [...labels], registers: [registry] });
      return (values, count) => {
        counter.labels(...values).inc(count);
      };
    },
    gauge: (name, help, read) => {
      const kinds = typeof read() === 'number' ? [] : ['kind'];
      new Gauge({
        name,
        help,
        labelNames: kinds,
        registers: [registry],
        collect() {
          const value = read();
          if (typeof value === 'number') this.set(value);
          else for (const [kind, count] of Object.entries(value)) this.set({ kind }, count);
        },
      });
    },
  };
}
