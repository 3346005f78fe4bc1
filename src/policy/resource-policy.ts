import type {
  ExecutionRuleConfig,
  GroupResource,
  ImagePolicyConfig,
  ResolutionRuleConfig,
  ResolvePolicy,
} from './image-policy.ts';

/** The image policy as it applies to one resource, all defaults in place. */
export interface ResourcePolicy {
  /** False: requests for the resource are not looked at, whatever `resolveImages` says. */
  readonly covered: boolean;
  /** References are resolved, so that rules can judge what they stand for. */
  readonly attempts: boolean;
  /** What cannot be resolved is refused. */
  readonly required: boolean;
  /** Rewrites what short names (and the annotation) resolved to. */
  readonly rewritesLocalNames: boolean;
  /** Rewrites whatever resolved. */
  readonly rewritesAll: boolean;
  readonly executionRules: readonly ExecutionRuleConfig[];
}

const builtInResources: readonly GroupResource[] = [
  ...['pods', 'replicationcontrollers'].map((resource) => ({ group: '', resource })),
  ...['daemonsets', 'deployments', 'statefulsets', 'replicasets'].map((resource) => ({
    group: 'apps',
    resource,
  })),
  ...['jobs', 'cronjobs'].map((resource) => ({ group: 'batch', resource })),
  { group: 'apps.openshift.io', resource: 'deploymentconfigs' },
  { group: 'build.openshift.io', resource: 'builds' },
  ...['daemonsets', 'deployments', 'replicasets'].map((resource) => ({ group: 'extensions', resource })),
];

/**
 * Makes a policy document ready to be asked per resource; answers are remembered, since the set of resources is small.
 * Source: spec openshift-admission.md 1.2 (the four levels), 1.3 (built-in rules), 1.4 (defaulting).
 */
export function imagePolicy(config: ImagePolicyConfig): (resource: GroupResource) => ResourcePolicy {
  const known = new Map<string, ResourcePolicy>();
  return ({ group, resource }) => {
    const key = `${group}/${resource}`;
    const policy = known.get(key) ?? resourcePolicy(config, { group, resource });
    known.set(key, policy);
    return policy;
  };
}

function resourcePolicy(config: ImagePolicyConfig, target: GroupResource): ResourcePolicy {
  const resolveImages = config.resolveImages ?? 'Attempt';
  const rules = resolutionRules(config, resolveImages).filter(({ targetResource }) =>
    covers(targetResource, target),
  );
  const executionRules = (config.executionRules ?? []).filter((rule) =>
    executionTargets(rule).some(
      ({ group = '', resource }) => group === target.group && resource === target.resource,
    ),
  );
  return {
    covered: rules.length > 0 || executionRules.length > 0,
    attempts: resolveImages !== 'DoNotAttempt' || rules.length > 0,
    required: resolveImages === 'Required' || resolveImages === 'RequiredRewrite',
    rewritesLocalNames: rules.some(({ localNames }) => localNames === true),
    rewritesAll: rules.length > 0 ? rules.some(({ policy }) => rewrites(policy)) : rewrites(resolveImages),
    executionRules,
  };
}

function resolutionRules(
  config: ImagePolicyConfig,
  resolveImages: ResolvePolicy,
): readonly ResolutionRuleConfig[] {
  if (config.resolutionRules !== undefined) {
    return config.resolutionRules.map((rule) => ({ ...rule, policy: rule.policy ?? resolveImages }));
  }
  return builtInResources.map((targetResource) => {
    const judged = (config.executionRules ?? []).some((rule) =>
      executionTargets(rule).some((target) => covers(target, targetResource)),
    );
    return { targetResource, localNames: true, policy: judged ? resolveImages : 'DoNotAttempt' };
  });
}

function executionTargets({
  onResources = [],
}: ExecutionRuleConfig): readonly ResolutionRuleConfig['targetResource'][] {
  return onResources.length > 0 ? onResources : [{ group: '', resource: 'pods' }];
}

/** `*` stands for every resource of the group; the group itself has no wildcard. */
function covers(pattern: ResolutionRuleConfig['targetResource'], target: GroupResource): boolean {
  const { group = '', resource } = pattern;
  return group === target.group && (resource === '*' || resource === target.resource);
}

function rewrites(policy: ResolvePolicy | undefined): boolean {
  return policy === 'RequiredRewrite' || policy === 'AttemptRewrite';
}
