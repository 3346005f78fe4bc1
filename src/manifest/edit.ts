import { changeWithin } from './change-object.ts';
import type { Edit } from './checked-edit.ts';
import type { ObjectPlace } from './documents.ts';

export type { Edit } from './checked-edit.ts';

/**
 * Sets one field of the object at a place, or takes it away (`undefined`). Every byte outside it is kept: comments, order,
 * quotes, line ends. The result is read again, and given only when that field reads back as `value` and everything else of
 * every document as before. A field that is `value` already stays as it is written.
 */
export function replaceField(text: string, at: ObjectPlace, field: string, value: object | undefined): Edit {
  // As it reads back: without fields that are undefined.
  const plain = value && (JSON.parse(JSON.stringify(value)) as object);
  return changeWithin(text, at, (object) => withField(object, field, plain), 1);
}

function withField(object: object, field: string, value: object | undefined): object {
  if (value !== undefined) return { ...object, [field]: value };
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== field));
}
