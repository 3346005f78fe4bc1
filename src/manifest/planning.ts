import type { Document, Node, YAMLMap, YAMLSeq } from 'yaml';
import type { Aliases } from './aliases.ts';
import { blockLayout } from './block-layout.ts';
import { flowLayout, isJsonText } from './flow-layout.ts';
import type { Layout } from './layout.ts';
import { styleOf } from './writing.ts';

/** A document that is to read as something else. */
export interface DocumentChange {
  readonly text: string;
  readonly document: Document;
  readonly old: unknown;
  readonly want: unknown;
  /** How deep single fields are looked into; what differs deeper is written anew as a whole. The document itself is at 0. */
  readonly limit: number;
  /** What stands this deep or higher is never written anew as a whole. */
  readonly floor: number;
}

/** The planning of one change: what it found out on its way. */
export interface Planning extends DocumentChange {
  readonly aliases: Aliases;
  /** What the nodes on the way are to read as; all others read as before. */
  readonly wants: Map<Node, unknown>;
  /** How deep it had to look. */
  deepest: number;
}

/** The layout of a collection. Whether brackets hold JSON is asked of the outermost ones only. */
export function layoutOf(
  { text, document }: DocumentChange,
  node: YAMLMap | YAMLSeq,
  isJson?: boolean,
): { readonly layout: Layout; readonly isJson?: boolean } | undefined {
  const source = node.srcToken;
  if (source?.type !== 'flow-collection') {
    const layout = blockLayout(text, node, () => styleOf(text, [node, document.contents]));
    return layout && { layout };
  }
  const isInner = isJson ?? isJsonText(text, source);
  const layout = flowLayout(text, node, isInner);
  return layout && { layout, isJson: isInner };
}

export type Values = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
