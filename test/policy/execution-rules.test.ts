import { describe, expect, test } from '@jest/globals';
import { ignoredRuleNames, judgeExecution, type JudgedImage } from '../../src/policy/execution-rules.ts';
import type { ExecutionRuleConfig } from '../../src/policy/image-policy.ts';

const labelled: JudgedImage = {
  registry: 'quay.example.com',
  integrated: false,
  image: { labels: { tier: 'gold' }, annotations: { stage: '' }, dockerLabels: { vendor: 'acme' } },
};
const unresolved: JudgedImage = { registry: 'quay.example.com', integrated: false };
const { image: _image, ...withoutImage } = labelled;
const unreadable: JudgedImage = {
  ...withoutImage,
  image: { labels: {}, annotations: {}, dockerLabels: 'unreadable' },
};
const withoutMetadata: JudgedImage = { ...withoutImage, image: { labels: {}, annotations: {} } };

describe('a reject rule refuses what its conditions hold for', () => {
  test.each<[string, Partial<ExecutionRuleConfig>, JudgedImage, boolean]>([
    ['no condition: everything', {}, labelled, true],
    ['the registry is listed', { matchRegistries: ['quay.example.com'] }, labelled, true],
    ['the registry is not listed', { matchRegistries: ['quay.example.com:443'] }, labelled, false],
    ['it is not integrated', { matchIntegratedRegistry: true }, labelled, false],
    ['it is integrated', { matchIntegratedRegistry: true }, { ...labelled, integrated: true }, true],
    ['a label has the value', { matchImageLabels: [{ matchLabels: { tier: 'gold' } }] }, labelled, true],
    ['a label has another value', { matchImageLabels: [{ matchLabels: { tier: 'tin' } }] }, labelled, false],
    [
      'all selectors must hold',
      {
        matchImageLabels: [
          { matchLabels: { tier: 'gold' } },
          { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] },
        ],
      },
      labelled,
      false,
    ],
    ['an annotation is set', { matchImageAnnotations: [{ key: 'stage', set: true }] }, labelled, true],
    ['an annotation is not set', { matchImageAnnotations: [{ key: 'other', set: true }] }, labelled, false],
    [
      'an absent annotation equals the empty value',
      { matchImageAnnotations: [{ key: 'other' }] },
      labelled,
      true,
    ],
    [
      'a label of the image configuration',
      { matchDockerImageLabels: [{ key: 'vendor', value: 'acme' }] },
      labelled,
      true,
    ],
    [
      'the image configuration is unknown',
      { matchDockerImageLabels: [{ key: 'vendor', value: '' }] },
      withoutMetadata,
      false,
    ],
    [
      'the image configuration cannot be read',
      { matchDockerImageLabels: [{ key: 'vendor', value: 'acme' }] },
      unreadable,
      true,
    ],
    [
      'it cannot be read, and the rule skips what it cannot judge',
      { matchDockerImageLabels: [{ key: 'vendor', value: 'acme' }], skipOnResolutionFailure: true },
      unreadable,
      false,
    ],
    [
      'what needs no image data holds without it',
      { matchRegistries: ['quay.example.com'] },
      unresolved,
      true,
    ],
    ['what needs image data does not', { matchImageLabels: [{}] }, unresolved, false],
    [
      'inverted: the other way round',
      { invertMatch: true, matchRegistries: ['quay.example.com'] },
      labelled,
      false,
    ],
    ['unresolved images are skipped when it says so', { skipOnResolutionFailure: true }, unresolved, false],
    ['resolved ones are not', { skipOnResolutionFailure: true }, labelled, true],
  ])('%s', (_title, conditions, image, refused) => {
    const verdict = judgeExecution([{ name: 'rule', reject: true, ...conditions }], image, new Set());
    expect(verdict).toEqual(refused ? { accepted: false, rule: 'rule' } : { accepted: true });
  });
});

describe('among allow rules', () => {
  test.each<[string, ExecutionRuleConfig[], boolean]>([
    ['no rules: accepted', [], true],
    ['one that matches: accepted', [{ name: 'a' }], true],
    ['none that matches: refused', [{ name: 'a', matchRegistries: ['x'] }], false],
    ['one of two that matches: accepted', [{ name: 'a', matchRegistries: ['x'] }, { name: 'b' }], true],
    ['a reject rule wins, before', [{ name: 'no', reject: true }, { name: 'a' }], false],
    ['a reject rule wins, behind', [{ name: 'a' }, { name: 'no', reject: true }], false],
  ])('%s', (_title, rules, accepted) => {
    expect(judgeExecution(rules, labelled, new Set()).accepted).toBe(accepted);
  });
});

describe('a namespace leaves rules out by their names', () => {
  test.each<[string, string | undefined, Partial<ExecutionRuleConfig>, boolean]>([
    ['no annotation', undefined, {}, false],
    ['the name', 'no', {}, true],
    ['among others', 'other,no', {}, true],
    ['with a space, which is part of the name', 'other, no', {}, false],
    ['a rule that cannot be left out', 'no', { ignoreNamespaceOverride: true }, false],
  ])('%s', (_title, annotation, options, accepted) => {
    const rules = [{ name: 'no', reject: true, ...options }];
    expect(judgeExecution(rules, labelled, ignoredRuleNames(annotation)).accepted).toBe(accepted);
  });
});
