import type { LabelSelector } from './label-selector.ts';

/**
 * `image.openshift.io/v1` ImagePolicyConfig: whether images are resolved, rewritten, refused
 * (spec openshift-admission.md 1; vectors of section G).
 */
export interface ImagePolicyConfig {
  readonly resolveImages?: ResolvePolicy;
  /** Absent: the built-in rules. An explicit empty list stays empty. */
  readonly resolutionRules?: readonly ResolutionRuleConfig[];
  readonly executionRules?: readonly ExecutionRuleConfig[];
}

export const resolvePolicies = [
  'Required',
  'RequiredRewrite',
  'Attempt',
  'AttemptRewrite',
  'DoNotAttempt',
] as const;
export type ResolvePolicy = (typeof resolvePolicies)[number];

export interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

export interface ResolutionRuleConfig {
  readonly policy?: ResolvePolicy;
  readonly targetResource: { readonly group?: string; readonly resource: string };
  readonly localNames?: boolean;
}

export interface ExecutionRuleConfig {
  readonly name: string;
  readonly reject?: boolean;
  /** Absent or empty: pods. */
  readonly onResources?: readonly { readonly group?: string; readonly resource: string }[];
  readonly ignoreNamespaceOverride?: boolean;
  readonly skipOnResolutionFailure?: boolean;
  readonly invertMatch?: boolean;
  readonly matchIntegratedRegistry?: boolean;
  readonly matchRegistries?: readonly string[];
  readonly matchDockerImageLabels?: readonly ValueCondition[];
  readonly matchImageLabels?: readonly LabelSelector[];
  readonly matchImageAnnotations?: readonly ValueCondition[];
}

/** The key is set (`set: true`), or has the value; an absent key equals the empty value. */
export interface ValueCondition {
  readonly key: string;
  readonly set?: boolean;
  readonly value?: string;
}
