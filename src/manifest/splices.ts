/** One change of a text: what stands from `start` to `end` becomes `insert`. Places are those of the text before any change. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly insert: string;
}

/** Why something cannot be edited here; what is around it may be. A message about the part itself begins with "it". */
export interface Refusal {
  readonly message: string;
}

/** The changes that an edit is made of. */
export type Planned = readonly Splice[] | Refusal;

/** A refusal of what is around a part, about that part. */
export function named({ message }: Refusal, name: string): Refusal {
  return { message: message.replace(/^it\b/, name) };
}

export function isRefusal(planned: object): planned is Refusal {
  return 'message' in planned;
}

/**
 * Makes all changes at once. Insertions at one place stand in the order in which they are given, before what is replaced
 * there; undefined when two changes touch the same bytes.
 */
export function applySplices(text: string, splices: readonly Splice[]): string | undefined {
  const sorted = splices.toSorted((a, b) => a.start - b.start || a.end - b.end);
  const parts: string[] = [];
  let done = 0;
  for (const { start, end, insert } of sorted) {
    if (start < done) return undefined;
    parts.push(text.slice(done, start), insert);
    done = end;
  }
  return parts.join('') + text.slice(done);
}

/** The part of a text between two places, with the changes inside of it made. */
export function changedSlice(
  text: string,
  start: number,
  end: number,
  splices: readonly Splice[],
): string | undefined {
  const moved = splices.map((splice) => ({
    ...splice,
    start: splice.start - start,
    end: splice.end - start,
  }));
  const fits = moved.every((splice) => splice.start >= 0 && splice.end <= end - start);
  return fits ? applySplices(text.slice(start, end), moved) : undefined;
}

/** Whether a change lies within what another one replaces. */
export function isWithin(inner: Splice, outer: Splice): boolean {
  return inner !== outer && outer.end > outer.start && inner.start >= outer.start && inner.end <= outer.end;
}
