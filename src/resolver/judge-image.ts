import type { LocalRegistry } from '../imagestream/local-registry.ts';
import { judgeExecution, type JudgedImage } from '../policy/execution-rules.ts';
import { judgeRegistry, restrictsRegistries, type RegistrySources } from '../policy/registry-rules.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import { parseReference } from '../reference/parse.ts';
import type { Finding, Unresolved } from './finding.ts';
import type { Reason } from './reason.ts';
import type { Resolution } from './resolution.ts';
import { shown } from './wording.ts';

/** Everything that judges a finding: the same whether memory answered or a registry was asked. */
export interface ImageRules {
  readonly policy: ResourcePolicy;
  /** Execution rules that the Namespace switches off. */
  readonly ignoredRules: ReadonlySet<string>;
  readonly registrySources: RegistrySources;
  readonly internalRegistryHostname: string;
  /** Caches that stand in for registries under reference policy `Local`. */
  readonly localRegistry: LocalRegistry;
  /** `deny` refuses a tag that an open stream does not have. */
  readonly missingTag: 'upstream' | 'deny';
  /** `deny` refuses an image that no registry could be asked about; absent: it is left alone. */
  readonly fallbackOnFailure?: 'leave' | 'deny';
  /** Why nothing may be rewritten here. Rules judge all the same, or a tenant could annotate past a denial. */
  readonly frozen?: { readonly reason?: Reason; readonly message: string };
}

/**
 * From what was found to what happens: rewrite by policy, then the registry rules on what would be pulled, then what is
 * required, then the execution rules. Source: design section 4, steps 6 and 7; spec openshift-admission.md 1.2, 4, 6.
 */
export function judgeImage(image: string, finding: Finding, rules: ImageRules): Resolution {
  const admitted = admit(image, finding, rules);
  return (
    refusedTag(image, finding, rules) ??
    refusedFallback(image, finding, rules) ??
    refusedRegistry(admitted, rules) ??
    refusedUnresolved(image, finding, rules) ??
    refusedExecution(image, finding, rules) ??
    admitted
  );
}

type Refusal = Extract<Resolution, { outcome: 'denied' }>;

/** What happens to the image if no rule refuses it. */
function admit(image: string, finding: Finding, { policy, frozen }: ImageRules): Resolution {
  const decided = { from: image, ...explained(finding, frozen) };
  if (finding.kind === 'unresolved' || frozen !== undefined) return { outcome: 'unchanged', ...decided };
  const to = finding.pullSpec;
  if (to === image) return { outcome: 'unchanged', ...decided };
  if (policy.rewritesAll || (finding.local && policy.rewritesLocalNames)) {
    return { outcome: 'rewritten', ...decided, to };
  }
  const message = `${finding.message}; the image policy does not rewrite it`;
  return { outcome: 'unchanged', ...decided, message };
}

/** A frozen image says why it is frozen; then there is nothing to warn about. */
function explained({ reason, message, source, warning }: Finding, frozen: ImageRules['frozen']) {
  const evidence = source === undefined ? {} : { source };
  if (frozen?.reason !== undefined) return { reason: frozen.reason, message: frozen.message, ...evidence };
  return { reason, message, ...evidence, ...(warning === undefined ? {} : { warning }) };
}

function refusedTag(image: string, finding: Finding, { missingTag }: ImageRules): Refusal | undefined {
  const missing = finding.reason === 'NotTagged' || finding.reason === 'ImageStreamTagMissing';
  if (missingTag !== 'deny' || !missing) return undefined;
  return refusal(image, 'NotTagged', finding.message, finding);
}

function refusedFallback(
  image: string,
  finding: Finding,
  { fallbackOnFailure }: ImageRules,
): Refusal | undefined {
  if (fallbackOnFailure !== 'deny' || finding.reason !== 'FallbackFailed') return undefined;
  return refusal(image, finding.reason, finding.message, finding);
}

function refusedRegistry(admitted: Resolution, rules: ImageRules): Refusal | undefined {
  const { registrySources, internalRegistryHostname } = rules;
  if (!restrictsRegistries(registrySources)) return undefined;
  const parsed = parseReference(admitted.outcome === 'rewritten' ? admitted.to : admitted.from);
  if (!parsed.ok) return undefined;
  const verdict = judgeRegistry(parsed.reference, registrySources, internalRegistryHostname);
  if (verdict.allowed) return undefined;
  const message =
    verdict.reason === 'RegistryBlocked'
      ? `${verdict.repository} is blocked by the registry rule "${verdict.rule}"`
      : `${verdict.repository} is in none of the allowed registries (${listed(registrySources.allowedRegistries)})`;
  const { source } = admitted;
  return {
    outcome: 'denied',
    from: admitted.from,
    reason: verdict.reason,
    message,
    ...(source && { source }),
  };
}

function refusedUnresolved(image: string, finding: Finding, { policy }: ImageRules): Refusal | undefined {
  if (finding.kind !== 'unresolved' || !policy.required) return undefined;
  const message = `the image policy requires an exact image: ${finding.message}`;
  return { ...refusal(image, 'ResolutionRequired', message, finding), resolutionError: finding.message };
}

function refusedExecution(image: string, finding: Finding, rules: ImageRules): Refusal | undefined {
  const { executionRules } = rules.policy;
  if (executionRules.length === 0) return undefined;
  const verdict = judgeExecution(executionRules, judged(finding, rules), rules.ignoredRules);
  if (verdict.accepted) return undefined;
  const message =
    verdict.rule === undefined
      ? `no execution rule allows "${shown(image)}"`
      : `execution rule "${verdict.rule}" refuses "${shown(image)}"`;
  const refused = refusal(image, 'ExecutionRule', message, finding);
  return finding.kind === 'resolved' ? refused : { ...refused, resolutionError: finding.message };
}

/** The image as execution rules see it. The internal registry's host counts too, unlike upstream (vector H23). */
function judged(finding: Finding, { internalRegistryHostname }: ImageRules): JudgedImage {
  const registry = finding.reference?.registry ?? '';
  const internal = registry !== '' && registry === internalRegistryHostname;
  if (finding.kind === 'unresolved') return { registry, integrated: internal };
  const { integrated, image } = finding;
  return { registry, integrated: integrated || internal, ...(image === undefined ? {} : { image }) };
}

function refusal(image: string, reason: Reason, message: string, { source }: Finding): Refusal {
  return { outcome: 'denied', from: image, reason, message, ...(source === undefined ? {} : { source }) };
}

/** The finding for a resource whose references the policy does not resolve: rules judge the name alone. */
export function notAttempted(image: string): Unresolved {
  const parsed = parseReference(image);
  const message = 'the image policy does not resolve images of this resource';
  return {
    kind: 'unresolved',
    reason: 'NotCovered',
    message,
    ...(parsed.ok ? { reference: parsed.reference } : {}),
  };
}

function listed(entries: readonly string[]): string {
  const more = entries.length > 5 ? `, +${entries.length - 5} more` : '';
  return entries.slice(0, 5).join(', ') + more;
}
