import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { clusterPodSecrets } from '../../src/credentials/cluster-pod-secrets.ts';
import type { PodScope } from '../../src/credentials/pod-scope.ts';
import { sendJson, startStubApiServer, type StubApiServer } from '../support/api-server.ts';
import { createStubClient } from '../support/stub-client.ts';

let server: StubApiServer;
let connection: ReturnType<typeof createStubClient>;
beforeEach(async () => {
  server = await startStubApiServer();
  connection = createStubClient(server.url);
});
afterEach(async () => {
  await connection.close();
  await server.stop();
});

const never = new AbortController().signal;
const base = '/api/v1/namespaces/demo';
const secret = (name: string) => ({ metadata: { name } });
const status = (code: number, message = 'no') => ({ kind: 'Status', code, message });
const account = (...names: readonly string[]) => ({ imagePullSecrets: names.map((name) => ({ name })) });

/** Answers by path below the namespace; what is not there is a 404. */
function serve(answers: Readonly<Record<string, object>>): void {
  server.answer((request, response) => {
    const body = answers[request.path.slice(base.length + 1)] ?? status(404);
    sendJson(response, 'code' in body ? Number(body.code) : 200, body);
    return true;
  });
}

const ask = (scope: Partial<PodScope> = {}) =>
  clusterPodSecrets(connection.client).secretsOf(
    { namespace: 'demo', serviceAccount: 'web', names: ['b', 'a'], ...scope },
    never,
  );
const paths = () => server.requests.map(({ path }) => path).sort();

const standard = {
  'secrets/a': secret('a'),
  'secrets/b': secret('b'),
  'secrets/c': secret('c'),
  'serviceaccounts/web': account('c', 'a'),
};

test('the Pod’s are read by name in its order, then the others of its service account; nothing else', async () => {
  serve(standard);
  await expect(ask()).resolves.toEqual({
    ofPod: [secret('b'), secret('a')],
    ofAccount: [secret('c')],
    problems: [],
    missing: [],
  });
  expect(paths()).toEqual([
    `${base}/secrets/a`,
    `${base}/secrets/b`,
    `${base}/secrets/c`,
    `${base}/serviceaccounts/web`,
  ]);
});

test('a Pod without secrets and without a known service account costs no request', async () => {
  serve(standard);
  await expect(ask({ names: [], serviceAccount: '' })).resolves.toMatchObject({ ofPod: [], ofAccount: [] });
  expect(paths()).toEqual([]);
});

test('names that no secret can have are not asked for', async () => {
  const bad = ['.', '..', '../other', 'a/../b', 'A', '', 'x'.repeat(254)];
  serve({ ...standard, 'serviceaccounts/web': account(...bad) });
  await expect(ask({ names: bad })).resolves.toMatchObject({ ofPod: [], ofAccount: [], missing: [] });
  expect(paths()).toEqual([`${base}/serviceaccounts/web`]);
});

test('a service account is asked for twenty at most', async () => {
  const names = Array.from({ length: 30 }, (_, index) => `s${index}`);
  serve({
    ...Object.fromEntries(names.map((name) => [`secrets/${name}`, secret(name)])),
    'serviceaccounts/web': account(...names),
  });
  const { ofAccount } = await ask({ names: [] });
  expect(ofAccount).toHaveLength(20);
  expect(paths()).toHaveLength(21);
});

test('what is missing is said, and the rest is given', async () => {
  serve({ 'secrets/a': secret('a'), 'serviceaccounts/web': account('c') });
  await expect(ask()).resolves.toEqual({
    ofPod: [secret('a')],
    ofAccount: [],
    problems: [],
    missing: [
      'the Pod names secret "b", which is missing in namespace demo',
      'service account web names secret "c", which is missing in namespace demo',
    ],
  });
});

test('a service account that is missing names nothing', async () => {
  serve({ ...standard, 'serviceaccounts/web': status(404) });
  await expect(ask()).resolves.toMatchObject({ ofAccount: [], problems: [], missing: [] });
});

describe('without the right', () => {
  const wayOut =
    'apply manifests with components/pull-secrets, or bind ClusterRole pinstream-webhook-pull-secrets there';

  test('to get secrets the way out is said once for all of them', async () => {
    serve({ ...standard, 'secrets/a': status(403), 'secrets/b': status(403) });
    await expect(ask()).resolves.toEqual({
      ofPod: [],
      ofAccount: [secret('c')],
      problems: [`this server may not get secrets in namespace demo: ${wayOut}; not used: b, a`],
      missing: [],
    });
  });

  test('to get the service account its secrets are left out', async () => {
    serve({ ...standard, 'serviceaccounts/web': status(403) });
    await expect(ask()).resolves.toEqual({
      ofPod: [secret('b'), secret('a')],
      ofAccount: [],
      problems: [
        `this server may not get serviceaccounts in namespace demo: ${wayOut}; not used: the secrets of web`,
      ],
      missing: [],
    });
  });
});

test('an API server in trouble is a problem, not an exception', async () => {
  serve({
    ...standard,
    'secrets/a': status(500, 'etcd is away'),
    'serviceaccounts/web': status(500, 'down'),
  });
  const { problems, ofPod } = await ask();
  expect(ofPod).toEqual([secret('b')]);
  expect(problems).toEqual([
    expect.stringMatching(/^secret "a" of namespace demo cannot be read: .*etcd is away/),
    expect.stringMatching(/^service account web of namespace demo cannot be read: .*down/),
  ]);
});

test('a bug is thrown', async () => {
  const client = { ...connection.client, get: () => Promise.reject(new TypeError('a bug')) };
  const scope = { namespace: 'demo', serviceAccount: 'web', names: [] };
  await expect(clusterPodSecrets(client).secretsOf(scope, never)).rejects.toThrow('a bug');
});
