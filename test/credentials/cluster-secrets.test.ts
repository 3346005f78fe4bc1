import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { clusterSecrets } from '../../src/credentials/cluster-secrets.ts';
import { sendJson, startStubApiServer, type StubApiServer, type StubRequest } from '../support/api-server.ts';
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

const secretsPath = '/api/v1/namespaces/demo/secrets';
const accountPath = '/api/v1/namespaces/demo/serviceaccounts/default';
const status = (code: number, message = 'no') => ({ kind: 'Status', code, message });
const secret = (name: string) => ({ metadata: { name } });
const list = (names: readonly string[], next = '') => ({
  metadata: { resourceVersion: '7', ...(next === '' ? {} : { continue: next }) },
  items: names.map(secret),
});

/** Answers by path, and for lists by type; what is not there is a 404. */
function serve(answers: Readonly<Record<string, (request: StubRequest) => object>>): void {
  server.answer((request, response) => {
    const { fieldSelector = '' } = request.query;
    const key = `${request.path}${fieldSelector.replace('type=kubernetes.io/', ' ')}`;
    const body = answers[key]?.(request) ?? status(404);
    sendJson(response, 'code' in body ? Number(body.code) : 200, body);
    return true;
  });
}

const ask = () => clusterSecrets(connection.client).secretsOf('demo', new AbortController().signal);
const names = (secrets: readonly Readonly<Record<string, unknown>>[]) =>
  secrets.map(({ metadata }) => (metadata as { name: string }).name);

const standard = {
  [`${secretsPath} dockerconfigjson`]: () => list(['a', 'b']),
  [`${secretsPath} dockercfg`]: () => list(['c']),
  [accountPath]: () => ({ imagePullSecrets: [{ name: 'b' }, { name: 'other' }, {}, { name: 'gone' }] }),
  [`${secretsPath}/other`]: () => secret('other'),
};

test('both types are listed, and what the service account names besides is fetched', async () => {
  serve(standard);
  const answer = await ask();
  if (!answer.ok) throw new Error(answer.problem);
  expect(names(answer.secrets)).toEqual(['a', 'b', 'c', 'other']);
  expect(answer).toMatchObject({ pullSecretNames: ['b', 'other', 'gone'], notes: [] });
  const lists = server.requests.filter(({ path }) => path === secretsPath);
  expect(lists.map(({ query }) => query.fieldSelector).sort()).toEqual([
    'type=kubernetes.io/dockercfg',
    'type=kubernetes.io/dockerconfigjson',
  ]);
});

test('names that no secret can have are not asked for', async () => {
  const imagePullSecrets = ['.', '..', '../other', 'A', '', 'x'.repeat(254)].map((name) => ({ name }));
  serve({ ...standard, [accountPath]: () => ({ imagePullSecrets }) });
  await expect(ask()).resolves.toMatchObject({ ok: true, pullSecretNames: [] });
  expect(server.requests).toHaveLength(3);
});

test('a namespace without a service account has an order all the same', async () => {
  serve({ ...standard, [accountPath]: () => status(404) });
  await expect(ask()).resolves.toMatchObject({ ok: true, pullSecretNames: [], notes: [] });
});

test('all pages are read', async () => {
  serve({
    ...standard,
    [`${secretsPath} dockercfg`]: ({ query }) => (query.continue === 'p2' ? list(['d']) : list(['c'], 'p2')),
  });
  const answer = await ask();
  expect(names(answer.ok ? answer.secrets : [])).toEqual(['a', 'b', 'c', 'd', 'other']);
});

test('pages that expire are read once more', async () => {
  let tries = 0;
  serve({
    ...standard,
    [`${secretsPath} dockercfg`]: ({ query }) => {
      if (query.continue === 'p2') return (tries += 1) === 1 ? status(410) : list(['d']);
      return list(['c'], 'p2');
    },
  });
  const answer = await ask();
  expect(names(answer.ok ? answer.secrets : [])).toEqual(['a', 'b', 'c', 'd', 'other']);
});

test('more than 2,000 are not kept, and it is said', async () => {
  const many = Array.from({ length: 2001 }, (_, index) => `s${index}`);
  serve({ ...standard, [`${secretsPath} dockercfg`]: () => list(many) });
  const answer = await ask();
  if (!answer.ok) throw new Error(answer.problem);
  expect(answer.secrets).toHaveLength(2 + 2000 + 1);
  expect(answer.notes).toEqual([
    'namespace demo has more than 2000 pull secrets of a type; not all are used',
  ]);
});

test('2,000 of a type are all kept', async () => {
  const many = Array.from({ length: 2000 }, (_, index) => `s${index}`);
  serve({ ...standard, [`${secretsPath} dockercfg`]: () => list(many) });
  await expect(ask()).resolves.toMatchObject({ ok: true, notes: [] });
});

describe('without the right', () => {
  const bind = 'bind ClusterRole pinstream-pull-secrets there';

  test('to list secrets there are none, and the way out is said', async () => {
    serve({ ...standard, [`${secretsPath} dockercfg`]: () => status(403) });
    await expect(ask()).resolves.toEqual({
      ok: false,
      problem: `this server may not list secrets in namespace demo: ${bind}`,
    });
  });

  test('to read the service account they go by name', async () => {
    serve({ ...standard, [accountPath]: () => status(403) });
    await expect(ask()).resolves.toMatchObject({
      ok: true,
      pullSecretNames: [],
      notes: [`this server may not get serviceaccounts in namespace demo: ${bind}; pull secrets go by name`],
    });
  });

  test('to get one by name it is left out', async () => {
    serve({ ...standard, [`${secretsPath}/other`]: () => status(403) });
    await expect(ask()).resolves.toMatchObject({
      ok: true,
      pullSecretNames: ['b', 'gone'],
      notes: [`this server may not get secrets in namespace demo: ${bind}; not used: other`],
    });
  });
});

test('an API server in trouble is a problem, not an exception', async () => {
  serve({ ...standard, [`${secretsPath} dockercfg`]: () => status(500, 'etcd is away') });
  const answer = await ask();
  expect(answer).toMatchObject({
    ok: false,
    problem: expect.stringMatching(
      /^the pull secrets of namespace demo cannot be read: .*etcd is away/,
    ) as unknown,
  });
});

test('no answer at all is one as well', async () => {
  await server.stop();
  const answer = await ask();
  expect(answer).toMatchObject({ ok: false });
  server = await startStubApiServer();
});

test('a bug is thrown', async () => {
  const client = { ...connection.client, get: () => Promise.reject(new TypeError('a bug')) };
  const source = clusterSecrets(client);
  await expect(source.secretsOf('demo', new AbortController().signal)).rejects.toThrow('a bug');
});
