import { describe, expect, test } from '@jest/globals';
import { ConfigurationError, parseConfiguration } from '../../src/config/parse.ts';

/** The problems of a text, in their order. */
function problemsOf(text: string): readonly string[] {
  try {
    parseConfiguration(text, 'config.yaml');
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

describe('a configuration that is left out is the default', () => {
  test.each([
    ['an empty file', ''],
    ['comments alone', '# nothing yet\n'],
    ['an empty object', '{}'],
    ['type and version alone', 'apiVersion: pinstream.dev/v1\nkind: Configuration\n'],
    ['keys with nothing behind them', 'imagePolicy:\nlookup:\nregistrySources:\n  allowedRegistries:\n'],
    ['every default written out', everyDefault()],
  ])('%s', (_title, text) => {
    const { apiVersion: _version, kind: _kind, ...configuration } = parseConfiguration(text, 'config.yaml');
    expect(configuration).toEqual({
      imagePolicy: {},
      registrySources: {
        allowedRegistries: [],
        blockedRegistries: [],
        insecureRegistries: [],
        containerRuntimeSearchRegistries: [],
      },
      allowedRegistriesForImport: [],
      internalRegistryHostname: '',
      lookup: {
        exemptNamespaces: [
          'default',
          'kube-system',
          'kube-public',
          'openshift',
          'openshift-infra',
          'openshift-node',
        ],
        missingTag: 'upstream',
        resolveAt: 'workloads',
        ownedPods: false,
        keepTag: false,
      },
      localRegistry: [],
      imageDigestMirrors: [],
      imageTagMirrors: [],
      fallback: {
        mode: 'pin',
        pinQualified: false,
        onFailure: 'leave',
        timeout: '3s',
        cache: { ttl: '60s', negativeTtl: '10s', maxStale: '24h', maxEntries: 10000 },
      },
      import: {
        scheduledInterval: '15m',
        mode: 'Legacy',
        platform: 'linux/amd64',
        perRegistryPerMinute: 60,
        historyLimit: 0,
        maxRepositoryTags: 50,
      },
      triggers: { gatherWindow: '1s', onInvalid: 'deny', changeCause: false },
    });
  });
});

describe('a mistake is named with its place and the way out', () => {
  test.each<[string, string, string]>([
    ['not YAML', 'lookup: [', 'config.yaml:1:10: Flow sequence'],
    ['a list', '- a', 'config.yaml:1:1: the document: Invalid input: expected object'],
    ['an unknown key', 'lookups: {}', 'config.yaml:1:1: lookups: unknown key'],
    ['an unknown key inside', 'lookup:\n  exempt: []', 'config.yaml:2:3: lookup.exempt: unknown key'],
    [
      'another version',
      'apiVersion: pinstream.dev/v2',
      'config.yaml:1:1: apiVersion: Invalid input: expected "pinstream.dev/v1"',
    ],
    ['another kind', 'kind: Config', 'config.yaml:1:1: kind: Invalid input: expected "Configuration"'],
    [
      'a word that is none of the choices',
      'lookup: {missingTag: refuse}',
      'config.yaml:1:10: lookup.missingTag: Invalid option: expected one of "upstream"|"deny"',
    ],
    [
      'a wrong type',
      'lookup: {ownedPods: "yes"}',
      'config.yaml:1:10: lookup.ownedPods: Invalid input: expected boolean, received string',
    ],
    [
      'an unknown answer to bad triggers',
      'triggers: {onInvalid: ignore}',
      'config.yaml:1:12: triggers.onInvalid: Invalid option: expected one of "deny"|"warn"',
    ],
    [
      'a gather window without a unit',
      'triggers: {gatherWindow: "5"}',
      'config.yaml:1:12: triggers.gatherWindow: write a duration of at least 0 s',
    ],
    [
      'an unknown policy',
      'imagePolicy: {resolveImages: Always}',
      'config.yaml:1:15: imagePolicy.resolveImages: Invalid option',
    ],
    [
      'a rule without a resource',
      'imagePolicy:\n  resolutionRules:\n    - {targetResource: {group: apps}}',
      'config.yaml:3:8: imagePolicy.resolutionRules[0].targetResource.resource: Invalid input',
    ],
    [
      'two rules of one name',
      'imagePolicy:\n  executionRules:\n    - name: a\n    - name: a',
      'config.yaml:4:7: imagePolicy.executionRules[1].name: the rule name "a" is used twice',
    ],
    [
      'a rule that needs images which are never looked up',
      'imagePolicy:\n  resolveImages: DoNotAttempt\n  executionRules:\n    - name: a\n      matchImageLabels: [{}]',
      'config.yaml:5:7: imagePolicy.executionRules[0].matchImageLabels: needs the image itself',
    ],
    [
      'a registry with a scheme',
      'registrySources: {blockedRegistries: ["https://quay.io"]}',
      'config.yaml:1:39: registrySources.blockedRegistries[0]: write host[:port][/path[:tag]]',
    ],
    [
      'a wildcard in the middle',
      'registrySources: {allowedRegistries: [quay.*]}',
      'config.yaml:1:39: registrySources.allowedRegistries[0]: write host',
    ],
    [
      'a host with a path',
      'internalRegistryHostname: registry/x',
      'config.yaml:1:1: internalRegistryHostname: write host or host:port',
    ],
    [
      'a registry for imports with two ports',
      'allowedRegistriesForImport: [{domainName: "a:b:c"}]',
      'config.yaml:1:31: allowedRegistriesForImport[0].domainName: failed to parse allowed registry "a:b:c": too many colons',
    ],
    [
      'an interval without a unit',
      'import: {scheduledInterval: "15"}',
      'config.yaml:1:10: import.scheduledInterval: write a duration of at least 1 s',
    ],
    [
      'an interval that no registry would forgive',
      'import: {scheduledInterval: 10ms}',
      'config.yaml:1:10: import.scheduledInterval: write a duration of at least 1 s',
    ],
    [
      'an unknown import mode',
      'import: {mode: Newest}',
      'config.yaml:1:10: import.mode: Invalid option: expected one of "Legacy"|"PreserveOriginal"',
    ],
    [
      'a platform the wrong way round',
      'import: {platform: amd64}',
      'config.yaml:1:10: import.platform: write os/architecture',
    ],
    [
      'a wildcard to look in',
      'registrySources: {containerRuntimeSearchRegistries: ["*.example"]}',
      'config.yaml:1:54: registrySources.containerRuntimeSearchRegistries[0]: write host[:port][/path]',
    ],
    [
      'a registry with a scheme to map to',
      'localRegistry: [{source: quay.io, target: "https://cache.example"}]',
      'config.yaml:1:35: localRegistry[0].target: write host[:port][/path]',
    ],
    [
      'an unknown way to fall back',
      'fallback: {mode: guess}',
      'config.yaml:1:12: fallback.mode: Invalid option: expected one of "pin"|"qualify"|"leave"',
    ],
    [
      'a patience that helps nobody',
      'fallback: {timeout: 1ms}',
      'config.yaml:1:12: fallback.timeout: write a duration of at least 0.1 s',
    ],
    [
      'a mirror set with an unknown policy',
      'imageTagMirrors: [{source: a.example, mirrors: [b.example], mirrorSourcePolicy: Sometimes}]',
      'config.yaml:1:61: imageTagMirrors[0].mirrorSourcePolicy: Invalid option',
    ],
    [
      'half a tag of history',
      'import: {historyLimit: 1.5}',
      'config.yaml:1:10: import.historyLimit: Invalid input: expected int',
    ],
  ])('%s', (_title, text, expected) => {
    expect(problemsOf(text)).toEqual([expect.stringContaining(expected)]);
  });

  test('all mistakes are told at once', () => {
    expect(problemsOf('a: 1\nb: 2\nlookup: {ownedPods: 1}')).toHaveLength(3);
  });

  test('the message lists them below the name of the file', () => {
    expect(() => parseConfiguration('a: 1', 'config.yaml')).toThrow(
      'the configuration config.yaml is not usable:\n  config.yaml:1:1: a: unknown key',
    );
  });
});

test.each([
  ['lookup: {resolveAt: pods}', 'lookup.resolveAt', '"workloads"'],
  ['lookup: {keepTag: true}', 'lookup.keepTag', 'false'],
])('%s is refused, since this version could only ignore it', (text, key, theDefault) => {
  expect(problemsOf(text)).toEqual([
    expect.stringContaining(`${key}: this version supports only the default, ${theDefault}`),
  ]);
});

function everyDefault(): string {
  return `
apiVersion: pinstream.dev/v1
kind: Configuration
imagePolicy: {}
registrySources: {allowedRegistries: [], blockedRegistries: [], insecureRegistries: [], containerRuntimeSearchRegistries: []}
allowedRegistriesForImport: []
internalRegistryHostname: ""
lookup: {exemptNamespaces: [default, kube-system, kube-public, openshift, openshift-infra, openshift-node], missingTag: upstream,
         resolveAt: workloads, ownedPods: false, keepTag: false}
localRegistry: []
fallback: {mode: pin, pinQualified: false, onFailure: leave, timeout: 3s, cache: {ttl: 60s, negativeTtl: 10s, maxStale: 24h, maxEntries: 10000}}
import: {scheduledInterval: 15m, mode: Legacy, perRegistryPerMinute: 60, historyLimit: 0}
triggers: {gatherWindow: 1s, onInvalid: deny, changeCause: false}
`;
}
