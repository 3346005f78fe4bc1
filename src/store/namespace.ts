import type { NamespaceFacts } from '../admission/namespace.ts';
import { asText, asTextMap, objectAt } from '../json/untyped.ts';

/** Reads the labels and annotations of a raw Namespace. */
export function readNamespace(raw: unknown): { readonly name: string; readonly facts: NamespaceFacts } {
  const { name, labels, annotations } = objectAt(raw, 'metadata');
  return { name: asText(name), facts: { labels: asTextMap(labels), annotations: asTextMap(annotations) } };
}
