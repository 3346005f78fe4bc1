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
  const series = combinationsOf(labels);
  const placeOf = placesOf(labels);
  const counts = new Float64Array(series.length);
  new Counter({
    name,
    help,
    labelNames: Object.keys(labels),
    registers: [registry],
    collect() {
      this.reset();
      for (const [at, values] of series.entries()) this.inc(values, counts[at]);
    },
  });
  return (values, by = 1) => {
    const place = placeOf(values);
    if (place !== undefined) counts[place] = (counts[place] ?? 0) + by;
  };
}

/** A histogram that counts as `closedCounter` does. A series is there once it has something, or is one of `zero`. */
export function closedHistogram<Labels extends ClosedLabels>(
  registry: Registry,
  name: string,
  help: string,
  { labels, buckets, zero }: HistogramShape<Labels>,
): Observe<Labels> {
  const placeOf = placesOf(labels);
  const series = combinationsOf(labels).map((values): Observed => ({
    values,
    counts: new Float64Array(buckets.length + 1),
    sum: 0,
    count: 0,
  }));
  const alwaysThere = new Set(zero.map(placeOf));
  const isThere = ({ count }: Observed, place: number): boolean => count > 0 || alwaysThere.has(place);
  const read = () => series.filter(isThere).flatMap((observed) => samplesOf(name, buckets, observed));
  registry.registerMetric(new ReadHistogram(name, help, read));
  return (values, value) => {
    const observed = series[placeOf(values) ?? -1];
    if (observed === undefined) return;
    let bucket = 0;
    while (bucket < buckets.length && value > (buckets[bucket] ?? Infinity)) bucket += 1;
    observed.counts[bucket] = (observed.counts[bucket] ?? 0) + 1;
    observed.sum += value;
    observed.count += 1;
  };
}

interface Observed {
  readonly values: Readonly<Record<string, string>>;
  /** By bucket, each without those below it; the last is what is above all bounds. */
  readonly counts: Float64Array;
  sum: number;
  count: number;
}

interface Sample {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** The library's histogram can only be observed; this one tells what was counted elsewhere. */
class ReadHistogram extends Histogram {
  readonly #told: { readonly name: string; readonly help: string };
  readonly #read: () => readonly Sample[];

  constructor(name: string, help: string, read: () => readonly Sample[]) {
    super({ name, help, registers: [] });
    this.#told = { name, help };
    this.#read = read;
  }

  /** What the library asks for all its formats; its types do not tell. */
  getForPromString(): Promise<object> {
    return Promise.resolve({ ...this.#told, type: 'histogram', aggregator: 'sum', values: this.#read() });
  }
}

function samplesOf(
  name: string,
  buckets: readonly number[],
  { values, counts, sum, count }: Observed,
): Sample[] {
  let below = 0;
  const bounded = buckets.map((bound, at) => {
    below += counts[at] ?? 0;
    return { metricName: `${name}_bucket`, labels: { le: bound, ...values }, value: below };
  });
  return [
    ...bounded,
    { metricName: `${name}_bucket`, labels: { le: '+Inf', ...values }, value: count },
    { metricName: `${name}_sum`, labels: values, value: sum },
    { metricName: `${name}_count`, labels: values, value: count },
  ];
}

/** Where a combination of values is among all of them (`combinationsOf`); undefined for a value that is on no list. */
function placesOf(labels: ClosedLabels): (values: LabelValues<ClosedLabels>) => number | undefined {
  const places = Object.entries(labels).map(
    ([label, values]) => [label, new Map(values.map((value, place) => [value, place]))] as const,
  );
  return (values) => {
    let at = 0;
    for (const [label, placeOf] of places) {
      const place = placeOf.get(values[label] ?? '');
      if (place === undefined) return undefined;
      at = at * placeOf.size + place;
    }
    return at;
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
