import { isDeepStrictEqual } from 'node:util';
import { isAlias, isMap, isNode, isSeq } from 'yaml';
import { checked, refused, wayTo, type Edit } from './checked-edit.ts';
import type { ObjectPlace } from './documents.ts';
import { keyOf } from './layout.ts';
import type { Values } from './planning.ts';
import { planChange } from './plan-change.ts';
import { applySplices, isRefusal, type Splice } from './splices.ts';
import { placeText, readSource, type Source } from './values.ts';

/** One text within an object, and what it is to be. */
export interface TextChange {
  readonly at: ObjectPlace;
  readonly path: readonly (string | number)[];
  readonly value: string;
}

/**
 * Gives texts within objects another value, such as the images of containers, and keeps every byte around them. A text that is
 * used by alias or `<<` changes where it is written; a use of it that is to read otherwise is written out there. The result is
 * read again, and given only when these texts read as they should and all else as before.
 */
export function replaceTexts(text: string, changes: readonly TextChange[]): Edit {
  const source = readSource(text);
  if (!source.ok) return refused(`${placeText(source.place)}: ${source.message}`);
  const values = source.values.map(({ value }) => value);
  const wanted = wantedValues(text, source, changes);
  if ('message' in wanted) return refused(wanted.message);
  const splices: Splice[] = [];
  for (const [index, document] of source.documents.entries()) {
    const [old, want] = [values[index], wanted.values[index]];
    if (old === want) continue;
    const { planned } = planChange({ text, document, old, want, limit: Infinity, floor: Infinity });
    if (isRefusal(planned)) return refusedAt(text, source, changes, index);
    splices.push(...planned);
  }
  if (splices.length === 0) return { ok: true, text };
  const edited = applySplices(text, splices);
  const edit = edited === undefined ? undefined : checked(edited, wanted.values);
  if (edit?.ok === true) return edit;
  return refusedAt(text, source, changes, edited === undefined ? 0 : differing(edited, wanted.values));
}

type Readable = Source & { readonly ok: true };

/** All documents as they are to read, or which change leads nowhere. */
function wantedValues(
  text: string,
  source: Readable,
  changes: readonly TextChange[],
): { readonly values: readonly unknown[] } | { readonly message: string } {
  const values = source.values.map(({ value }) => value);
  const given = new Map<string, string>();
  for (const change of changes) {
    const [index = 0, ...way] = [...wayTo(change.at), ...change.path];
    const key = JSON.stringify([index, ...way]);
    const isTwice = given.has(key) && given.get(key) !== change.value;
    given.set(key, change.value);
    const next = isTwice ? undefined : withText(values[Number(index)], way, change.value);
    if (next === undefined) {
      const why = isTwice ? 'is to become two different texts' : 'is no text that can be replaced';
      return { message: `${whereOf(text, source, change)}: ${change.path.join('.')} ${why}` };
    }
    values[Number(index)] = next;
  }
  // What is as it should be already is not looked at.
  return {
    values: values.map((value, index) => {
      const old = source.values[index]?.value;
      return isDeepStrictEqual(value, old) ? old : value;
    }),
  };
}

/** A copy of `value` with the text at `way` replaced; undefined where there is none. */
function withText(value: unknown, way: readonly (string | number)[], text: string): unknown {
  const [step, ...rest] = way;
  if (step === undefined) return typeof value === 'string' ? text : undefined;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
  const inner = withText((value as Values)[step], rest, text);
  if (inner === undefined) return undefined;
  if (!Array.isArray(value)) return Object.defineProperty({ ...value }, step, { value: inner });
  const items = [...(value as unknown[])];
  items[Number(step)] = inner;
  return items;
}

/** The first document of an edited text that does not read as it should. */
function differing(edited: string, wanted: readonly unknown[]): number {
  const after = readSource(edited);
  if (!after.ok) return after.place.document - 1;
  return wanted.findIndex((want, index) => !isDeepStrictEqual(after.values[index]?.value, want));
}

function refusedAt(text: string, source: Readable, changes: readonly TextChange[], index: number): Edit {
  const change = changes.find(({ at }) => at.document === index) ?? changes[0];
  if (change === undefined) return refused('nothing was to be replaced');
  const why = `${change.path.join('.')} cannot be replaced in place; edit it by hand`;
  return refused(`${whereOf(text, source, change)}: ${why}`);
}

/** "document 2, line 3, column 5": as near to a text as its way is written. */
function whereOf(text: string, { documents }: Readable, { at, path }: TextChange): string {
  const [index = 0, ...way] = [...wayTo(at), ...path];
  let node: unknown = documents[Number(index)]?.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const step of way) {
    if (isMap(node)) node = node.items.find(({ key }) => keyOf(key) === String(step))?.value;
    else node = isSeq(node) ? node.items[Number(step)] : undefined;
    if (!isNode(node)) break;
    offset = node.range?.[0] ?? offset;
    if (isAlias(node)) break;
  }
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  const column = offset - before.lastIndexOf('\n');
  return placeText({ document: at.document + 1, line, column });
}
