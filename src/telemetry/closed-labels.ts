import { Counter, Histogram, type Registry } from 'prom-client';

/** Label names, each with all values that it may have. */
export type ClosedLabels = Readonly<Record<string, readonly string[]>>;

/** One value for each label. */
export type LabelValues<Labels extends ClosedLabels> = {
  readonly [Name in keyof Labels]: Labels[Name][number];
};

/** Counts in one series; one event unless told. */
export type Count<Labels extends ClosedLabels> = (values: LabelValues<Labels>, by?: number) => void;

/** Puts what was measured into one series. */
export type Observe<Labels extends ClosedLabels> = (values: LabelValues<Labels>, value: number) => void;

export interface HistogramShape<Labels extends ClosedLabels> {
  readonly labels: Labels;
  /** Upper bounds, in seconds. */
  readonly buckets: readonly number[];
  /** The series that are there before anything was measured. */
  readonly zero: readonly LabelValues<Labels>[];
}

/**
 * A counter with a place for every combination of label values. It counts in an array, and hands over when it is asked: the
 * library hashes labels anew for each count, which shows on the way of a review. A value that is on no list, against its type, is
 * not counted: a number is no reason to fail a request.
 */
export function closedCounter(
  registry: Registry,
  name: string,
  help: string,
  labels: ClosedLabels,
): Count<ClosedLabels> {
  const names = Object.keys(labels);
  const series = combinationsOf(labels);
  const places = names.map(
    (label) => [label, new Map(labels[label]?.map((value, place) => [value, place]))] as const,
  );
  const counts = new Float64Array(series.length);
  new Counter({
    name,
    help,
    labelNames: names,
    registers: [registry],
    collect() {
      this.reset();
      for (const [at, values] of series.entries()) this.inc(values, counts[at]);
    },
  });
  return (values, by = 1) => {
    let at = 0;
    for (const [label, placeOf] of places) {
      const place = placeOf.get(values[label] ?? '');
      if (place === undefined) return;
      at = at * placeOf.size + place;
    }
    counts[at] = (counts[at] ?? 0) + by;
  };
}

export function closedHistogram<Labels extends ClosedLabels>(
  registry: Registry,
  name: string,
  help: string,
  { labels, buckets, zero }: HistogramShape<Labels>,
): Observe<Labels> {
  const labelNames = Object.keys(labels);
  const histogram = new Histogram({ name, help, labelNames, buckets: [...buckets], registers: [registry] });
  for (const values of zero) histogram.zero(values);
  const isListed = (values: LabelValues<Labels>): boolean =>
    labelNames.every((label) => labels[label]?.includes(values[label] ?? ''));
  return (values, value) => {
    if (isListed(values)) histogram.observe(values, value);
  };
}

/** The last label changes fastest, so that a combination's place is a number in mixed radix. */
function combinationsOf(labels: ClosedLabels): readonly Record<string, string>[] {
  return Object.entries(labels).reduce<readonly Record<string, string>[]>(
    (before, [label, values]) =>
      before.flatMap((combination) => values.map((value) => ({ ...combination, [label]: value }))),
    [{}],
  );
}
