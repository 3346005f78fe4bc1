import type { NamespaceFacts } from '../admission/namespace.ts';

/** Reads the labels and annotations of a raw Namespace; what has a wrong type counts as absent. */
export function readNamespace(raw: unknown): { readonly name: string; readonly facts: NamespaceFacts } {
  const { metadata } = (raw ?? {}) as {
    metadata?: { name?: unknown; labels?: unknown; annotations?: unknown } | null;
  };
  return {
    name: typeof metadata?.name === 'string' ? metadata.name : '',
    facts: { labels: textMap(metadata?.labels), annotations: textMap(metadata?.annotations) },
  };
}

function textMap(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
