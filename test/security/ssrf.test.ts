import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { failureExplanation } from '../../src/oci/failure-explanation.ts';
import type { RegistryFailure } from '../../src/oci/failure.ts';
import type { RegistrySource } from '../../src/registry/manifest-source.ts';
import {
  closeSources,
  createSource,
  credential,
  credentialsOf,
  failureOf,
  never,
  queryOf,
} from '../registry/fixture.ts';
import {
  manifestType,
  serveTiny,
  startStubRegistry,
  type StubAnswer,
  type StubRegistry,
} from '../registry/stub-registry.ts';

/** What an internal service holds, and nobody may learn by naming it as a registry. */
const secret = 'top-secret-of-the-inside';
const json = (status: number, body: object, headers: Readonly<Record<string, string>> = {}): StubAnswer => {
  return (_request, response) =>
    void response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify(body));
};

let evil: StubRegistry;
let inside: StubRegistry;
let source: RegistrySource;
beforeEach(async () => {
  [evil, inside] = await Promise.all([startStubRegistry(), startStubRegistry()]);
  source = createSource({ credentials: credentialsOf([credential('jane')]) });
});
afterEach(async () => {
  await closeSources();
  await Promise.all([evil.stop(), inside.stop()]);
});

const told = (failure: RegistryFailure): string => JSON.stringify([failure, failureExplanation(failure)]);

describe('a stream that names a service which is no registry learns nothing that the service says', () => {
  const answers: readonly (readonly [string, StubAnswer])[] = [
    ['Kubernetes’ Status', json(403, { kind: 'Status', status: 'Failure', message: secret, code: 403 })],
    ['a message in JSON', json(500, { message: secret })],
    ['an error in JSON', json(400, { error: secret, error_description: secret })],
    ['details in JSON', json(401, { details: secret }, { 'www-authenticate': 'Basic realm="x"' })],
    ['errors as texts (Vault)', json(403, { errors: [secret] })],
    ['errors of another form', json(404, { errors: [{ code: secret, message: secret }] })],
    ['errors without a code', json(404, { errors: [{ message: secret }] })],
    ['JSON that is no manifest', json(200, { instanceProfile: secret, Token: secret })],
    ['a list', (_request, response) => void response.writeHead(200).end(JSON.stringify([secret]))],
    [
      'plain text',
      (_request, response) => void response.writeHead(200, { 'content-type': 'text/plain' }).end(secret),
    ],
    ['plain text as an error', (_request, response) => void response.writeHead(500).end(secret)],
    [
      'a web page',
      (_request, response) =>
        void response
          .writeHead(200, { 'content-type': 'text/html' })
          .end(`<html><title>${secret}</title></html>`),
    ],
    ['the status line', (_request, response) => void response.writeHead(500, secret).end()],
    ['a cookie', json(500, {}, { 'set-cookie': secret, server: secret })],
  ];

  test.each(answers)('%s, asked for a manifest', async (_what, answer) => {
    inside.answer(answer);
    expect(told(failureOf(await source.manifest(queryOf(inside), never)))).not.toContain(secret);
  });

  test.each(answers)('%s, asked for tags', async (_what, answer) => {
    inside.answer(answer);
    expect(told(failureOf(await source.tags(queryOf(inside), never)))).not.toContain(secret);
  });

  test.each(answers)('%s, named as the token service of a registry', async (_what, answer) => {
    evil.answer((_request, response) => {
      const realm = `Bearer realm="${inside.url}/latest/meta-data",service="x"`;
      response.writeHead(401, { 'www-authenticate': realm }).end();
    });
    inside.answer(answer);
    const failure = failureOf(await source.manifest(queryOf(evil), never));
    expect(inside.requests).not.toEqual([]);
    expect(told(failure)).not.toContain(secret);
  });

  test.each(answers)('%s, redirected to by a registry', async (_what, answer) => {
    evil.answer((_request, response) => response.writeHead(307, { location: `${inside.url}/admin` }).end());
    inside.answer(answer);
    const failure = failureOf(await source.manifest(queryOf(evil), never));
    expect(inside.requests).not.toEqual([]);
    expect(told(failure)).not.toContain(secret);
    for (const { headers } of inside.requests) expect(headers).not.toHaveProperty('authorization');
  });
});

test('a registry may speak in the protocol’s own form', async () => {
  evil.answer(json(403, { errors: [{ code: 'DENIED', message: 'your plan has ended' }] }));
  expect(failureOf(await source.manifest(queryOf(evil), never)).detail).toBe('DENIED: your plan has ended');
});

test('what is asked of a service that is no registry is a GET or HEAD below /v2/, and nothing else', async () => {
  inside.answer(json(404, {}));
  await source.manifest(queryOf(inside, { repository: 'a/b' }), never);
  await source.digest(queryOf(inside, { repository: 'a/b' }), never);
  await source.tags(queryOf(inside, { repository: 'a/b' }), never);
  for (const line of inside.lines()) expect(line).toMatch(/^(?:GET|HEAD) \/v2\/a\/b\/(?:manifests|tags)\//);
});

test('foreign layers are never fetched: their URLs are only part of a manifest', async () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const layer = { mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', digest, size: 1 };
  evil.answer((request, response) => {
    if (request.path.includes('/manifests/')) {
      const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: 2 };
      const layers = [{ ...layer, urls: [`${inside.url}/layer`] }];
      json(200, { schemaVersion: 2, config, layers }, { 'content-type': manifestType })(request, response);
    } else serveTiny(request, response);
  });
  expect(await source.manifest(queryOf(evil), never)).toMatchObject({ ok: true });
  expect(inside.requests).toEqual([]);
});

describe('the fallback, which anybody with a Pod can reach', () => {
  const onlyPublic = () => createSource({ reach: (host) => (host === evil.host ? 'anywhere' : 'public') });

  test.each(['127.0.0.1', 'localhost', '[::1]', '169.254.169.254', '10.3.0.1', 'kubernetes.default.svc'])(
    'connects to none of the inside: %s',
    async (host) => {
      const answer = await onlyPublic().digest(queryOf(`${host}:443`, { insecure: true }), never);
      expect(failureOf(answer).detail).toContain('leads to an internal address');
    },
  );

  test('nor where a registry that it may ask redirects to', async () => {
    evil.answer((_request, response) => response.writeHead(307, { location: `${inside.url}/admin` }).end());
    expect(failureOf(await onlyPublic().manifest(queryOf(evil), never)).kind).toBe('unreachable');
    expect(inside.connected()).toBe(0);
  });

  test('nor to a token service there', async () => {
    evil.answer((_request, response) => {
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${inside.url}/token"` }).end();
    });
    expect(failureOf(await onlyPublic().manifest(queryOf(evil), never)).kind).toBe('unreachable');
    expect(inside.connected()).toBe(0);
  });
});
