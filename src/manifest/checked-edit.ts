import { isDeepStrictEqual } from 'node:util';
import type { Document } from 'yaml';
import type { ObjectPlace } from './documents.ts';
import { placeText, readSource, readValues } from './values.ts';

/** What became of an edit; a text that cannot be edited safely is left alone, and `message` says why. */
export type Edit =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string };

/** The edited text before it was read again, or why it cannot be edited. */
export type Edited = { readonly text: string } | { readonly message: string };

export const noObject = 'there is no object at this place';
export const noDocument = 'there is no such document';

export interface EditPlan {
  /** The documents' values as they must read afterwards; undefined when there is nothing to edit. */
  readonly expected: (values: readonly unknown[]) => readonly unknown[] | undefined;
  readonly edited: (documents: readonly Document[]) => Edited;
}

/** Edits the document at `index`, and gives the result only when it reads as expected. */
export function edit(text: string, index: number, { expected, edited }: EditPlan): Edit {
  const before = readSource(text);
  if (!before.ok) return refused(`${placeText(before.place)}: ${before.message}`);
  const values = before.values.map(({ value }) => value);
  if (index >= values.length) return refused(noDocument);
  const target = expected(values);
  if (target === undefined) return refused(noObject);
  if (isDeepStrictEqual(target, values)) return { ok: true, text };
  const result = edited(before.documents);
  return 'message' in result ? refused(result.message) : checked(result.text, target);
}

/** `text`, if its documents read as these values. */
export function checked(text: string, expected: readonly unknown[]): Edit {
  const after = readValues(text);
  if (after.ok) {
    const values = after.values.map(({ value }) => value);
    if (isDeepStrictEqual(values, expected)) return { ok: true, text };
  }
  return refused('the edited text would not read as it should; edit it by hand');
}

export function refused(message: string): Edit {
  return { ok: false, message };
}

/** The way through the documents' values to an object. */
export function wayTo({ document, items = [] }: ObjectPlace): readonly (string | number)[] {
  return [document, ...items.flatMap((item) => ['items', item])];
}

/** A copy of `value` with the part at `path` changed, everything else shared; undefined where the path leads nowhere. */
export function changeAt<T>(
  value: T,
  path: readonly (string | number)[],
  change: (part: object) => object,
): T | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const [step, ...rest] = path;
  if (step === undefined) return change(value) as T;
  if (!Object.hasOwn(value, step)) return undefined;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<string, unknown>;
  const part = changeAt(copy[step], rest, change);
  if (part === undefined) return undefined;
  copy[step] = part;
  return copy as T;
}
