import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { RegistryAnswer } from '../../src/oci/failure.ts';
import { digestOf } from '../../src/oci/digest.ts';
import type { RegistrySource } from '../../src/registry/manifest-source.ts';
import type { RequestEvent } from '../../src/registry/options.ts';
import { closeSources, createSource, failureOf, never, queryOf } from './fixture.ts';
import {
  configDigest,
  json,
  manifestBytes,
  manifestDigest,
  manifestType,
  sendError,
  sendJson,
  serveContent,
  serveTiny,
  startStubRegistry,
  tinyImage,
  type StubAnswer,
  type StubRegistry,
} from './stub-registry.ts';

let registry: StubRegistry;
let source: RegistrySource;

beforeEach(async () => {
  registry = await startStubRegistry();
  source = createSource();
});

afterEach(async () => {
  await closeSources();
  await registry.stop();
});

type Ask = (from: RegistrySource, at: StubRegistry) => Promise<RegistryAnswer<unknown>>;
const operations: readonly [string, Ask, unknown, string][] = [
  ['digest', (from, at) => from.digest(queryOf(at), never), manifestDigest, 'HEAD /v2/team/app/manifests/1'],
  [
    'manifest by tag',
    (from, at) => from.manifest(queryOf(at), never),
    expect.objectContaining({ kind: 'image', digest: manifestDigest, mediaType: manifestType }),
    'GET /v2/team/app/manifests/1',
  ],
  [
    'manifest by digest',
    (from, at) => from.manifest(queryOf(at, { reference: manifestDigest }), never),
    expect.objectContaining({ digest: manifestDigest, size: manifestBytes.length }),
    `GET /v2/team/app/manifests/${manifestDigest}`,
  ],
  [
    'config',
    (from, at) => from.config(queryOf(at), configDigest, never),
    expect.objectContaining({ architecture: 'amd64' }),
    `GET /v2/team/app/blobs/${configDigest}`,
  ],
  ['tags', (from, at) => from.tags(queryOf(at), never), ['1'], 'GET /v2/team/app/tags/list'],
];

test.each(operations)('%s is one request where no credential is wanted', async (_what, ask, value, line) => {
  expect(await ask(source, registry)).toEqual({ ok: true, value, notes: [] });
  expect(registry.lines()).toEqual([line]);
  expect(registry.requests[0]?.headers).toMatchObject({
    'user-agent': 'pinstream/test',
    'accept-encoding': 'identity',
  });
});

test('manifests are asked for in every type that there is', async () => {
  await source.digest(queryOf(registry), never);
  const { accept = '' } = registry.requests[0]?.headers ?? {};
  expect(accept.split(', ')).toEqual(
    expect.arrayContaining([
      'application/vnd.oci.image.manifest.v1+json',
      'application/vnd.oci.image.index.v1+json',
      'application/vnd.docker.distribution.manifest.v2+json',
      'application/vnd.docker.distribution.manifest.list.v2+json',
      'application/vnd.docker.distribution.manifest.v1+prettyjws',
    ]),
  );
});

test('each request is told of, with what became of it', async () => {
  const events: RequestEvent[] = [];
  const telling = createSource({ onRequest: (event) => events.push(event) });
  await telling.digest(queryOf(registry), never);
  await telling.manifest(queryOf(registry, { reference: 'none' }), never);
  expect(events).toMatchObject([
    { operation: 'digest', outcome: 'plainHttp' },
    { operation: 'digest', outcome: '2xx' },
    { operation: 'manifest', outcome: '404' },
  ]);
  expect(new Set(events.map((event) => event.registry))).toEqual(new Set([registry.host]));
  expect(telling.requests()).toBe(3);
});

describe('digest', () => {
  const headAs =
    (head: StubAnswer): StubAnswer =>
    (request, response) =>
      (request.method === 'HEAD' ? head : serveTiny)(request, response);
  test.each<[string, StubAnswer]>([
    ['gives no digest', (_request, response) => response.writeHead(200).end()],
    [
      'gives a digest that is none',
      (_request, response) => response.writeHead(200, { 'docker-content-digest': 'sha256:12' }).end(),
    ],
    ['is not allowed', (_request, response) => response.writeHead(405).end()],
    ['is not implemented', (_request, response) => response.writeHead(501).end()],
    ['is answered 404 though it is there', (_request, response) => response.writeHead(404).end()],
  ])('is computed from a GET where HEAD %s', async (_what, head) => {
    registry.answer(headAs(head));
    expect(await source.digest(queryOf(registry), never)).toMatchObject({ ok: true, value: manifestDigest });
    expect(registry.lines()).toEqual(['HEAD /v2/team/app/manifests/1', 'GET /v2/team/app/manifests/1']);
  });

  test('by digest, another one in the answer is refused', async () => {
    registry.answer((_request, response) =>
      response.writeHead(200, { 'docker-content-digest': manifestDigest }).end(),
    );
    const reference = digestOf(Buffer.from('other'));
    const failure = failureOf(await source.digest(queryOf(registry, { reference }), never));
    expect(failure).toMatchObject({ kind: 'integrity' });
  });

  test('a server that is ill is not asked twice', async () => {
    registry.answer((_request, response) => response.writeHead(503).end());
    expect(failureOf(await source.digest(queryOf(registry), never))).toMatchObject({
      kind: 'serverError',
      status: 503,
    });
    expect(registry.requests).toHaveLength(1);
  });
});

describe('what a registry says no with', () => {
  const failure = (code: string, status = 404): StubAnswer => {
    return (_request, response) => sendError(response, status, code, 'said so');
  };
  test.each<[string, StubAnswer, object]>([
    [
      'MANIFEST_UNKNOWN',
      failure('MANIFEST_UNKNOWN'),
      { kind: 'notFound', detail: 'MANIFEST_UNKNOWN: said so' },
    ],
    ['NAME_UNKNOWN', failure('NAME_UNKNOWN'), { kind: 'notFound' }],
    ['DENIED', failure('DENIED', 403), { kind: 'denied', detail: 'DENIED: said so' }],
    ['UNAUTHORIZED without a challenge', failure('UNAUTHORIZED', 401), { kind: 'unauthorized' }],
    ['UNAUTHORIZED as 403', failure('UNAUTHORIZED', 403), { kind: 'unauthorized' }],
    ['TOOMANYREQUESTS as 403', failure('TOOMANYREQUESTS', 403), { kind: 'rateLimited' }],
    ['500', failure('UNKNOWN', 500), { kind: 'serverError', status: 500 }],
    ['418', failure('TEAPOT', 418), { kind: 'serverError', status: 418 }],
    ['204', (_request, response) => response.writeHead(204).end(), { kind: 'serverError', status: 204 }],
    ['404 without a word', (_request, response) => response.writeHead(404).end(), { kind: 'notFound' }],
    [
      '404 in plain text',
      (_request, response) => response.writeHead(404).end('404 page not found\n'),
      { kind: 'notARegistry' },
    ],
    ['JSON that has no errors', (_request, response) => sendJson(response, 404, {}), { kind: 'notFound' }],
  ])('%s', async (_what, answer, expected) => {
    registry.answer(answer);
    const place = { registry: registry.host, repository: 'team/app' };
    const found = failureOf(await source.manifest(queryOf(registry), never));
    expect(found).toMatchObject({ ...place, ...expected });
  });
});

describe('what is no container image', () => {
  const serving = (type: string, document: object): StubAnswer =>
    serveContent({ ...tinyImage, 'manifests/1': { type, bytes: json(document) } });
  test.each<[string, StubAnswer, string]>([
    [
      'schema 1',
      serving('application/vnd.docker.distribution.manifest.v1+prettyjws', { schemaVersion: 1 }),
      'unsupported',
    ],
    ['an artifact type', serving('application/vnd.example+json', { schemaVersion: 2 }), 'unsupported'],
    ['a manifest without a config', serving(manifestType, { schemaVersion: 2, layers: [] }), 'malformed'],
  ])('%s is refused with a reason', async (_what, answer, kind) => {
    registry.answer(answer);
    expect(failureOf(await source.manifest(queryOf(registry), never)).kind).toBe(kind);
  });

  test('schema 1 is so by its type, though the digest it comes with is of other bytes', async () => {
    registry.answer((_request, response) => {
      response.writeHead(200, {
        'content-type': 'application/vnd.docker.distribution.manifest.v1+prettyjws',
        'docker-content-digest': manifestDigest,
      });
      response.end('{"schemaVersion":1}');
    });
    const failure = failureOf(await source.manifest(queryOf(registry), never));
    expect(failure).toMatchObject({ kind: 'unsupported', detail: expect.stringContaining('push it again') });
  });
});

describe('given up', () => {
  test('a signal that is aborted already sends nothing', async () => {
    const reason = new Error('enough');
    await expect(source.digest(queryOf(registry), AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(registry.requests).toEqual([]);
  });

  test('a signal that aborts under way throws its reason', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    registry.answer(() => controller.abort(reason));
    await expect(source.digest(queryOf(registry), controller.signal)).rejects.toBe(reason);
  });
});
