import { isDeepStrictEqual } from 'node:util';
import { isAlias, isMap, isNode, isScalar, isSeq, type YAMLMap, type YAMLSeq } from 'yaml';
import { aliasesOf, sharedAnchor } from './aliases.ts';
import { isMergeKey, keyOf, type Insert, type Layout } from './layout.ts';
import { matchLists } from './list-match.ts';
import { isObject, layoutOf, type DocumentChange, type Planning, type Values } from './planning.ts';
import { editScalar, isPlain } from './scalar-edit.ts';
import { settleAliases } from './settle-aliases.ts';
import { changedSlice, isRefusal, named, type Planned, type Refusal, type Splice } from './splices.ts';

/** What to write so that a document reads as wanted: only what differs, as deep as it differs. */
export function planChange(change: DocumentChange): { readonly planned: Planned; readonly deepest: number } {
  const { text, document, old, want } = change;
  const planning: Planning = { ...change, aliases: aliasesOf(text, document), wants: new Map(), deepest: 0 };
  const planned = planNode(planning, document.contents, { old, want, depth: 0 });
  const settled = isRefusal(planned) ? planned : settleAliases(planning, planned);
  return { planned: settled, deepest: planning.deepest };
}

interface Step {
  readonly old: unknown;
  readonly want: unknown;
  readonly depth: number;
  /** Between brackets: whether they hold JSON. */
  readonly isJson?: boolean | undefined;
}

/** Changes a node within itself. */
function planNode(planning: Planning, node: unknown, step: Step): Planned {
  const { want, isJson } = step;
  if (isNode(node)) planning.wants.set(node, want);
  if (isScalar(node) && isPlain(want)) {
    const place = isJson === undefined ? 'block' : isJson ? 'json' : 'flow';
    return editScalar(planning.text, node, want, place);
  }
  if (isMap(node) && isObject(want)) return planMap(planning, node, step, want);
  if (isSeq(node) && Array.isArray(want)) return planList(planning, node, step, want as unknown[]);
  return { message: 'it is of another kind' };
}

function planMap(planning: Planning, node: YAMLMap, step: Step, want: Values): Planned {
  const found = placed(planning, node, step);
  if (found === undefined) return { message: 'it is not written key by key' };
  const { layout, isJson } = found;
  const old = isObject(step.old) ? step.old : {};
  const splices: Splice[] = [];
  const cut = new Set<number>();
  const written = new Set<string>();
  let lastKept = -1;
  for (const [index, { key, value }] of node.items.entries()) {
    const name = keyOf(key);
    if (name === undefined && !isMergeKey(key)) return { message: 'it has a key that is no text' };
    if (name !== undefined && !Object.hasOwn(want, name)) {
      const shared = sharedIn(planning, name, key) ?? sharedIn(planning, name, value);
      if (shared !== undefined) return shared;
      cut.add(index);
      continue;
    }
    lastKept = index;
    if (name === undefined) continue;
    written.add(name);
    const inner = { old: old[name], want: want[name], depth: step.depth + 1, isJson };
    const planned = planEntry(planning, { layout, index, name, node: value }, inner);
    if (isRefusal(planned)) return planned;
    splices.push(...planned);
  }
  // What comes by `<<` is not written here; it is looked at when it is known what becomes of its source.
  const added = Object.keys(want).filter((name) => !written.has(name) && !Object.hasOwn(old, name));
  const inserts = added.map((name) => ({ after: lastKept, written: layout.write(want[name], name) }));
  return joined(splices, layout, cut, inserts);
}

function planList(planning: Planning, node: YAMLSeq, step: Step, want: readonly unknown[]): Planned {
  const found = placed(planning, node, step);
  if (found === undefined) return { message: 'it is not written item by item' };
  const { layout, isJson } = found;
  const old = Array.isArray(step.old) ? (step.old as unknown[]) : [];
  const { from, stays } = matchLists(old, want);
  const splices: Splice[] = [];
  const inserts: Insert[] = [];
  const moved = new Set<number>();
  let after = -1;
  for (const [place, index] of from.entries()) {
    if (index === undefined) {
      inserts.push({ after, written: layout.write(want[place]) });
      continue;
    }
    const inner = { old: old[index], want: want[place], depth: step.depth + 1, isJson };
    const name = `item ${index + 1}`;
    const planned = planEntry(planning, { layout, index, name, node: node.items[index] }, inner);
    if (isRefusal(planned)) return planned;
    if (stays.has(index)) {
      splices.push(...planned);
      after = index;
      continue;
    }
    const range = layout.movable(index);
    const slice = range && changedSlice(planning.text, range.start, range.end, planned);
    if (slice === undefined) return { message: `${name} cannot be moved` };
    inserts.push({ after, written: slice.replace(/\r?\n$/, '') });
    moved.add(index);
  }
  const cut = new Set(moved);
  const used = new Set(from);
  for (const [index, item] of node.items.entries()) {
    if (used.has(index)) continue;
    const shared = sharedIn(planning, `item ${index + 1}`, item);
    if (shared !== undefined) return shared;
    cut.add(index);
  }
  return joined(splices, layout, cut, inserts, moved);
}

function joined(
  splices: readonly Splice[],
  layout: Layout,
  cut: ReadonlySet<number>,
  inserts: readonly Insert[],
  moved?: ReadonlySet<number>,
): Planned {
  if (cut.size === 0 && inserts.length === 0) return splices;
  const rearranged = layout.rearrange(cut, inserts, moved);
  return isRefusal(rearranged) ? rearranged : [...splices, ...rearranged];
}

/** The layout for changes within. An empty collection has no style that others could follow: it is written anew. */
function placed(planning: Planning, node: YAMLMap | YAMLSeq, { depth, isJson }: Step) {
  const found = layoutOf(planning, node, isJson);
  return found?.layout.entries.length === 0 && depth > planning.floor ? undefined : found;
}

interface Slot {
  readonly layout: Layout;
  readonly index: number;
  readonly name: string;
  readonly node: unknown;
}

/** Changes the value of an entry within itself, or, when that cannot be done, as a whole. */
function planEntry(planning: Planning, { layout, index, name, node }: Slot, step: Step): Planned {
  const { old, want, depth } = step;
  if (old === want || isDeepStrictEqual(old, want)) return [];
  if (isAlias(node)) {
    planning.wants.set(node, want);
    return [];
  }
  planning.deepest = Math.max(planning.deepest, depth);
  if (depth < planning.limit) {
    const inner = planNode(planning, node, step);
    if (!isRefusal(inner) || depth <= planning.floor) return inner;
  }
  const shared = sharedIn(planning, name, node);
  if (shared !== undefined) return shared;
  const whole = layout.replaceValue(index, want);
  return isRefusal(whole) ? named(whole, name) : whole;
}

function sharedIn({ aliases }: Planning, name: string, node: unknown): Refusal | undefined {
  const anchor = sharedAnchor(aliases, node);
  if (anchor === undefined) return undefined;
  return { message: `${name} holds the anchor &${anchor}, which is used outside of it` };
}
