import type { TagCondition } from './whole-stream.ts';
import type { TagEvent } from './types.ts';

/** What one tag was and is, newest first, and what its last import came to. */
export interface TagHistory {
  readonly items: readonly TagEvent[];
  readonly conditions: readonly TagCondition[];
}

/**
 * Puts an event on top of a tag's history (spec imagestream-system.md 1.7; vectors `historyPush`, his-01 to his-10). Only the
 * newest item is compared:
 *
 * - the same reference, image and generation: nothing happens, conditions stay;
 * - the same image again, or at another place: the newest item is renewed and keeps its `created`;
 * - anything else is a new item at the front.
 *
 * Every change clears the conditions. Upstream renews the newest item in place also where only its image differs, and where
 * two references without an image follow each other, and so loses the older one: here both become new items.
 */
export function pushEvent(
  history: TagHistory,
  event: TagEvent,
): { readonly changed: boolean; readonly history: TagHistory } {
  const [newest, ...older] = history.items;
  const sameReference = newest?.dockerImageReference === event.dockerImageReference;
  const sameImage = newest?.image === event.image;
  if (sameReference && sameImage && newest.generation === event.generation)
    return { changed: false, history };
  const renewed = newest !== undefined && sameImage && (sameReference || event.image !== '');
  const items = renewed ? [renew(newest, event), ...older] : [event, ...history.items];
  return { changed: true, history: { items, conditions: [] } };
}

function renew({ created, image }: TagEvent, { dockerImageReference, generation }: TagEvent): TagEvent {
  return {
    ...(created === undefined ? {} : { created }),
    dockerImageReference,
    image,
    ...(generation === undefined ? {} : { generation }),
  };
}

/**
 * Whether an import that found `imported` has anything to write (vectors `historyPush`, his-31 to his-35): another image than
 * the newest item, or a newer request for the same one.
 *
 * @param specGeneration the spec tag's generation; null where it has none, undefined without a spec tag
 */
export function importWrites(
  items: readonly TagEvent[],
  specGeneration: number | null | undefined,
  imported: Pick<TagEvent, 'dockerImageReference' | 'image'>,
): boolean {
  const [newest] = items;
  if (newest === undefined || specGeneration === null || specGeneration === undefined) return true;
  return (
    newest.dockerImageReference !== imported.dockerImageReference ||
    newest.image !== imported.image ||
    specGeneration > (newest.generation ?? 0)
  );
}

/**
 * Sets the condition of one type; there is at most one of a type. A condition that says the same again changes nothing, so
 * that a failure that repeats itself is not written again (vectors `historyPush`, his-36 to his-38). Upstream has conditions
 * of one type only and replaces all; here those of other types stay.
 */
export function setFailure(
  conditions: readonly TagCondition[],
  condition: TagCondition,
): { readonly changed: boolean; readonly conditions: readonly TagCondition[] } {
  const held = conditions.filter(({ type }) => type === condition.type);
  if (held.length === 1 && held.every((candidate) => saysTheSame(candidate, condition))) {
    return { changed: false, conditions };
  }
  const others = conditions.filter(({ type }) => type !== condition.type);
  return { changed: true, conditions: [...others, condition] };
}

function saysTheSame(a: TagCondition, b: TagCondition): boolean {
  return a.status === b.status && a.reason === b.reason && a.message === b.message;
}

/** The newest `limit` items; 0: all of them. What a tag stands for now is never dropped. */
export function trimHistory(items: readonly TagEvent[], limit: number): readonly TagEvent[] {
  return limit < 1 || items.length <= limit ? items : items.slice(0, limit);
}
