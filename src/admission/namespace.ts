import type { LookupMode } from '../resolver/question.ts';

/** What is read of a Namespace. */
export interface NamespaceFacts {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The question that admission asks of namespaces; undefined where the namespace is not known (yet). */
export interface NamespaceLookup {
  namespace(name: string): NamespaceFacts | undefined;
}

export const lookupLabel = 'pinstream.dev/image-lookup';
export const ignoreRulesAnnotation = 'alpha.image.policy.openshift.io/ignore-rules';
const runLevelLabel = 'openshift.io/run-level';

/**
 * Whether requests in a namespace are not looked at: by its name, or by run level 0 or 1. Unlike upstream this holds for
 * every kind (spec openshift-admission.md 5; vectors of section F).
 */
export function isExempt(
  name: string,
  facts: NamespaceFacts | undefined,
  exemptNamespaces: ReadonlySet<string>,
): boolean {
  const runLevel = facts?.labels[runLevelLabel];
  return exemptNamespaces.has(name) || runLevel === '0' || runLevel === '1';
}

/** The namespace's say on looking names up; what is not understood counts as the default. */
export function lookupMode(facts: NamespaceFacts | undefined): LookupMode {
  const value = facts?.labels[lookupLabel];
  return value === 'all' || value === 'fallback' || value === 'disabled' ? value : 'enabled';
}
