/** What one look at a process told. */
export interface Sample {
  readonly seconds: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
  readonly files: number;
  readonly handles: number;
  /** Time series that /metrics tells. */
  readonly series: number;
  /** Reviews that were answered right so far. */
  readonly right: number;
}

/** Reads a sample from the text of /metrics. Throws where one of the metrics is not there. */
export function sampleOf(metrics: string, seconds: number, right: number): Sample {
  const lines = metrics.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const value = (name: string): number => {
    const line = lines.find((candidate) => candidate.startsWith(`${name} `));
    if (line === undefined) throw new Error(`/metrics does not tell ${name}`);
    return Number(line.slice(name.length + 1));
  };
  return {
    seconds,
    heapBytes: value('nodejs_heap_size_used_bytes'),
    rssBytes: value('process_resident_memory_bytes'),
    files: value('process_open_fds'),
    handles: value('nodejs_active_handles_total'),
    series: lines.length,
    right,
  };
}

/** How one number went on: its level in the second and in the last third of a run. The first third is warming up. */
export interface Trend {
  readonly second: number;
  readonly last: number;
}

/** The median of each third. */
export function trendOf(values: readonly number[]): Trend {
  const third = Math.floor(values.length / 3);
  if (third === 0) throw new Error(`${values.length} samples tell no trend`);
  return { second: median(values.slice(third, 2 * third)), last: median(values.slice(-third)) };
}

/** The least of every so many values: of a heap, what is left when what is garbage has been collected. */
export function floors(values: readonly number[], width: number): readonly number[] {
  const count = Math.floor(values.length / width);
  return Array.from({ length: count }, (_, at) => Math.min(...values.slice(at * width, (at + 1) * width)));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor((sorted.length - 1) / 2);
  return ((sorted[middle] ?? NaN) + (sorted[sorted.length - 1 - middle] ?? NaN)) / 2;
}

const mega = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);

/** A table of the run in some ten rows: of the heap the least since the row before, of the others what is at its end. */
export function samplesTable(samples: readonly Sample[]): string {
  const step = Math.max(1, Math.floor(samples.length / 10));
  const groups = Array.from({ length: Math.ceil(samples.length / step) }, (_, at) =>
    samples.slice(at * step, (at + 1) * step),
  );
  const rows = groups.map((group) => {
    const heapBytes = Math.min(...group.map((sample) => sample.heapBytes));
    return group
      .slice(-1)
      .flatMap(({ seconds, right, rssBytes, files, handles, series }) => [
        String(Math.round(seconds)),
        String(right),
        mega(heapBytes),
        mega(rssBytes),
        String(files),
        String(handles),
        String(series),
      ]);
  });
  const titles = ['seconds', 'reviews', 'heap MiB', 'RSS MiB', 'files', 'handles', 'series'];
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padStart(titles[at]?.length ?? 0)).join(' | ')} |`;
  const rule = `| ${titles.map((title) => `${'-'.repeat(title.length - 1)}:`).join(' | ')} |`;
  return [line(titles), rule, ...rows.map(line)].join('\n');
}
