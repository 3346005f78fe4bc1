import { expect, test } from '@jest/globals';
import { podSecretsSwitchedOn } from '../../src/credentials/pod-secrets-switch.ts';

test.each([
  [undefined, false],
  ['', false],
  ['false', false],
  ['true', true],
])('PINSTREAM_POD_PULL_SECRETS=%s is %s', (value, on) => {
  expect(podSecretsSwitchedOn({ PINSTREAM_POD_PULL_SECRETS: value })).toBe(on);
});

test('what says neither is refused', () => {
  expect(() => podSecretsSwitchedOn({ PINSTREAM_POD_PULL_SECRETS: 'yes' })).toThrow(
    'PINSTREAM_POD_PULL_SECRETS: write true or false (absent: false), not "yes"',
  );
});
