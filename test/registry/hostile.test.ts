import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { RegistryAnswer } from '../../src/oci/failure.ts';
import { digestOf } from '../../src/oci/digest.ts';
import type { RegistrySource } from '../../src/registry/manifest-source.ts';
import type { Timeouts } from '../../src/registry/options.ts';
import {
  closeSources,
  createSource,
  credential,
  credentialsOf,
  failureOf,
  never,
  queryOf,
} from './fixture.ts';
import {
  configBytes,
  configDigest,
  manifestBytes,
  manifestDigest,
  manifestType,
  serveContent,
  serveTiny,
  startStubRegistry,
  tinyImage,
  type StubAnswer,
  type StubRegistry,
} from './stub-registry.ts';

let registry: StubRegistry;
let elsewhere: StubRegistry;
let source: RegistrySource;

beforeEach(async () => {
  [registry, elsewhere] = await Promise.all([startStubRegistry(), startStubRegistry()]);
  source = createSource();
});

afterEach(async () => {
  await closeSources();
  await Promise.all([registry.stop(), elsewhere.stop()]);
});

const askManifest = (more = {}): Promise<RegistryAnswer<unknown>> =>
  source.manifest(queryOf(registry, more), never);
/** Waits a moment only, for what never comes; all others have time, on a slow machine too. */
const askHastily = (timeouts: Partial<Timeouts>) => (): Promise<RegistryAnswer<unknown>> =>
  createSource({ timeouts }).manifest(queryOf(registry), never);
const askConfig = (): Promise<RegistryAnswer<unknown>> =>
  source.config(queryOf(registry), configDigest, never);
const askTags = (): Promise<RegistryAnswer<unknown>> => source.tags(queryOf(registry), never);

const endless: StubAnswer = (_request, response) => {
  response.writeHead(200, { 'content-type': manifestType });
  const chunk = Buffer.alloc(64 * 1024, 0x20);
  const pour = (): void => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once('drain', pour);
  };
  pour();
};
const html =
  (status: number): StubAnswer =>
  (_request, response) =>
    response.writeHead(status, { 'content-type': 'text/html' }).end('<!doctype html><html>Sign in</html>');
const withBytes =
  (bytes: string | Buffer, type = manifestType, more = {}): StubAnswer =>
  (_request, response) =>
    response.writeHead(200, { 'content-type': type, ...more }).end(bytes);

test.each<[string, () => Promise<RegistryAnswer<unknown>>, StubAnswer, object]>([
  ['an endless manifest', askManifest, endless, { kind: 'tooLarge' }],
  ['an endless config', askConfig, endless, { kind: 'tooLarge' }],
  ['an endless page of tags', askTags, endless, { kind: 'tooLarge' }],
  [
    'a large error',
    askManifest,
    (_request, response) => response.writeHead(400).end('x'.repeat(1_000_000)),
    { kind: 'serverError', status: 400, detail: 'HTTP status 400' },
  ],
  ['headers that never come', askHastily({ headersMs: 200 }), () => undefined, { kind: 'timeout' }],
  [
    'a body that never ends',
    askHastily({ operationMs: 700 }),
    (_request, response) => response.writeHead(200).write('{'),
    { kind: 'timeout' },
  ],
  ['an HTML page', askManifest, html(200), { kind: 'notARegistry', detail: 'answered with an HTML page' }],
  ['an HTML page as 404', askManifest, html(404), { kind: 'notARegistry' }],
  ['an HTML page as 403', askManifest, html(403), { kind: 'denied' }],
  ['an HTML page as 429', askManifest, html(429), { kind: 'rateLimited' }],
  ['an HTML page as 502', askManifest, html(502), { kind: 'serverError', status: 502 }],
  ['an HTML page in place of tags', askTags, html(200), { kind: 'notARegistry' }],
  ['an HTML page in place of a config', askConfig, html(200), { kind: 'notARegistry' }],
  ['plain text in place of tags', askTags, withBytes('hello', 'text/plain'), { kind: 'notARegistry' }],
  ['a truncated manifest', askManifest, withBytes(manifestBytes.subarray(0, 40)), { kind: 'malformed' }],
  ['truncated tags', askTags, withBytes('{"tags":["1"', 'application/json'), { kind: 'malformed' }],
  ['tags that are numbers', askTags, withBytes('{"tags":[1]}', 'application/json'), { kind: 'malformed' }],
  [
    'an answer that breaks off',
    askManifest,
    (_request, response) => {
      response.writeHead(200, { 'content-length': 1000 }).write('{');
      setImmediate(() => response.socket?.resetAndDestroy());
    },
    { kind: 'unreachable' },
  ],
  [
    'a manifest of another digest than the header says',
    askManifest,
    withBytes(manifestBytes, manifestType, { 'docker-content-digest': digestOf(Buffer.from('x')) }),
    { kind: 'integrity' },
  ],
  [
    'another manifest than was asked for by digest',
    () => askManifest({ reference: digestOf(Buffer.from('x')) }),
    withBytes(manifestBytes),
    { kind: 'integrity', detail: expect.stringContaining(manifestDigest) },
  ],
  ['another config than was asked for', askConfig, withBytes('{}'), { kind: 'integrity' }],
  [
    'a compressed answer',
    askManifest,
    withBytes(gzipSync(manifestBytes), manifestType, { 'content-encoding': 'gzip' }),
    { kind: 'malformed' },
  ],
])('%s', async (_what, askIt, answer, expected) => {
  registry.answer(answer);
  expect(failureOf(await askIt())).toMatchObject(expected);
});

test('a config that is JSON and no object is malformed', async () => {
  const bytes = Buffer.from('[]');
  registry.answer(serveContent({ [`blobs/${digestOf(bytes)}`]: { type: 'application/json', bytes } }));
  const failure = failureOf(await source.config(queryOf(registry), digestOf(bytes), never));
  expect(failure.kind).toBe('malformed');
});

describe('redirects', () => {
  const shown = credentialsOf([credential('bob')]);
  const toPath =
    (location: (target: string) => string, status = 307): StubAnswer =>
    (request, response) => {
      if (request.headers.authorization === undefined) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
        return;
      }
      response.writeHead(status, { location: location(request.target) }).end();
    };

  test.each([301, 302, 303, 307, 308])(
    '%i to another host is followed without Authorization',
    async (status) => {
      source = createSource({ credentials: shown });
      registry.answer(toPath((target) => `${elsewhere.url}${target}?sig=1`, status));
      expect(await askConfig()).toMatchObject({ ok: true, value: { os: 'linux' } });
      expect(registry.requests.at(-1)?.headers.authorization).toMatch(/^Basic /);
      expect(elsewhere.requests).toHaveLength(1);
      expect(elsewhere.requests[0]?.headers).not.toHaveProperty('authorization');
    },
  );

  test('and Authorization does not come back with the way back', async () => {
    source = createSource({ credentials: shown });
    registry.answer((request, response) => {
      if (request.path === '/back')
        serveContent({ '/back': { type: '', bytes: configBytes } })(request, response);
      else toPath(() => `${elsewhere.url}/away`)(request, response);
    });
    elsewhere.answer((_request, response) =>
      response.writeHead(302, { location: `${registry.url}/back` }).end(),
    );
    expect(await askConfig()).toMatchObject({ ok: true });
    expect(registry.requests.at(-1)).toMatchObject({ path: '/back' });
    expect(registry.requests.at(-1)?.headers).not.toHaveProperty('authorization');
  });

  test('within the host Authorization goes along, also for manifests', async () => {
    source = createSource({ credentials: shown });
    registry.answer((request, response) => {
      if (request.path.startsWith('/mirror')) {
        serveTiny({ ...request, path: request.path.replace('/mirror', '') }, response);
      } else toPath((target) => `/mirror${target}`)(request, response);
    });
    expect(await askManifest()).toMatchObject({ ok: true });
    expect(registry.requests.at(-1)?.headers.authorization).toMatch(/^Basic /);
  });

  test('five are followed, a sixth is not', async () => {
    const hops =
      (last: number): StubAnswer =>
      (request, response) => {
        const hop = Number(request.query.get('hop') ?? 0);
        if (hop >= last) withBytes(configBytes)(request, response);
        else response.writeHead(302, { location: `/hop?hop=${hop + 1}` }).end();
      };
    registry.answer(hops(5));
    expect(await askConfig()).toMatchObject({ ok: true });
    registry.answer(hops(6));
    expect(failureOf(await askConfig())).toMatchObject({ kind: 'redirect' });
  });

  test.each<[string, (target: string) => string]>([
    ['in a circle', (target) => target],
    ['to nowhere', () => ''],
    ['to a file', () => 'file:///etc/passwd'],
    ['to an address with a user', () => `http://a:b@${elsewhere.host}/x`],
    ['to what is no URL', () => 'http://[x'],
  ])('%s is not followed', async (_what, location) => {
    registry.answer((request, response) =>
      response.writeHead(302, { location: location(request.target) }).end(),
    );
    expect(failureOf(await askConfig())).toMatchObject({ kind: 'redirect' });
    expect(elsewhere.requests).toEqual([]);
  });

  test('storage that wants a credential gets none', async () => {
    source = createSource({ credentials: shown });
    registry.answer(toPath((target) => `${elsewhere.url}${target}`));
    elsewhere.answer((_request, response) =>
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
    );
    expect(failureOf(await askConfig())).toMatchObject({
      kind: 'redirect',
      detail: expect.stringContaining(elsewhere.host),
    });
    expect(elsewhere.requests).toHaveLength(1);
  });
});

describe('tags', () => {
  const paged =
    (total: number, link: (next: number, at: StubRegistry) => string): StubAnswer =>
    (request, response) => {
      const from = Number(request.query.get('last') ?? 0);
      const size = Number(request.query.get('n') ?? 1000);
      const tags = Array.from({ length: Math.min(size, total - from) }, (_, index) => `t${from + index}`);
      const more = from + size < total ? { link: link(from + size, registry) } : {};
      response.writeHead(200, { 'content-type': 'application/json', ...more });
      response.end(JSON.stringify({ name: 'team/app', tags }));
    };

  test.each<[string, (next: number, at: StubRegistry) => string]>([
    ['relative', (next) => `</v2/team/app/tags/list?last=${next}&n=1000>; rel="next"`],
    ['absolute', (next, at) => `<${at.url}/v2/team/app/tags/list?n=1000&last=${next}>; rel=next`],
    ['query only', (next) => `<?n=1000&last=${next}>; foo="bar"; rel="next"`],
  ])('10,000 of them are read in ten pages, links being %s', async (_what, link) => {
    registry.answer(paged(10_000, link));
    const answer = await askTags();
    expect(answer).toMatchObject({ ok: true, notes: [] });
    expect(answer.ok && answer.value).toHaveLength(10_000);
    expect(registry.requests).toHaveLength(10);
    expect(registry.requests[0]?.target).toBe('/v2/team/app/tags/list?n=1000');
  });

  test('none where the registry says null', async () => {
    registry.answer(withBytes('{"name":"team/app","tags":null}', 'application/json'));
    expect(await askTags()).toEqual({ ok: true, value: [], notes: [] });
  });

  test('more than 100,000 are left out, with a note', async () => {
    const names = JSON.stringify({ tags: Array.from({ length: 60_000 }, (_, index) => `t${index}`) });
    registry.answer((request, response) => {
      const page = Number(request.query.get('page') ?? 0);
      withBytes(names, 'application/json', { link: `<?page=${page + 1}>; rel="next"` })(request, response);
    });
    const answer = await askTags();
    expect(answer.ok && answer.value).toHaveLength(100_000);
    expect(answer.notes).toEqual(['it has more than 100000 tags; the others were left out']);
    expect(registry.requests).toHaveLength(2);
  });

  test('names that no tag can have are left out, with a note', async () => {
    registry.answer(withBytes('{"tags":["1","-x","a b"]}', 'application/json'));
    expect(await askTags()).toEqual({
      ok: true,
      value: ['1'],
      notes: ['names that no tag can have were left out'],
    });
  });

  test.each([
    ['in a circle', () => '</v2/team/app/tags/list?n=1000>; rel="next"'],
    ['at another host', () => `<${elsewhere.url}/v2/team/app/tags/list?n=1>; rel="next"`],
    ['over another scheme', () => `<https://${registry.host}/v2/team/app/tags/list>; rel="next"`],
  ])('a next page %s ends it', async (_what, link) => {
    registry.answer((request, response) =>
      withBytes('{"tags":["1"]}', 'application/json', { link: link() })(request, response),
    );
    expect(failureOf(await askTags())).toMatchObject({ kind: 'redirect' });
    expect(elsewhere.requests).toEqual([]);
  });
});

describe('who does not answer', () => {
  test('a port that nobody listens on', async () => {
    await registry.stop();
    const failure = failureOf(await askManifest());
    expect(failure).toMatchObject({ kind: 'unreachable', detail: expect.stringContaining('refused') });
    registry = await startStubRegistry();
  });

  test('a server that speaks no HTTP', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined).once('data', () => socket.end('220 mail.example ESMTP\r\n'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
      const answer = await source.manifest(queryOf(host, { insecure: true }), never);
      expect(failureOf(answer)).toMatchObject({ kind: 'notARegistry' });
    } finally {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('a kept connection that the registry closed meanwhile does not show', async () => {
    expect(await askManifest()).toMatchObject({ ok: true });
    let first = true;
    registry.answer((request, response) => {
      if (first) response.socket?.destroy();
      else serveContent(tinyImage)(request, response);
      first = false;
    });
    expect(await askManifest()).toMatchObject({ ok: true });
  });
});
