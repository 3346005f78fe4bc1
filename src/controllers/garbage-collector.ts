import { readWholeStream } from '../imagestream/whole-stream.ts';
import { garbageOf, imagesOf, readKnownImage, type KnownImage } from '../importer/garbage.ts';
import type { StreamStore } from '../importer/stream-store.ts';
import type { Clock } from '../kube/clock.ts';
import type { Log } from '../telemetry/log.ts';

export interface GarbageCollectorOptions {
  readonly store: StreamStore;
  /** Digests that status is about to name. */
  readonly held: () => ReadonlySet<string>;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Upstream's pruner keeps what is younger than an hour, too. */
export const minimumAgeMs = 3_600_000;
const everyMs = 3_600_000;

/** Removes Images that nobody needs, an hour after the start and then every hour; resolves when `signal` has aborted. */
export async function collectGarbage(options: GarbageCollectorOptions): Promise<void> {
  const { clock, log, signal } = options;
  const stopped = (): boolean => signal.aborted;
  for (;;) {
    await clock.sleep(everyMs, signal);
    if (stopped()) return;
    try {
      const removed = await collectOnce(options);
      if (removed > 0) log.info({ removed }, 'removed Images that no stream names');
    } catch (error) {
      if (stopped()) return;
      log.warn(
        { error: String(error) },
        'Images that no stream names could not be removed; tried again in an hour',
      );
    }
  }
}

/**
 * Removes once what is garbage now, and gives how many Images that was. Images are read before streams: one that a stream
 * begins to name in between was made by then, or is held.
 *
 * @throws what the store throws
 */
export async function collectOnce({
  store,
  held,
  clock,
  log,
  signal,
}: GarbageCollectorOptions): Promise<number> {
  const raws = new Map<KnownImage, unknown>();
  await store.eachImage((raw) => raws.set(readKnownImage(raw), raw), signal);
  const used = new Set<string>();
  await store.eachStream((raw) => {
    for (const image of imagesOf(readWholeStream(raw))) used.add(image);
  }, signal);
  let removed = 0;
  for (const image of garbageOf([...raws.keys()], used, clock.now(), minimumAgeMs)) {
    if (held().has(image.name)) continue;
    signal.throwIfAborted();
    if ((await store.removeImage(raws.get(image))) === 'written') removed += 1;
    log.debug(() => ({ image: image.name }), 'removed an Image that no stream names');
  }
  return removed;
}
