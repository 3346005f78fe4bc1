import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import {
  closedCounter,
  closedHistogram,
  type ClosedLabels,
  type Count,
  type HistogramShape,
  type Observe,
} from './closed-labels.ts';

/**
 * The numbers the process tells; created once, passed in. All values that a label may have are given with its name, so that
 * the series can be counted before the program runs, and whatever users name cannot be a label.
 */
export interface Metrics {
  /** Answers in the Prometheus text format. */
  text(): Promise<string>;
  readonly contentType: string;
  /**
   * A count. All its series are there from the start, at 0: `rate()` does not see the first event of a series that begins
   * with it. Whoever asks for a name again gets the same one.
   */
  counter<const Labels extends ClosedLabels>(name: string, help: string, labels: Labels): Count<Labels>;
  histogram<const Labels extends ClosedLabels>(
    name: string,
    help: string,
    shape: HistogramShape<Labels>,
  ): Observe<Labels>;
  /** Reads a value whenever metrics are asked for; while that is undefined, there is no series. */
  gauge(name: string, help: string, read: () => number | undefined): void;
  /** As `gauge`, with several values, by label `kind`. */
  gauges(name: string, help: string, read: () => Readonly<Record<string, number>>): void;
  /** A fact, in labels that never change; its value is 1. */
  info(name: string, help: string, labels: Readonly<Record<string, string>>): void;
}

/** A registry of its own: nothing is global, so that tests and several servers in one process do not meet. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counters = new Map<string, Count<ClosedLabels>>();
  return {
    text: () => registry.metrics(),
    contentType: registry.contentType,
    counter: (name, help, labels) => {
      const count = counters.get(name) ?? closedCounter(registry, name, help, labels);
      counters.set(name, count);
      return count;
    },
    histogram: (name, help, shape) => closedHistogram(registry, name, help, shape),
    gauge: (name, help, read) => {
      new Gauge({
        name,
        help,
        registers: [registry],
        collect() {
          const value = read();
          if (value === undefined) this.remove();
          else this.set(value);
        },
      });
    },
    gauges: (name, help, read) => {
      new Gauge({
        name,
        help,
        labelNames: ['kind'],
        registers: [registry],
        collect() {
          this.reset();
          for (const [kind, value] of Object.entries(read())) this.set({ kind }, value);
        },
      });
    },
    info: (name, help, labels) => {
      new Gauge({ name, help, labelNames: Object.keys(labels), registers: [registry] }).set({ ...labels }, 1);
    },
  };
}
