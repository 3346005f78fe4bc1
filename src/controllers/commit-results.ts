import { readWholeStream, statusObject, type WholeStream } from '../imagestream/whole-stream.ts';
import { applyResults } from '../importer/apply.ts';
import type { Outcome } from '../importer/outcome.ts';
import { importedAtAnnotation } from '../importer/garbage.ts';
import type { StreamResults } from '../importer/results.ts';
import type { ImageObject, StreamKey } from '../importer/stream-store.ts';
import type { ImportPorts } from './import-ports.ts';

export type Committed =
  | { readonly kind: 'written'; readonly stream: WholeStream; readonly outcomes: readonly Outcome[] }
  /** There was nothing to write. */
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'gone' };

const conflictPauseMs = 20;
const conflictPauseMsMax = 1000;

/**
 * Writes results into a stream: Images first, so that status never names one that is missing; then status in one piece, on
 * top of the stream as it was planned from. Whoever wrote in between is not overwritten: the stream is read again and the
 * results are applied to what is there by then, until it succeeds or `signal` aborts.
 *
 * @param planned the stream as the store gave it for the plan
 * @throws what the store throws, and the reason of `signal`
 */
export async function commitResults(
  key: StreamKey,
  planned: unknown,
  results: StreamResults,
  { store, settings, clock, random }: ImportPorts,
  signal: AbortSignal,
): Promise<Committed> {
  let imagesAdded = false;
  for (let attempt = 0; ; attempt += 1) {
    const raw = attempt === 0 ? planned : await store.read(key, signal);
    if (raw === undefined) return { kind: 'gone' };
    const stream = readWholeStream(raw);
    const now = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
    const { status, outcomes } = applyResults(stream, results, settings(), now);
    // Whoever no longer leads writes no more.
    if (!imagesAdded) {
      for (const image of imagesIn(results)) {
        signal.throwIfAborted();
        await store.addImage(stamped(image, now));
      }
      imagesAdded = true;
    }
    if (status === undefined) return { kind: 'unchanged' };
    signal.throwIfAborted();
    const written = await store.writeStatus(raw, statusObject(status));
    if (written === 'written') return { kind: 'written', stream, outcomes };
    if (written === 'gone') return { kind: 'gone' };
    // While registries were asked the stream may well have changed: no reason to wait the first time.
    if (attempt === 0) continue;
    const pauseMs = Math.min(conflictPauseMsMax, conflictPauseMs * 2 ** attempt);
    await clock.sleep(pauseMs * random(), signal);
  }
}

/** The Images that results bring. */
export function imagesIn({ tags }: StreamResults): readonly ImageObject[] {
  return tags.flatMap((result) => (result.kind === 'imported' ? result.image.images : []));
}

function stamped(image: ImageObject, now: string): ImageObject {
  const { annotations } = image.metadata;
  return {
    ...image,
    metadata: { ...image.metadata, annotations: { ...annotations, [importedAtAnnotation]: now } },
  };
}
