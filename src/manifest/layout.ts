import { isMap, isScalar, isSeq, type YAMLMap, type YAMLSeq } from 'yaml';
import { itemEnd, itemStart, type SourceItem } from './source-span.ts';
import type { Planned } from './splices.ts';

/** How a mapping or a list is laid out in its text, block or flow, and what can be done to its entries there. */
export interface Layout {
  readonly entries: readonly Entry[];
  /** A new entry as it would be written here: of a mapping with its key, of a list without. */
  readonly write: (value: unknown, key?: string) => string;
  /** Gives an entry another value, whatever it was; the comment beside it stays. */
  readonly replaceValue: (index: number, value: unknown) => Planned;
  /** Takes entries out and puts others in; of those cut, `moved` are among the inserts. */
  readonly rearrange: (
    cut: ReadonlySet<number>,
    inserts: readonly Insert[],
    moved?: ReadonlySet<number>,
  ) => Planned;
  /** What of the text goes along when an entry is moved; undefined when it cannot be. */
  readonly movable: (index: number) => { readonly start: number; readonly end: number } | undefined;
}

/** One entry of a collection and where its contents stand. */
export interface Entry {
  readonly item: SourceItem;
  readonly start: number;
  readonly end: number;
}

export interface Insert {
  /** The entry, one that stays, behind which it is put; -1 is the front. */
  readonly after: number;
  readonly written: string;
}

/** The entries of a collection in the order of its values; undefined when they are not written one by one. */
export function entriesOf(node: YAMLMap | YAMLSeq): readonly Entry[] | undefined {
  const items = isSeq(node) ? itemsOf(node) : node.items.map(({ srcToken }) => srcToken);
  const entries: Entry[] = [];
  for (const item of items) {
    const start = item && itemStart(item);
    const end = item && itemEnd(item);
    if (item === undefined || start === undefined || end === undefined) return undefined;
    entries.push({ item, start, end });
  }
  return entries.length === node.items.length ? entries : undefined;
}

function itemsOf({ srcToken: source }: YAMLSeq): readonly SourceItem[] {
  if (source?.type !== 'block-seq' && source?.type !== 'flow-collection') return [];
  return source.items.filter((item) => itemStart(item) !== undefined);
}

/** The keys of a mapping as they read in plain values; undefined for `<<`, and for a key that is no scalar. */
export function keyOf(key: unknown): string | undefined {
  if (!isScalar(key) || typeof key.value === 'symbol') return undefined;
  const { value } = key;
  if (value === null) return '';
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}

/** Whether a key is YAML's `<<`. */
export function isMergeKey(key: unknown): boolean {
  return isScalar(key) && typeof key.value === 'symbol';
}

export function isCollection(node: unknown): node is YAMLMap | YAMLSeq {
  return isMap(node) || isSeq(node);
}
