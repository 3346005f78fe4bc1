import { isDeepStrictEqual } from 'node:util';
import { changeAt, checked, noDocument, noObject, refused, wayTo, type Edit } from './checked-edit.ts';
import type { ObjectPlace } from './documents.ts';
import { planChange } from './plan-change.ts';
import { applySplices, isRefusal, named } from './splices.ts';
import { placeText, readSource } from './values.ts';

/**
 * Turns the object at a place into `next`, and writes only what differs, as deep as it differs: comments, order, quotes and line
 * ends of all else stay. The result is read again; what does not read as it should is tried with the next larger field written
 * anew, up to the fields of the object itself, and then left alone. An object that is `next` already stays as it is written.
 */
export function changeObject(text: string, at: ObjectPlace, next: object): Edit {
  // As it reads back: without fields that are undefined.
  const plain = JSON.parse(JSON.stringify(next)) as object;
  return changeWithin(text, at, () => plain, Infinity);
}

/** Changes the object at a place, looking into fields at most `levels` deep; its own fields are at level 1. */
export function changeWithin(
  text: string,
  at: ObjectPlace,
  change: (object: object) => object,
  levels: number,
): Edit {
  const source = readSource(text);
  if (!source.ok) return refused(`${placeText(source.place)}: ${source.message}`);
  const values = source.values.map(({ value }) => value);
  const document = source.documents[at.document];
  if (document === undefined) return refused(noDocument);
  const target = changeAt(values, wayTo(at), change);
  if (target === undefined) return refused(noObject);
  if (isDeepStrictEqual(target, values)) return { ok: true, text };
  const floor = wayTo(at).length - 1;
  const [old, want] = [values[at.document], target[at.document]];
  let limit = floor + levels;
  for (;;) {
    const { planned, deepest } = planChange({ text, document, old, want, limit, floor });
    const edited = isRefusal(planned) ? undefined : applySplices(text, planned);
    const edit = edited === undefined ? undefined : checked(edited, target);
    if (edit?.ok === true) return edit;
    limit = Math.min(limit, deepest + 1) - 1;
    if (limit > floor) continue;
    if (!isRefusal(planned)) return edit ?? checked(text, target);
    return refused(named(planned, 'the object').message);
  }
}
