import { describe, expect, test } from '@jest/globals';
import type { ImagePolicyConfig } from '../../src/policy/image-policy.ts';
import { imagePolicy, type ResourcePolicy } from '../../src/policy/resource-policy.ts';

const pods = { group: '', resource: 'pods' };
const deployments = { group: 'apps', resource: 'deployments' };
const nodes = { group: '', resource: 'nodes' };
const anything = { name: 'anything' };

describe('the image policy of a resource', () => {
  test.each<[string, ImagePolicyConfig, { group: string; resource: string }, Partial<ResourcePolicy>]>([
    [
      'defaults: local names of workloads',
      {},
      deployments,
      { covered: true, rewritesLocalNames: true, rewritesAll: false, required: false },
    ],
    ['defaults: nothing else is looked at', {}, nodes, { covered: false }],
    [
      'a global rewrite policy does not reach built-in rules',
      { resolveImages: 'RequiredRewrite' },
      deployments,
      { required: true, rewritesAll: false },
    ],
    [
      'unless an execution rule names the resource',
      { resolveImages: 'RequiredRewrite', executionRules: [anything] },
      pods,
      { rewritesAll: true },
    ],
    [
      'but only that resource',
      { resolveImages: 'RequiredRewrite', executionRules: [anything] },
      deployments,
      { rewritesAll: false },
    ],
    [
      'where a wildcard of the group counts',
      {
        resolveImages: 'AttemptRewrite',
        executionRules: [{ name: 'a', onResources: [{ group: 'apps', resource: '*' }] }],
      },
      deployments,
      { rewritesAll: true, executionRules: [] },
    ],
    [
      'an execution rule covers a resource that no resolution rule does',
      { executionRules: [{ name: 'n', onResources: [nodes] }] },
      nodes,
      { covered: true, rewritesLocalNames: false },
    ],
    ['an empty list of rules covers nothing', { resolutionRules: [] }, deployments, { covered: false }],
    [
      'a rule without a policy takes the global one',
      { resolveImages: 'AttemptRewrite', resolutionRules: [{ targetResource: deployments }] },
      deployments,
      { rewritesAll: true, rewritesLocalNames: false },
    ],
    [
      'a rule with a policy shadows the global one',
      {
        resolveImages: 'RequiredRewrite',
        resolutionRules: [{ targetResource: deployments, policy: 'DoNotAttempt' }],
      },
      deployments,
      { rewritesAll: false, required: true },
    ],
    [
      'one of several covering rules is enough',
      {
        resolutionRules: [
          { targetResource: { group: 'apps', resource: '*' } },
          { targetResource: deployments, localNames: true },
        ],
      },
      deployments,
      { rewritesLocalNames: true },
    ],
    [
      'a wildcard stays in its group',
      { resolutionRules: [{ targetResource: { group: 'apps', resource: '*' } }] },
      pods,
      { covered: false },
    ],
    [
      'DoNotAttempt with a covering rule resolves all the same',
      { resolveImages: 'DoNotAttempt', resolutionRules: [{ targetResource: pods, localNames: true }] },
      pods,
      { attempts: true, rewritesLocalNames: true },
    ],
    [
      'DoNotAttempt without one does not',
      { resolveImages: 'DoNotAttempt', resolutionRules: [], executionRules: [anything] },
      pods,
      { covered: true, attempts: false },
    ],
  ])('%s', (_title, config, resource, expected) => {
    expect(imagePolicy(config)(resource)).toMatchObject(expected);
  });
});
