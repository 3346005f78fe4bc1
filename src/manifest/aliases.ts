import { isAlias, isNode, visit, type Alias, type Document, type Node } from 'yaml';

/** Which node each alias of a document stands for. An anchor's name may be given again: the last one before the alias counts. */
export type Aliases = ReadonlyMap<Alias, Node>;

export function aliasesOf(text: string, document: Document): Aliases {
  const anchors = new Map<string, Node>();
  const aliases = new Map<Alias, Node>();
  const [start, end] = document.range ?? [0, text.length];
  // Most have none, and need not be gone through.
  if (!text.slice(start, end).includes('*')) return aliases;
  visit(document, {
    Node: (_key, node) => {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target !== undefined) aliases.set(node, target);
      } else if (node.anchor !== undefined) {
        anchors.set(node.anchor, node);
      }
    },
  });
  return aliases;
}

/** The first anchor in `node` that an alias outside of it refers to. */
export function sharedAnchor(aliases: Aliases, node: unknown): string | undefined {
  if (aliases.size === 0 || !isNode(node)) return undefined;
  const inside = new Set<Node>();
  visit(node, { Node: (_key, inner) => void inside.add(inner) });
  for (const [alias, target] of aliases) {
    if (inside.has(target) && !inside.has(alias)) return alias.source;
  }
  return undefined;
}
