import { describe, expect, test } from '@jest/globals';
import { guardedPatch } from '../../src/kube/guarded-patch.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { StatusError } from '../../src/kube/status-error.ts';
import { TransportError } from '../../src/kube/transport-error.ts';

const path = '/apis/apps/v1/namespaces/shop/deployments/web';
const withoutRight =
  'deployments.apps "web" is forbidden: User "x" cannot patch resource "deployments" in API group "apps" in the namespace "shop"';
const refusal = (code: number, said = 'no') => new StatusError({ code, reason: '', message: said });

function clientThat(answers: () => Promise<unknown>): KubeClient {
  return { patch: answers } as unknown as KubeClient;
}

describe('a patch that', () => {
  test.each<[string, Error, string]>([
    ['meets a newer version is a conflict', refusal(409), 'conflict'],
    ['meets nothing has nothing to do', refusal(404), 'gone'],
    ['is not valid is refused', refusal(422), 'refused'],
    ['a policy denies is refused', refusal(403, 'admission webhook "x" denied the request: no'), 'refused'],
    ['a quota denies is refused', refusal(403, 'exceeded quota: pods'), 'refused'],
    [
      'we may not make has failed: rights may be granted, or not be loaded yet',
      refusal(403, withoutRight),
      'failed',
    ],
    ['comes from nobody has failed', refusal(401), 'failed'],
    ['comes too often has failed', refusal(429), 'failed'],
    ['meets a server in trouble has failed', refusal(503), 'failed'],
    ['gets no answer has failed', new TransportError('io', 'refused'), 'failed'],
  ])('%s', async (_title, error, kind) => {
    const outcome = await guardedPatch(
      clientThat(() => Promise.reject(error)),
      path,
      {},
    );
    expect(outcome.kind).toBe(kind);
  });

  test('succeeds gives the object', async () => {
    const object = { metadata: { name: 'web' } };
    const outcome = await guardedPatch(
      clientThat(() => Promise.resolve(object)),
      path,
      {},
    );
    expect(outcome).toEqual({ kind: 'written', object });
  });

  test('meets a bug throws', async () => {
    const bug = new TypeError('x is undefined');
    await expect(
      guardedPatch(
        clientThat(() => Promise.reject(bug)),
        path,
        {},
      ),
    ).rejects.toBe(bug);
  });
});
