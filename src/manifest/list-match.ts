/** What becomes of a list's items. */
export interface ListMatch {
  /** For each new item the old one that it was; undefined for one that is new. */
  readonly from: readonly (number | undefined)[];
  /** The old items that keep their order; others with a new place are moved. */
  readonly stays: ReadonlySet<number>;
}

/**
 * Which items of a list became which: by their `name`, or `tag`, where all have one of their own, as Kubernetes' named lists and
 * an image stream's tags do; otherwise equal ones are the same, and what is left between two of these by position.
 */
export function matchLists(old: readonly unknown[], next: readonly unknown[]): ListMatch {
  const keys = sharedKeys(old, next);
  const oldKeys = keys?.old ?? old.map(canonical);
  const nextKeys = keys?.next ?? next.map(canonical);
  const from = sameKeys(oldKeys, nextKeys);
  const stays = longestRise(from.filter((index) => index !== undefined));
  return keys === undefined ? fillGaps(from, stays, old.length) : { from, stays };
}

/** Where each new key was among the old ones. Of equal ones those at the ends of both lists belong together. */
function sameKeys(old: readonly string[], next: readonly string[]): readonly (number | undefined)[] {
  const most = Math.min(old.length, next.length);
  let head = 0;
  while (head < most && old[head] === next[head]) head++;
  let tail = 0;
  while (tail < most - head && old.at(-1 - tail) === next.at(-1 - tail)) tail++;
  const unused = new Map<string, number[]>();
  for (const [index, key] of old.entries()) {
    if (index < head || index >= old.length - tail) continue;
    const same = unused.get(key);
    if (same === undefined) unused.set(key, [index]);
    else same.push(index);
  }
  return next.map((key, index) => {
    if (index < head) return index;
    const behind = next.length - index;
    return behind <= tail ? old.length - behind : unused.get(key)?.shift();
  });
}

function sharedKeys(old: readonly unknown[], next: readonly unknown[]) {
  for (const field of ['name', 'tag']) {
    const keys = { old: uniqueKeys(old, field), next: uniqueKeys(next, field) };
    if (keys.old !== undefined && keys.next !== undefined) return { old: keys.old, next: keys.next };
  }
  return undefined;
}

function uniqueKeys(list: readonly unknown[], field: string): readonly string[] | undefined {
  const keys = list.map((item) =>
    typeof item === 'object' && item !== null && Object.hasOwn(item, field)
      ? (item as Record<string, unknown>)[field]
      : undefined,
  );
  return keys.every((key) => typeof key === 'string') && new Set(keys).size === keys.length
    ? keys
    : undefined;
}

/** Pairs what is left of both lists between two items that stay. */
function fillGaps(
  from: readonly (number | undefined)[],
  stays: ReadonlySet<number>,
  length: number,
): ListMatch {
  const used = new Set(from);
  const filled = [...from];
  const kept = new Set(stays);
  let next = 0;
  for (const [index, old] of from.entries()) {
    if (old !== undefined) {
      if (stays.has(old)) next = old + 1;
      continue;
    }
    if (next < length && !used.has(next)) {
      filled[index] = next;
      kept.add(next);
      next++;
    }
  }
  return { from: filled, stays: kept };
}

/** The most numbers that rise from left to right, by patience sorting. */
function longestRise(numbers: readonly number[]): ReadonlySet<number> {
  const tops: number[] = [];
  const before = new Map<number, number | undefined>();
  for (const number of numbers) {
    let low = 0;
    let high = tops.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((tops[middle] ?? Infinity) < number) low = middle + 1;
      else high = middle;
    }
    before.set(number, tops[low - 1]);
    tops[low] = number;
  }
  const rise = new Set<number>();
  for (let last = tops.at(-1); last !== undefined; last = before.get(last)) rise.add(last);
  return rise;
}

/** A value as a text that is the same for equal values, whatever the order of their keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
