import { median } from './statistics.ts';

const batches = 41;
const callsPerBatch = 8;

/** What results go to, so that no compiler can leave the work out. */
let sink: unknown;

/**
 * What a call allocates on the heap, in bytes. The heap only grows until garbage is collected, so its growth over a few calls is what
 * they allocated, and a batch in which something was collected is far off: the median of many knows nothing of those. Call it
 * for what is warm: compilers allocate, too.
 */
export function bytesPerCall(work: () => unknown): number {
  const grown = Array.from({ length: batches }, () => NaN);
  const empty = Array.from({ length: batches }, () => NaN);
  for (let batch = 0; batch < batches; batch += 1) {
    const before = process.memoryUsage().heapUsed;
    const between = process.memoryUsage().heapUsed;
    for (let call = 0; call < callsPerBatch; call += 1) sink = work();
    const after = process.memoryUsage().heapUsed;
    // Asking allocates as well.
    empty[batch] = between - before;
    grown[batch] = after - between;
  }
  return sink === undefined ? NaN : (median(grown) - median(empty)) / callsPerBatch;
}
