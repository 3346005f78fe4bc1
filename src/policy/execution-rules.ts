import type { ExecutionRuleConfig, ValueCondition } from './image-policy.ts';
import { matchesLabels } from './label-selector.ts';

/** An image as execution rules see it: after resolution where that succeeded, by its parsed name otherwise. */
export interface JudgedImage {
  readonly registry: string;
  /** It came from an image stream tag, or lies in the internal registry. */
  readonly integrated: boolean;
  /** What is known of the image itself; absent for what could not be resolved to an exact image. */
  readonly image?: {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
    readonly dockerLabels?: Readonly<Record<string, string>> | 'unreadable';
  };
}

export type Verdict =
  | { readonly accepted: true }
  /** `rule` is absent when no allow rule matched. */
  | { readonly accepted: false; readonly rule?: string };

/**
 * Judges one image by the rules of its resource: a matching reject rule refuses at once; with at least one allow rule
 * among them, what none allows is refused. Source: spec openshift-admission.md 6; vectors of section H.
 *
 * @param ignoredRules names from the Namespace's ignore-rules annotation
 */
export function judgeExecution(
  rules: readonly ExecutionRuleConfig[],
  image: JudgedImage,
  ignoredRules: ReadonlySet<string>,
): Verdict {
  let accepted = rules.every(({ reject }) => reject === true);
  for (const rule of rules) {
    if (ignoredRules.has(rule.name) && rule.ignoreNamespaceOverride !== true) continue;
    if (image.image === undefined && rule.skipOnResolutionFailure === true) continue;
    if (!conditionHolds(rule, image)) continue;
    if (rule.reject === true) return { accepted: false, rule: rule.name };
    accepted = true;
  }
  return { accepted };
}

/** The names in a Namespace's ignore-rules annotation: split at commas, nothing trimmed (vectors H09, H10). */
export function ignoredRuleNames(annotation: string | undefined): ReadonlySet<string> {
  return new Set(annotation === undefined ? [] : annotation.split(','));
}

function conditionHolds(rule: ExecutionRuleConfig, image: JudgedImage): boolean {
  return testsHold(rule, image) !== (rule.invertMatch === true);
}

function testsHold(rule: ExecutionRuleConfig, { registry, integrated, image }: JudgedImage): boolean {
  const { matchRegistries = [] } = rule;
  if (rule.matchIntegratedRegistry === true && !integrated) return false;
  if (matchRegistries.length > 0 && !matchRegistries.includes(registry)) return false;
  if (image === undefined) return !needsImage(rule);
  const { matchImageLabels = [], matchImageAnnotations = [] } = rule;
  const { labels, annotations, dockerLabels } = image;
  return (
    dockerLabelsHold(rule, dockerLabels) &&
    matchImageAnnotations.every((condition) => valueHolds(condition, annotations)) &&
    matchImageLabels.every((selector) => matchesLabels(selector, labels))
  );
}

/** Metadata that cannot be read counts as a match, unless the rule skips what it cannot judge; none at all does not. */
function dockerLabelsHold(
  { matchDockerImageLabels = [], skipOnResolutionFailure }: ExecutionRuleConfig,
  labels: NonNullable<JudgedImage['image']>['dockerLabels'],
): boolean {
  if (matchDockerImageLabels.length === 0) return true;
  if (labels === 'unreadable') return skipOnResolutionFailure !== true;
  return labels !== undefined && matchDockerImageLabels.every((condition) => valueHolds(condition, labels));
}

/** Whether a rule asks something that only the image's own data can answer. */
function needsImage(rule: ExecutionRuleConfig): boolean {
  return [rule.matchDockerImageLabels, rule.matchImageLabels, rule.matchImageAnnotations].some(
    (conditions) => conditions !== undefined && conditions.length > 0,
  );
}

function valueHolds(
  { key, set, value = '' }: ValueCondition,
  values: Readonly<Record<string, string>>,
): boolean {
  return set === true ? Object.hasOwn(values, key) : (values[key] ?? '') === value;
}
