import { isDeepStrictEqual } from 'node:util';
import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isSeq,
  visit,
  type Alias,
  type Node,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { isMergeKey, keyOf } from './layout.ts';
import { isObject, layoutOf, type Planning, type Values } from './planning.ts';
import { isPlain, scalarText } from './scalar-edit.ts';
import { tokenEnd } from './source-span.ts';
import { isRefusal, isWithin, type Planned, type Splice } from './splices.ts';

/**
 * Each node is changed to what is wanted where it is written. An alias of it that is to read otherwise is written out; a mapping
 * that merges it by `<<` gets a key of its own.
 */
export function settleAliases(planning: Planning, planned: readonly Splice[]): Planned {
  const { text, document, aliases } = planning;
  const [start, end] = document.range ?? [0, text.length];
  if (aliases.size === 0 && !text.slice(start, end).includes('<<')) return planned;
  const splices = [...planned];
  const isReplaced = (splice: Splice): boolean => planned.some((outer) => isWithin(splice, outer));
  const { aliased, merging } = usesOf(planning);
  for (const use of aliased) {
    const span = spanOf(use.alias);
    if (span !== undefined && isReplaced(span)) continue;
    const written = settleAlias(planning, use);
    if (isRefusal(written)) return written;
    splices.push(...written);
  }
  for (const map of merging) {
    const span = spanOf(map);
    if (span !== undefined && isReplaced(span)) continue;
    const written = settleMerge(planning, map);
    if (isRefusal(written)) return written;
    splices.push(...written);
  }
  return splices;
}

interface AliasUse {
  readonly alias: Alias;
  readonly parent: YAMLMap | YAMLSeq;
  readonly index: number;
}

/** Where aliases stand as values, and which mappings merge. */
function usesOf({ document }: Planning) {
  const aliased: AliasUse[] = [];
  const merging: YAMLMap[] = [];
  visit(document, {
    Map: (_key, map) => {
      if (map.items.some(({ key }) => isMergeKey(key))) merging.push(map);
      for (const [index, { key, value }] of map.items.entries()) {
        if (isAlias(value) && !isMergeKey(key)) aliased.push({ alias: value, parent: map, index });
      }
    },
    Seq: (_key, list, path) => {
      const above = path.at(-1);
      if (isPair(above) && isMergeKey(above.key)) return;
      for (const [index, item] of list.items.entries()) {
        if (isAlias(item)) aliased.push({ alias: item, parent: list, index });
      }
    },
  });
  return { aliased, merging };
}

function settleAlias(planning: Planning, { alias, parent, index }: AliasUse): Planned {
  const { aliases, wants } = planning;
  const target = aliases.get(alias);
  if (target === undefined || !(wants.has(alias) || wants.has(target))) return [];
  const want = wants.has(alias) ? wants.get(alias) : oldOf(planning, target);
  if (isDeepStrictEqual(newOf(planning, target), want)) return [];
  const span = spanOf(alias);
  if (isPlain(want) && span !== undefined) {
    return [{ ...span, insert: scalarText(want, parent.flow === true ? 'flow' : 'block') }];
  }
  const found = layoutOf(planning, parent, false);
  return found?.layout.replaceValue(index, want) ?? { message: `the alias *${alias.source} stands alone` };
}

function settleMerge(planning: Planning, map: YAMLMap): Planned {
  const sources = mergedIn(planning, map);
  if (!planning.wants.has(map) && !sources.some((source) => planning.wants.has(source))) return [];
  const old = asValues(oldOf(planning, map));
  const want = asValues(newOf(planning, map));
  const before = merged(sources.map((source) => asValues(oldOf(planning, source))));
  const after = merged(sources.map((source) => asValues(newOf(planning, source))));
  const own = new Set(map.items.map(({ key }) => keyOf(key)));
  const missing: string[] = [];
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (own.has(name) && Object.hasOwn(want, name)) continue;
    if (!Object.hasOwn(want, name)) {
      if (Object.hasOwn(after, name)) return { message: `${name} comes from another place by <<` };
      continue;
    }
    const isNew = !Object.hasOwn(old, name);
    const isSame = Object.hasOwn(after, name) && isDeepStrictEqual(after[name], want[name]);
    if (!isNew && !isSame) missing.push(name);
  }
  if (missing.length === 0) return [];
  const layout = layoutOf(planning, map, false)?.layout;
  if (layout === undefined) return { message: 'it is not written key by key' };
  const kept = map.items.findLastIndex(({ key }) => isMergeKey(key) || Object.hasOwn(want, keyOf(key) ?? ''));
  return layout.rearrange(
    new Set(),
    missing.map((name) => ({ after: kept, written: layout.write(want[name], name) })),
  );
}

/** The mappings that a mapping merges, first the one that wins. */
function mergedIn({ aliases }: Planning, map: YAMLMap): readonly Node[] {
  const written = map.items.filter(({ key }) => isMergeKey(key)).map(({ value }) => value);
  return written
    .flatMap((value) => (isSeq(value) ? value.items : [value]))
    .map((value) => (isAlias(value) ? aliases.get(value) : value))
    .filter((value) => isMap(value));
}

function merged(sources: readonly Values[]): Values {
  return Object.fromEntries(sources.toReversed().flatMap((source) => Object.entries(source)));
}

function asValues(value: unknown): Values {
  return isObject(value) ? value : {};
}

function oldOf({ document }: Planning, node: Node): unknown {
  return node.toJS(document);
}

function newOf(planning: Planning, node: Node): unknown {
  return planning.wants.has(node) ? planning.wants.get(node) : oldOf(planning, node);
}

function spanOf(node: unknown): Splice | undefined {
  const token = isNode(node) ? node.srcToken : undefined;
  const end = token && tokenEnd(token);
  return token === undefined || end === undefined ? undefined : { start: token.offset, end, insert: '' };
}
