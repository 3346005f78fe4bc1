import { describe, expect, test } from '@jest/globals';
import {
  blockedRegistry,
  registryFailure,
  retryAfter,
  type ImportFailure,
} from '../../src/importer/failure-condition.ts';
import type { RegistryFailure, RegistryFailureKind } from '../../src/oci/failure.ts';
import { vectorGroup } from '../support/vectors.ts';

interface ErrorVector {
  readonly id: string;
  readonly reference: string;
  readonly input: {
    readonly manifestGet?: { readonly status: number; readonly errors: readonly string[] };
    readonly transportErrorEndsWith?: string;
    readonly registryBlocked?: true;
  };
  readonly expect: {
    readonly reason: string;
    readonly message?: string;
    readonly messagePrefix?: string;
    readonly messageContains?: string;
  };
}

const failureOf = (kind: RegistryFailureKind, more: object = {}): RegistryFailure => {
  const place = { registry: 'reg.acme.test', repository: 'crew/web', detail: 'the detail' };
  return { status: 500, retryAfterMs: 0, ...place, kind, ...more };
};

/** What the registry client makes of upstream's answers; its own tests show that. */
const kinds: Readonly<Record<string, RegistryFailureKind>> = {
  MANIFEST_UNKNOWN: 'notFound',
  NAME_UNKNOWN: 'notFound',
  UNAUTHORIZED: 'unauthorized',
  DENIED: 'denied',
  TOOMANYREQUESTS: 'rateLimited',
  'no basic auth credentials': 'unauthorized',
  'incorrect username or password': 'wrongCredential',
};

function conditionOf({ reference, input }: ErrorVector): ImportFailure {
  if (input.registryBlocked === true) return blockedRegistry('reg.acme.test');
  const kind = kinds[input.manifestGet?.errors[0] ?? input.transportErrorEndsWith ?? ''];
  if (kind === undefined) throw new Error('a vector of another shape');
  return registryFailure(failureOf(kind), reference);
}

/** Upstream calls these internal errors: here they have a reason that says who can act. */
const deviations: Readonly<Record<string, ErrorVector['expect']>> = {
  // Whoever runs the registry grants access; another try changes nothing.
  'err-05': { reason: 'Forbidden', messagePrefix: 'reg.acme.test/crew/web:v1: ' },
  // Nobody has to act: it passes.
  'err-06': { reason: 'TooManyRequests', messagePrefix: 'reg.acme.test/crew/web:v1: ' },
  // Whoever wrote the tag: the name is wrong, as with a tag that is not there.
  'err-07': {
    reason: 'NotFound',
    message: 'dockerimage.image.openshift.io "reg.acme.test/crew/web:v1" not found',
  },
};

const vectors = vectorGroup<ErrorVector>('importErrorMapping');

describe('why an import failed', () => {
  test.each(vectors)('%s', (id, vector) => {
    const { reason, message } = conditionOf(vector);
    const expected = deviations[id] ?? vector.expect;
    expect(reason).toBe(expected.reason);
    if (expected.message !== undefined) expect(message).toBe(expected.message);
    expect(message.startsWith(expected.messagePrefix ?? '')).toBe(true);
    expect(message).toContain(expected.messageContains ?? '');
  });

  test.each(Object.entries(deviations))('%s departs from upstream: %o', (id, deviation) => {
    const [, vector] = vectors.find(([candidate]) => candidate === id) ?? [];
    expect(vector?.expect.reason).toBe('InternalError');
    expect(deviation.reason).not.toBe('InternalError');
  });

  test.each<[RegistryFailureKind, string]>([
    ['paused', 'ServiceUnavailable'],
    ['unreachable', 'ServiceUnavailable'],
    ['serverError', 'ServiceUnavailable'],
    ['timeout', 'Timeout'],
    ['tls', 'InternalError'],
    ['plainHttp', 'InternalError'],
    ['notARegistry', 'InternalError'],
    ['unsupported', 'InternalError'],
    ['integrity', 'InternalError'],
    ['tooLarge', 'InternalError'],
    ['malformed', 'InternalError'],
    ['redirect', 'InternalError'],
  ])('%s is %s, with what the registry said', (kind, reason) => {
    const failure = registryFailure(failureOf(kind), 'web:v1');
    expect(failure.reason).toBe(reason);
    expect(failure.message).toMatch(/(^|: )web:v1: .*the detail/);
  });

  test.each<RegistryFailureKind>(['unauthorized', 'wrongCredential', 'denied'])(
    '%s names the credential that was shown, where one was',
    (kind) => {
      const { message } = registryFailure(failureOf(kind, { credential: 'secret "regcred"' }), 'web:v1');
      expect(message).toContain('secret "regcred" was shown');
      expect(registryFailure(failureOf(kind), 'web:v1').message).not.toContain('regcred');
    },
  );

  test.each<RegistryFailureKind>(['rateLimited', 'serverError', 'paused'])(
    '%s is said in the same words, whenever it is worth another try',
    (kind) => {
      const said = [1000, 60_000].map((retryAfterMs) =>
        registryFailure(failureOf(kind, { retryAfterMs }), 'web:v1'),
      );
      expect(said[0]).toEqual(said[1]);
    },
  );

  test.each<[RegistryFailureKind, object, object]>([
    ['timeout', {}, { initialMs: 10_000, maxMs: 600_000 }],
    ['unreachable', {}, { initialMs: 10_000, maxMs: 600_000 }],
    ['notFound', {}, { initialMs: 30_000, maxMs: 1_800_000 }],
    ['wrongCredential', {}, { initialMs: 30_000, maxMs: 1_800_000 }],
    ['rateLimited', { retryAfterMs: 77_000 }, { initialMs: 10_000, maxMs: 600_000, notBeforeMs: 77_000 }],
    ['rateLimited', { retryAfterMs: undefined }, { initialMs: 10_000, maxMs: 600_000 }],
    ['paused', { retryAfterMs: 5000 }, { initialMs: 10_000, maxMs: 600_000, notBeforeMs: 5000 }],
  ])('%s %o is tried again after %o', (kind, more, retry) => {
    expect(retryAfter(failureOf(kind, more))).toEqual(retry);
  });
});
