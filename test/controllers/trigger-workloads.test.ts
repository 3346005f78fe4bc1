import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { triggerKinds, type TriggerKind } from '../../src/controllers/trigger-kinds.ts';
import { clusterWorkloads } from '../../src/controllers/trigger-workloads.ts';
import { statusBody } from '../support/api-collection.ts';
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

const signal = new AbortController().signal;
const patch = { metadata: { resourceVersion: '7' } };

function kindNamed(name: string): TriggerKind {
  const kind = triggerKinds.find(({ workload }) => workload.kind === name);
  if (kind === undefined) throw new Error(`no kind with triggers is called ${name}`);
  return kind;
}

function answer(code: number, body: object): void {
  server.answer((_request, response) => {
    sendJson(response, code, body);
    return true;
  });
}

describe('a patch', () => {
  test.each([
    ['Deployment', '/apis/apps/v1/namespaces/demo/deployments/web'],
    ['StatefulSet', '/apis/apps/v1/namespaces/demo/statefulsets/web'],
    ['DaemonSet', '/apis/apps/v1/namespaces/demo/daemonsets/web'],
    ['CronJob', '/apis/batch/v1/namespaces/demo/cronjobs/web'],
    ['ReplicationController', '/api/v1/namespaces/demo/replicationcontrollers/web'],
    ['Pod', '/api/v1/namespaces/demo/pods/web'],
  ])('of a %s is merged by container names, under our own field manager', async (name, path) => {
    answer(200, { metadata: { resourceVersion: '8' } });
    const { client } = connection;
    await expect(clusterWorkloads(client).patch(kindNamed(name), 'demo', 'web', patch)).resolves.toEqual({
      kind: 'written',
      object: { metadata: { resourceVersion: '8' } },
    });
    expect(server.requests).toMatchObject([
      {
        method: 'PATCH',
        path,
        query: { fieldManager: 'pinstream-triggers' },
        headers: { 'content-type': 'application/strategic-merge-patch+json' },
        body: JSON.stringify(patch),
      },
    ]);
  });

  test.each([
    [409, { kind: 'conflict' }],
    [404, { kind: 'gone' }],
    [403, { kind: 'refused', message: 'said so' }],
    [422, { kind: 'refused', message: 'said so' }],
    [401, { kind: 'failed', message: 'said so' }],
    [429, { kind: 'failed', message: 'said so' }],
    [500, { kind: 'failed', message: 'said so' }],
    [504, { kind: 'failed', message: 'said so' }],
  ])('that is answered %d is %j', async (code, outcome) => {
    answer(code, statusBody({ code, reason: 'Reason', message: 'said so' }));
    const { client } = connection;
    await expect(
      clusterWorkloads(client).patch(kindNamed('Deployment'), 'demo', 'web', patch),
    ).resolves.toEqual(outcome);
  });

  test('that gets no answer has failed for now', async () => {
    server.answer((_request, response) => {
      response.destroy();
      return true;
    });
    const { client } = connection;
    await expect(
      clusterWorkloads(client).patch(kindNamed('Deployment'), 'demo', 'web', patch),
    ).resolves.toMatchObject({ kind: 'failed' });
  });
});

describe('a read', () => {
  test('gives the object, and undefined where there is none', async () => {
    const read = (kind: string) =>
      clusterWorkloads(connection.client).read(kindNamed(kind), 'demo', 'web', signal);
    answer(200, { kind: 'Pod' });
    await expect(read('Pod')).resolves.toEqual({ kind: 'Pod' });
    answer(404, statusBody({ code: 404, reason: 'NotFound', message: 'not found' }));
    await expect(read('Pod')).resolves.toBeUndefined();
  });

  test('that is forbidden throws', async () => {
    answer(403, statusBody({ code: 403, reason: 'Forbidden', message: 'forbidden' }));
    await expect(
      clusterWorkloads(connection.client).read(kindNamed('Pod'), 'demo', 'web', signal),
    ).rejects.toMatchObject({ code: 403 });
  });
});
