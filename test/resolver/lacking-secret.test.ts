import { describe, expect, test } from '@jest/globals';
import { lacksSecret } from '../../src/resolver/lacking-secret.ts';

const config = 'registry config /etc/pinstream-registry/config.json';

describe('a Pod lacks the credential of its image', () => {
  test.each<[string, string, readonly string[], string]>([
    [
      'when it names other secrets',
      'secret "regcred"',
      ['other'],
      'pulling needs secret "regcred", which the Pod does not name',
    ],
    [
      'when it names none, and no service account does',
      'secret "regcred"',
      [],
      'pulling needs secret "regcred", which the Pod does not name',
    ],
    [
      'when its own secrets keep out those of its service account',
      'secret "regcred" of service account default',
      ['other'],
      'pulling needs secret "regcred"; the Pod\'s own imagePullSecrets come instead',
    ],
    [
      'when the server has it and the Pod has none at all',
      config,
      [],
      'pulling needs a credential, and the Pod names no pull secret: its node must have one',
    ],
    [
      'when a credential helper of the server has it',
      `${config} (docker-credential-ecr-login)`,
      [],
      'pulling needs a credential, and the Pod names no pull secret: its node must have one',
    ],
  ])('%s', (_title, label, names, warning) => {
    expect(lacksSecret(label, names)).toBe(warning);
  });
});

describe('nothing is said', () => {
  test.each<[string, string, readonly string[]]>([
    ['of a secret that the Pod names', 'secret "regcred"', ['other', 'regcred']],
    ['of a secret that the Pod gets from its service account', 'secret "regcred" of service account web', []],
    ['of one that Pod and service account name', 'secret "regcred" of service account web', ['regcred']],
    ['of the server’s own where a secret of the Pod may hold the same', config, ['regcred']],
  ])('%s', (_title, label, names) => {
    expect(lacksSecret(label, names)).toBeUndefined();
  });
});

test.each(['secret "NAME"', 'secret "NAME" of service account default'])(
  'the warning on %s fits a line however long the name is',
  (label) => {
    const warning = lacksSecret(label.replace('NAME', 'x'.repeat(253)), ['other']) ?? '';
    expect(warning).toContain(`${'x'.repeat(31)}…`);
    expect(warning.length).toBeLessThanOrEqual(100);
  },
);
