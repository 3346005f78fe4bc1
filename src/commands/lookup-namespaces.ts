import { isExempt, lookupLabel, lookupMode, type NamespaceFacts } from '../admission/namespace.ts';
import { asTextMap, objectAt, type JsonObject } from '../json/untyped.ts';
import type { LookupMode } from '../resolver/question.ts';
import { effectiveLookup, isLookupEnabled } from './lookup.ts';
import { imageStreams } from './kinds.ts';

export const lookupModes = ['enabled', 'all', 'fallback', 'disabled'] as const satisfies LookupMode[];

/** A namespace in tables: what it says of looking names up, and what that makes of its streams. */
export interface NamespaceLine {
  readonly name: string;
  readonly lookup: LookupMode;
  /** What the label says, where it is none of the words. */
  readonly misspelt?: string;
  /** The webhook leaves it alone whatever its label says. */
  readonly exempt: boolean;
  readonly streams: number;
  /** How many of them answer short names. */
  readonly open: number;
}

export function namespaceFactsOf(namespace: JsonObject | undefined): NamespaceFacts {
  const metadata = objectAt(namespace, 'metadata');
  return { labels: asTextMap(metadata.labels), annotations: asTextMap(metadata.annotations) };
}

export function namespaceLine(
  name: string,
  namespace: JsonObject | undefined,
  streams: readonly JsonObject[],
  exemptNamespaces: ReadonlySet<string>,
): NamespaceLine {
  const facts = namespaceFactsOf(namespace);
  const lookup = lookupMode(facts);
  const exempt = isExempt(name, facts, exemptNamespaces);
  const isOpen = (stream: JsonObject) =>
    effectiveLookup(imageStreams, isLookupEnabled(imageStreams, stream), lookup).isOpen;
  const written = facts.labels[lookupLabel];
  return {
    name,
    lookup,
    ...(written === undefined || written === lookup ? {} : { misspelt: written }),
    exempt,
    streams: streams.length,
    open: exempt ? 0 : streams.filter(isOpen).length,
  };
}

/** The word in tables: `exempt` where the namespace has no say. */
export function lookupWord({ lookup, exempt, misspelt }: NamespaceLine): string {
  if (exempt) return 'exempt';
  return misspelt === undefined ? lookup : `${lookup} (the label's "${misspelt}" is no such word)`;
}

/**
 * The Namespace with its label set; undefined where it says so already. `enabled` is what counts without a label: it is then
 * taken away.
 */
export function withLookupMode(namespace: JsonObject, mode: LookupMode): JsonObject | undefined {
  const { labels: _old, ...metadata } = objectAt(namespace, 'metadata');
  const { [lookupLabel]: written, ...others } = objectAt(objectAt(namespace, 'metadata'), 'labels');
  const wanted = mode === 'enabled' ? undefined : mode;
  if (written === wanted) return undefined;
  const labels = { ...others, ...(wanted === undefined ? {} : { [lookupLabel]: wanted }) };
  const isEmpty = Object.keys(labels).length === 0;
  return { ...namespace, metadata: isEmpty ? metadata : { ...metadata, labels } };
}

export function newNamespace(name: string, mode: LookupMode): JsonObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { [lookupLabel]: mode } } };
}
