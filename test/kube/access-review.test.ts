import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { authenticate, mayGet, type User } from '../../src/kube/access-review.ts';
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

const answerStatus = (status: unknown): void =>
  server.answer((_request, response) => (sendJson(response, 201, { status }), true));

const jane: User = {
  username: 'jane',
  uid: 'u-1',
  groups: ['dev'],
  extra: { 'example.dev/scope': ['a', 'b'] },
};

test.each<[string, unknown, User | undefined]>([
  ['is who the cluster says', { authenticated: true, user: jane }, jane],
  [
    'may have no groups, uid or extra',
    { authenticated: true, user: { username: 'bob' } },
    { username: 'bob', uid: '', groups: [], extra: {} },
  ],
  ['is nobody when it is not authenticated', { error: 'expired', user: jane }, undefined],
  ['is nobody without a name', { authenticated: true, user: {} }, undefined],
  ['is nobody when the answer has no status', undefined, undefined],
])('the user of a token %s', async (_title, status, user) => {
  answerStatus(status);
  await expect(authenticate(connection.client, 't0ken')).resolves.toEqual(user);
  expect(server.requests[0]?.path).toBe('/apis/authentication.k8s.io/v1/tokenreviews');
  expect(JSON.parse(server.requests[0]?.body ?? '')).toMatchObject({ spec: { token: 't0ken' } });
});

test('a failing review throws without the token', async () => {
  server.answer((_request, response) => (response.writeHead(500).end('no'), true));
  await expect(authenticate(connection.client, 't0ken')).rejects.toMatchObject({
    code: 500,
    message: expect.not.stringContaining('t0ken') as unknown,
  });
});

test.each<[string, unknown, boolean]>([
  ['may', { allowed: true }, true],
  ['may not', { allowed: false, denied: true }, false],
  ['may not when the answer has no status', undefined, false],
  ['may not when the answer is odd', { allowed: 'true' }, false],
])('a user %s', async (_title, status, allowed) => {
  answerStatus(status);
  const access = { group: 'image.openshift.io', resource: 'imagestreams', namespace: 'shop', verb: 'get' };
  await expect(mayGet(connection.client, jane, access)).resolves.toBe(allowed);
  expect(server.requests[0]?.path).toBe('/apis/authorization.k8s.io/v1/subjectaccessreviews');
  expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual({
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user: 'jane', uid: 'u-1', groups: ['dev'], extra: jane.extra, resourceAttributes: access },
  });
});
