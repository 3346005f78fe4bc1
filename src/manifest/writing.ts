import { isMap, isSeq, stringify, type ToStringOptions } from 'yaml';
import { columnOf } from './source-span.ts';

/** How a file indents what is below a key. */
export interface BlockStyle {
  readonly indent: number;
  /** Whether the `-` of a list stands further right than its key; kubectl writes them below each other. */
  readonly indentSeq: boolean;
}

export const usualStyle: BlockStyle = { indent: 2, indentSeq: true };

/**
 * Long texts stay on one line, so that a change of one is a change of one line. What a reader of YAML 1.1 would take for a
 * date, a number or a truth value is quoted: kubectl is one, and `created` must stay a text.
 */
const plain: ToStringOptions = { lineWidth: 0, blockQuote: false, doubleQuotedMinMultiLineLength: Infinity };
const schema = { compat: 'yaml-1.1', aliasDuplicateObjects: false } as const;

/** How one scalar is written where another one stood. */
export const scalarStyle: ToStringOptions & typeof schema = { ...plain, ...schema };

/** An object in block style; ends with a line end. Keys stay in their order. */
export function blockText(value: object, { indent, indentSeq }: BlockStyle = usualStyle): string {
  return stringify(value, { ...plain, ...schema, indent, indentSeq });
}

/** A value on one line, an object between braces. */
export function flowText(value: unknown): string {
  const flow: ToStringOptions = {
    collectionStyle: 'flow',
    flowCollectionPadding: false,
    defaultStringType: 'QUOTE_DOUBLE',
    defaultKeyType: 'PLAIN',
  };
  return stringify(value, { ...plain, ...schema, ...flow }).replace(/\n$/, '');
}

/** How the block mappings and lists below the first of these nodes are indented that has any. */
export function styleOf(text: string, nodes: readonly unknown[]): BlockStyle {
  const found: { indent?: number; indentSeq?: boolean } = {};
  const look = (outer: unknown): void => {
    if (isSeq(outer) && !outer.flow) outer.items.forEach(look);
    if (!isMap(outer) || outer.flow) return;
    const key = outer.items[0]?.srcToken?.key;
    for (const { value } of outer.items) {
      if (!key || !(isMap(value) || isSeq(value)) || value.flow || !value.range) continue;
      const step = columnOf(text, value.range[0]) - columnOf(text, key.offset);
      if (isSeq(value)) found.indentSeq ??= step > 0;
      if (step > 0) found.indent ??= step;
      look(value);
    }
  };
  nodes.forEach(look);
  return { ...usualStyle, ...found };
}
