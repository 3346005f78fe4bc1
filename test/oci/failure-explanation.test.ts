import { expect, test } from '@jest/globals';
import type { RegistryFailure } from '../../src/oci/failure.ts';
import { failureExplanation } from '../../src/oci/failure-explanation.ts';

const place = { registry: 'quay.io', repository: 'team/app', detail: 'said so' };
const withCredential = { ...place, credential: 'secret "regcred"' };

test.each<[RegistryFailure, string]>([
  [
    { ...place, kind: 'unauthorized' },
    'quay.io wants a credential, and none was found for it (said so); add a pull secret for it to the namespace',
  ],
  [
    { ...withCredential, kind: 'wrongCredential' },
    'quay.io refused secret "regcred": wrong user name or password (said so); renew it with the user name and password or token that the registry knows',
  ],
  [
    { ...withCredential, kind: 'rateLimited', retryAfterMs: 90_000 },
    'too many requests to quay.io; secret "regcred" was shown (said so); it is tried again',
  ],
  [
    { ...place, kind: 'rateLimited', retryAfterMs: 600_000 },
    'too many requests to quay.io; no credential was shown (said so); a pull secret often has a higher limit; it is tried again',
  ],
  [
    { ...place, repository: '', detail: '', kind: 'paused', retryAfterMs: 1 },
    'quay.io failed several times in a row and is left alone for now; it is tried again',
  ],
  [
    { ...place, kind: 'unsupported', detail: 'it is an artifact' },
    'this kind of image cannot be imported (it is an artifact)',
  ],
])('%j', (failure, sentence) => {
  expect(failureExplanation(failure)).toBe(sentence);
});

test.each<[RegistryFailure['kind'], RegExp]>([
  ['notFound', /pull secret/],
  ['denied', /let this account read/],
  ['unreachable', /host name, the port and the network/],
  ['timeout', /in time/],
  ['tls', /--registry-certs/],
  ['plainHttp', /importPolicy\.insecure on the tag.*registrySources\.insecureRegistries/],
  ['notARegistry', /check the host name/],
  ['integrity', /other bytes/],
  ['tooLarge', /too large/],
  ['malformed', /cannot be read/],
  ['redirect', /redirects/],
  ['serverError', /HTTP status 502.*again/],
])('%s is one line with what, where and the way out', (kind, pattern) => {
  const failure = {
    ...withCredential,
    kind,
    status: 502,
    retryAfterMs: undefined,
  } as unknown as RegistryFailure;
  const sentence = failureExplanation(failure);
  expect(sentence).toMatch(pattern);
  expect(sentence).toMatch(/^[^\n]+\(said so\)/);
});
