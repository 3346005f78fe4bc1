import type { StartTimer } from '../admission/ask.ts';
import type { Log } from '../telemetry/log.ts';
import { Load, shedReasons, type LoadLimits, type ShedReason } from './load.ts';
import type { LoopLag } from './loop-lag.ts';
import type { Endpoint } from './metrics.ts';

const mebibyte = 1024 * 1024;

/**
 * Numbers for the 512 MiB that the manifests give (docs/high-availability.md). A parsed body is several times as large as its text,
 * so those that wait may hold less than those that arrive.
 */
export const reviewLimits: LoadLimits = {
  receivingBytesMax: 64 * mebibyte,
  largeBytesMax: 56 * mebibyte,
  unpackingMax: 2,
  waitingMax: 1000,
  waitingBytesMax: 32 * mebibyte,
};
/** Nobody's Pod waits for a dry run, so there is less for them. */
export const dryRunLimits: LoadLimits = {
  receivingBytesMax: 32 * mebibyte,
  largeBytesMax: 28 * mebibyte,
  unpackingMax: 2,
  waitingMax: 32,
  waitingBytesMax: 16 * mebibyte,
};

/** What to do when more comes than can be done. */
export interface Overload {
  readonly reviews: Load;
  readonly dryRuns: Load;
  readonly lag: Pick<LoopLag, 'read'>;
  /** Notes a request that was not worked on. */
  readonly shed: (endpoint: Endpoint, reason: ShedReason) => void;
}

/** Limits of their own for reviews and for dry runs, so that these never take anything from those. */
export function createOverload(
  lag: Pick<LoopLag, 'read'>,
  count: (endpoint: Endpoint, reason: ShedReason) => void,
  log: Pick<Log, 'warn'>,
  startTimer: StartTimer,
): Overload {
  const report = createReport(log, startTimer);
  return {
    reviews: new Load(reviewLimits),
    dryRuns: new Load(dryRunLimits),
    lag,
    shed: (endpoint, reason) => {
      count(endpoint, reason);
      report(reason);
    },
  };
}

const reportMs = 10_000;

/** A line for the first, and then one every 10 s with the number of those since: a flood must not flood the log. */
function createReport(log: Pick<Log, 'warn'>, startTimer: StartTimer): (reason: ShedReason) => void {
  let since: Partial<Record<ShedReason, number>> = {};
  let quiet = false;
  const write = (): void => {
    quiet = shedReasons.some((reason) => since[reason] !== undefined);
    if (!quiet) return;
    log.warn({ requests: since }, 'too busy: requests were refused with 503');
    since = {};
    startTimer(reportMs, write);
  };
  return (reason) => {
    since[reason] = (since[reason] ?? 0) + 1;
    if (!quiet) write();
  };
}
