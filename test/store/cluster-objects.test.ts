import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { imageObjects, imageStreams, namespaces, workloadNamed } from '../../src/commands/kinds.ts';
import type { DryRun, ObjectClient } from '../../src/commands/object-client.ts';
import { withAnnotation } from '../../src/commands/stream-object.ts';
import type { JsonObject } from '../../src/json/untyped.ts';
import { clusterObjects } from '../../src/store/cluster-objects.ts';
import { statusBody } from '../support/api-collection.ts';
import { sendJson, startStubApiServer, type StubApiServer } from '../support/api-server.ts';
import { createStubClient } from '../support/stub-client.ts';

let server: StubApiServer;
let connection: ReturnType<typeof createStubClient>;
let objects: ObjectClient;
beforeEach(async () => {
  server = await startStubApiServer();
  connection = createStubClient(server.url);
  objects = clusterObjects(connection.client);
});
afterEach(async () => {
  await connection.close();
  await server.stop();
});

const base = '/apis/image.openshift.io/v1';
const key = { namespace: 'shop', name: 'web' };
const web = {
  apiVersion: 'image.openshift.io/v1',
  kind: 'ImageStream',
  metadata: { ...key, resourceVersion: '7' },
};
const annotate = (object: JsonObject) => withAnnotation(object, 'a', 'b');
const none = { dryRun: 'none' } as const;

/** Answers in turn; the last one goes on. */
function answers(...bodies: readonly { readonly code: number; readonly body: unknown }[]): void {
  let at = 0;
  server.answer((_request, response) => {
    const answer = bodies[Math.min(at, bodies.length - 1)];
    at += 1;
    sendJson(response, answer?.code ?? 200, answer?.body ?? {});
    return true;
  });
}
const ok = (body: unknown) => ({ code: 200, body });
const refusal = (code: number, reason: string) => ({
  code,
  body: statusBody({ code, reason, message: 'no' }),
});
const sent = () =>
  server.requests.map(({ method, path, query }) =>
    `${method} ${path} ${new URLSearchParams(query).toString()}`.trim(),
  );

describe('where requests go', () => {
  it.each<[string, () => Promise<unknown>, readonly string[]]>([
    ['a stream', () => objects.read(imageStreams, key), [`GET ${base}/namespaces/shop/imagestreams/web`]],
    [
      'an Image',
      () => objects.read(imageObjects, { namespace: '', name: 'sha256-a' }),
      [`GET ${base}/images/sha256-a`],
    ],
    [
      'a Namespace',
      () => objects.read(namespaces, { namespace: '', name: 'shop' }),
      ['GET /api/v1/namespaces/shop'],
    ],
    [
      'a name that is no path',
      () => objects.read(imageStreams, { namespace: 'a/b', name: 'c?d' }),
      [`GET ${base}/namespaces/a%2Fb/imagestreams/c%3Fd`],
    ],
    [
      'creation',
      () => objects.create(imageStreams, web, none),
      [`POST ${base}/namespaces/shop/imagestreams fieldManager=pinstream`],
    ],
    [
      'creation, by the server alone',
      () => objects.create(imageStreams, web, { dryRun: 'server' }),
      [`POST ${base}/namespaces/shop/imagestreams fieldManager=pinstream&dryRun=All`],
    ],
    ['creation, not sent', () => objects.create(imageStreams, web, { dryRun: 'client' }), []],
    [
      'removal',
      () => objects.remove(imageStreams, key, none),
      [`DELETE ${base}/namespaces/shop/imagestreams/web`],
    ],
    [
      'removal, by the server alone',
      () => objects.remove(imageStreams, key, { dryRun: 'server' }),
      [`DELETE ${base}/namespaces/shop/imagestreams/web dryRun=All`],
    ],
    [
      'removal, not sent',
      () => objects.remove(imageStreams, key, { dryRun: 'client' }),
      [`GET ${base}/namespaces/shop/imagestreams/web`],
    ],
  ])('%s', async (_, work, expected) => {
    answers(ok(web));
    await work();
    expect(sent()).toEqual(expected);
  });

  it.each<[DryRun, readonly string[]]>([
    [
      'none',
      [
        `GET ${base}/namespaces/shop/imagestreams/web`,
        `PUT ${base}/namespaces/shop/imagestreams/web fieldManager=pinstream`,
      ],
    ],
    [
      'server',
      [
        `GET ${base}/namespaces/shop/imagestreams/web`,
        `PUT ${base}/namespaces/shop/imagestreams/web fieldManager=pinstream&dryRun=All`,
      ],
    ],
    ['client', [`GET ${base}/namespaces/shop/imagestreams/web`]],
  ])('a change, dry run: %s', async (dryRun, expected) => {
    answers(ok(web));
    await objects.change(imageStreams, key, annotate, { dryRun });
    expect(sent()).toEqual(expected);
  });

  it('a change that changes nothing is not sent', async () => {
    answers(ok(web));
    expect(await objects.change(imageStreams, key, () => undefined, none)).toEqual(web);
    expect(sent()).toHaveLength(1);
  });
});

describe('answers', () => {
  it('nothing is there: undefined', async () => {
    answers(refusal(404, 'NotFound'));
    expect(await objects.read(imageStreams, key)).toBeUndefined();
  });

  it.each<[string, () => Promise<unknown>]>([
    ['reading what may not be read', () => objects.read(imageStreams, key)],
    ['listing', () => objects.list(imageStreams, 'shop')],
    ['creating', () => objects.create(imageStreams, web, none)],
    ['changing', () => objects.change(imageStreams, key, annotate, none)],
    ['removing', () => objects.remove(imageStreams, key, none)],
  ])('refusals are thrown: %s', async (_, work) => {
    answers(refusal(403, 'Forbidden'));
    await expect(work()).rejects.toMatchObject({ code: 403, reason: 'Forbidden' });
  });

  it('a conflict is met by another try on top of what is there by then', async () => {
    const later = { ...web, metadata: { ...web.metadata, resourceVersion: '8', labels: { new: 'yes' } } };
    answers(ok(web), refusal(409, 'Conflict'), ok(later), ok({ done: true }));
    expect(await objects.change(imageStreams, key, annotate, none)).toEqual({ done: true });
    expect(JSON.parse(server.requests[3]?.body ?? '')).toEqual(annotate(later));
  });

  it('a conflict that does not end is told', async () => {
    server.answer((request, response) => {
      const answer = request.method === 'GET' ? ok(web) : refusal(409, 'Conflict');
      sendJson(response, answer.code, answer.body);
      return true;
    });
    await expect(objects.change(imageStreams, key, annotate, none)).rejects.toMatchObject({
      reason: 'Conflict',
    });
    expect(sent().filter((line) => line.startsWith('PUT'))).toHaveLength(10);
  });

  it('another refusal is no reason to try again', async () => {
    answers(ok(web), refusal(422, 'Invalid'));
    await expect(objects.change(imageStreams, key, annotate, none)).rejects.toMatchObject({
      reason: 'Invalid',
    });
    expect(sent()).toHaveLength(2);
  });
});

describe('lists', () => {
  const item = (name: string) => ({ metadata: { namespace: 'shop', name, uid: name } });
  it('are read to their end, and say what their items are', async () => {
    answers(
      ok({ metadata: { resourceVersion: '9', continue: 'more' }, items: [item('a')] }),
      ok({ metadata: { resourceVersion: '9' }, items: [item('b')] }),
    );
    expect(await objects.list(imageStreams, undefined)).toMatchObject([
      { apiVersion: 'image.openshift.io/v1', kind: 'ImageStream', metadata: { name: 'a' } },
      { apiVersion: 'image.openshift.io/v1', kind: 'ImageStream', metadata: { name: 'b' } },
    ]);
    expect(server.requests.map(({ path }) => path)).toEqual([`${base}/imagestreams`, `${base}/imagestreams`]);
  });

  it.each([
    ['pod', 'v1', 'Pod', '/api/v1/namespaces/shop/pods'],
    ['deploy', 'apps/v1', 'Deployment', '/apis/apps/v1/namespaces/shop/deployments'],
  ])('of %s', async (word, apiVersion, kind, path) => {
    answers(ok({ metadata: { resourceVersion: '9' }, items: [item('a')] }));
    const found = workloadNamed(word);
    expect(found && (await objects.list(found, 'shop'))).toMatchObject([{ apiVersion, kind }]);
    expect(server.requests[0]?.path).toBe(path);
  });

  it('are followed: what is there, and what changes', async () => {
    const streams = server.collection(`${base}/namespaces/shop/imagestreams`);
    streams.put(item('a'));
    const told: string[] = [];
    const ending = new AbortController();
    const heard = Promise.withResolvers<undefined>();
    const over = objects.follow(
      imageStreams,
      'shop',
      (object, isDeleted) => {
        const { name } = object.metadata as { name: string };
        told.push(`${String(object.kind)} ${name} ${isDeleted}`);
        if (told.length === 1) streams.put(item('b'));
        if (told.length === 2) streams.remove('b', 'shop');
        if (told.length === 3) heard.resolve(undefined);
      },
      ending.signal,
    );
    await heard.promise;
    ending.abort();
    await over;
    expect(told).toEqual(['ImageStream a false', 'ImageStream b false', 'ImageStream b true']);
  });
});
