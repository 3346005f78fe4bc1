import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { KubeClient } from '../../src/kube/client.ts';
import { StatusError } from '../../src/kube/status-error.ts';
import { clusterAccess } from '../../src/webhook/cluster-access.ts';
import { dryRun, type DryRunPorts } from '../../src/webhook/dry-run.ts';
import { closedStream, digest, openStream } from '../support/objects.ts';
import { creation, deploymentOf, podOf } from '../support/reviews.ts';
import { startServer, type TestServer } from '../support/server.ts';

const refused = (): never => {
  throw new Error('it must not ask this');
};

/** An API server of which only a TokenReview is asked. */
const clientThat = (create: KubeClient['create']): KubeClient => ({
  create,
  get: refused,
  replace: refused,
  patch: refused,
  delete: refused,
  watch: refused,
});

describe('a dry run of a stranger', () => {
  const ports = (access: DryRunPorts['access']): DryRunPorts => ({
    access,
    undecided: () => undefined,
    notes: () => [],
    context: () => {
      throw new Error('it must not come so far');
    },
  });
  const ask = (access: DryRunPorts['access'], text: string, token: string | undefined = 'forged') =>
    dryRun({ text, namespace: 'shop', token, format: 'application/json' }, ports(access));
  const unread = ['[', '{{', 'a: *nothing', '\0', '['.repeat(100_000)];

  test.each(unread)('is refused before it is read: %#', async (text) => {
    const access = clusterAccess(clientThat(() => Promise.resolve({ status: { authenticated: false } })));
    expect(await ask(access, text)).toMatchObject({ code: 401 });
    const tokenless = clusterAccess(clientThat(refused));
    expect(
      await dryRun(
        { text, namespace: 'shop', token: undefined, format: 'application/json' },
        ports(tokenless),
      ),
    ).toMatchObject({
      code: 401,
    });
  });

  test('is not answered when nobody can say whose the token is', async () => {
    const failure = new StatusError({ code: 500, reason: 'InternalError', message: 'no', said: 'no' });
    const access = clusterAccess(clientThat(() => Promise.reject(failure)));
    await expect(ask(access, '{"kind": "Pod"}')).rejects.toBe(failure);
  });
});

describe('what anybody learns who reaches the webhook’s port, where no client authority is set', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({
      objects: [openStream('shop', 'open', ['v1']), closedStream('shop', 'closed', ['v1'])],
    });
  });
  afterAll(() => server.stop());
  const learnt = async (object: Parameters<typeof creation>[0]): Promise<string> =>
    JSON.stringify(await server.review('/mutate', creation(object, 'shop')));

  test('the digest of an open stream, of any namespace', async () => {
    expect(await learnt(podOf('open:v1'))).toContain(digest('1'));
  });

  test('nothing of a closed one by its name', async () => {
    expect(await learnt(podOf('closed:v1'))).not.toContain(digest('1'));
  });

  test('the digest of a closed one by a trigger', async () => {
    const fieldPath = 'spec.template.spec.containers[?(@.name=="c")].image';
    const from = { kind: 'ImageStreamTag', name: 'closed:v1' };
    const annotations = { 'image.openshift.io/triggers': JSON.stringify([{ from, fieldPath }]) };
    expect(await learnt(deploymentOf('x', { annotations }))).toContain(digest('1'));
  });

  test('not whether a namespace exists', async () => {
    const said = async (namespace: string) => {
      const { uid: _uid, ...answer } = await server.review(
        '/mutate',
        creation(podOf('absent:v1'), namespace),
      );
      return JSON.stringify(answer).replaceAll(namespace, 'NAMESPACE');
    };
    expect(await said('nowhere')).toBe(await said('elsewhere'));
  });
});
