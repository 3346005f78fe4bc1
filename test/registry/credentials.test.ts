import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { RegistrySource } from '../../src/registry/manifest-source.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { eventually } from '../support/eventually.ts';
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
  manifestDigest,
  sendError,
  sendJson,
  serveTiny,
  startStubRegistry,
  type StubAnswer,
  type StubRegistry,
  type StubRequest,
} from './stub-registry.ts';

let registry: StubRegistry;
let service: StubRegistry;
let clock: FakeClock;

beforeEach(async () => {
  [registry, service] = await Promise.all([startStubRegistry(), startStubRegistry()]);
  clock = createFakeClock();
});

afterEach(async () => {
  await closeSources();
  await Promise.all([registry.stop(), service.stop()]);
});

const basicOf = (name: string, password = `${name}-password`): string =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;

/** A registry that serves who is `allowed`, and asks all others by `challenge`. */
function guard(allowed: (request: StubRequest) => boolean, challenge: string | readonly string[]): void {
  registry.answer((request, response) => {
    if (allowed(request)) {
      serveTiny(request, response);
      return;
    }
    response.setHeader('www-authenticate', challenge);
    sendError(response, 401, 'UNAUTHORIZED', 'authentication required');
  });
}

const guardBasic = (name: string): void =>
  guard(({ headers }) => headers.authorization === basicOf(name), 'Basic realm="here"');

const bearerChallenge = (): string => `Bearer realm="${service.url}/token",service="reg.example"`;

/** A registry with a token service: who gets which token, undefined for a refusal. */
function guardBearer(tokenFor: (request: StubRequest) => string | undefined, lifeSeconds = 300): void {
  guard(({ headers }) => headers.authorization === 'Bearer good', bearerChallenge());
  service.answer((request, response) => {
    const token = tokenFor(request);
    if (token === undefined) sendJson(response, 401, { details: 'incorrect username or password' });
    else sendJson(response, 200, { token, expires_in: lifeSeconds });
  });
}

function create(...names: string[]): RegistrySource {
  return createSource({ clock, credentials: credentialsOf(names.map((name) => credential(name))) });
}

const ask = (source: RegistrySource, more = {}) => source.digest(queryOf(registry, more), never);

describe('a repeated HEAD is exactly one request', () => {
  test.each<[string, () => void, readonly string[]]>([
    ['where none is wanted', () => undefined, []],
    ['with Basic', () => guardBasic('good'), ['good']],
    ['with a second credential, when the first is refused', () => guardBasic('good'), ['bad', 'good']],
    ['with a token for nobody', () => guardBearer(() => 'good'), []],
    ['with a token for somebody', () => guardBearer(() => 'good'), ['good']],
    [
      'anonymously, when the credential is refused',
      () => guardBearer(({ headers }) => (headers.authorization === undefined ? 'good' : undefined)),
      ['bad'],
    ],
  ])('%s', async (_what, guarded, names) => {
    guarded();
    const source = create(...names);
    const first = await ask(source);
    expect(first).toMatchObject({ ok: true, value: manifestDigest });
    const before = source.requests();
    registry.forget();
    service.forget();
    // With the same notes: what is wrong is still wrong.
    expect(await ask(source)).toEqual(first);
    expect(source.requests() - before).toBe(1);
    expect([...registry.lines(), ...service.lines()]).toEqual(['HEAD /v2/team/app/manifests/1']);
  });
});

describe('a token', () => {
  test('is asked for with service, scope, account and Basic', async () => {
    guardBearer(() => 'good');
    await ask(create('bob'));
    const [request] = service.requests;
    expect(Object.fromEntries(request?.query ?? [])).toEqual({
      service: 'reg.example',
      scope: 'repository:team/app:pull',
      account: 'bob',
    });
    expect(request?.headers.authorization).toBe(basicOf('bob'));
  });

  test('is asked for by its refresh token where there is one', async () => {
    guardBearer(() => 'good');
    const identity = { ...credential('bob'), identityToken: 'refresh me' };
    const source = createSource({ clock, credentials: credentialsOf([identity]) });
    expect(await ask(source)).toMatchObject({ ok: true, notes: [] });
    const [request] = service.requests;
    expect(request).toMatchObject({ method: 'POST', path: '/token' });
    expect(request?.headers.authorization).toBeUndefined();
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toMatchObject({
      grant_type: 'refresh_token',
      service: 'reg.example',
      scope: 'repository:team/app:pull',
      refresh_token: 'refresh me',
    });
  });

  test.each([
    ['its life less ten seconds', 300, 289_999, 290_000],
    ['at least a minute', 1, 59_999, 60_000],
  ])('is kept for %s', async (_what, lifeSeconds, goodMs, overMs) => {
    guardBearer(() => 'good', lifeSeconds);
    const source = create('bob');
    await ask(source);
    clock.advance(goodMs);
    await ask(source);
    expect(service.requests).toHaveLength(1);
    clock.advance(overMs - goodMs);
    await ask(source);
    expect(service.requests).toHaveLength(2);
  });

  test('that is refused before its time is asked for anew', async () => {
    let current = 'good';
    guard(({ headers }) => headers.authorization === `Bearer ${current}`, bearerChallenge());
    service.answer((_request, response) => sendJson(response, 200, { access_token: current }));
    const source = create('bob');
    await ask(source);
    current = 'better';
    expect(await ask(source)).toMatchObject({ ok: true, notes: [] });
    expect(service.requests).toHaveLength(2);
  });

  test('is asked for once by many at the same time', async () => {
    guard(({ headers }) => headers.authorization === 'Bearer good', bearerChallenge());
    const waiting: (() => void)[] = [];
    service.answer((_request, response) => {
      waiting.push(() => sendJson(response, 200, { token: 'good' }));
    });
    const source = create('bob');
    const answers = Promise.all(['1', '1', '1'].map(() => ask(source)));
    await eventually(() => expect(registry.requests).toHaveLength(3), { describe: 'all', timeoutMs: 5000 });
    await eventually(() => expect(waiting).toHaveLength(1), { describe: 'one asks', timeoutMs: 5000 });
    for (const answer of waiting) answer();
    expect((await answers).map(({ ok }) => ok)).toEqual([true, true, true]);
    expect(service.requests).toHaveLength(1);
  });

  test('is not lost with the one who asked for it first', async () => {
    guard(({ headers }) => headers.authorization === 'Bearer good', bearerChallenge());
    const waiting: (() => void)[] = [];
    service.answer((_request, response) => {
      waiting.push(() => sendJson(response, 200, { token: 'good' }));
    });
    const source = create('bob');
    const hasty = new AbortController();
    const first = source.digest(queryOf(registry), hasty.signal);
    await eventually(() => expect(waiting).toHaveLength(1), { describe: 'it asks', timeoutMs: 5000 });
    const second = ask(source);
    hasty.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    for (const answer of waiting) answer();
    expect(await second).toMatchObject({ ok: true });
    expect(service.requests).toHaveLength(1);
  });

  test('belongs to its credential: another namespace gets its own', async () => {
    guardBearer(({ headers }) => (headers.authorization === basicOf('good') ? 'good' : undefined));
    const source = createSource({
      clock,
      credentials: {
        credentialsFor: (_image, namespace) =>
          Promise.resolve({ credentials: [credential(namespace)], notes: [] }),
      },
    });
    expect(await ask(source, { namespace: 'good' })).toMatchObject({ ok: true });
    expect(failureOf(await ask(source, { namespace: 'bad' }))).toMatchObject({
      kind: 'wrongCredential',
      credential: 'secret "bad"',
    });
  });

  test.each<[string, StubAnswer, object]>([
    ['nothing', (_request, response) => sendJson(response, 200, {}), { kind: 'malformed' }],
    [
      'what fits no header',
      (_request, response) => sendJson(response, 200, { token: 'a\r\nx: y' }),
      { kind: 'malformed' },
    ],
    [
      'an HTML page',
      (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      { kind: 'notARegistry', detail: expect.stringContaining('answered with an HTML page') },
    ],
    ['404', (_request, response) => sendJson(response, 404, {}), { kind: 'serverError', status: 404 }],
    ['429', (_request, response) => response.writeHead(429).end(), { kind: 'rateLimited' }],
    [
      'a megabyte and a byte',
      (_request, response) => response.writeHead(200).end('x'.repeat(1024 * 1024 + 1)),
      { kind: 'tooLarge' },
    ],
    [
      'a circle',
      (_request, response) => response.writeHead(302, { location: '/token' }).end(),
      { kind: 'redirect' },
    ],
  ])('service that answers %s is named', async (_what, answer, expected) => {
    guardBearer(() => 'good');
    service.answer(answer);
    expect(failureOf(await ask(create('bob')))).toMatchObject(expected);
  });

  test.each([
    ['with a user in its address', () => `http://eve:x@${service.host}/token`],
    ['on another scheme', () => 'ftp://127.0.0.1/token'],
  ])('service %s gets nothing', async (_what, realm) => {
    guard(() => false, `Bearer realm="${realm()}",service="s"`);
    expect(failureOf(await ask(create('bob')))).toMatchObject({ kind: 'redirect' });
    expect(service.requests).toEqual([]);
  });
});

describe('which credential is shown', () => {
  test('the next one, when one is refused; the answer says so', async () => {
    guardBasic('good');
    expect(await ask(create('bad', 'good'))).toEqual({
      ok: true,
      value: manifestDigest,
      notes: [`secret "bad" was refused by ${registry.host}; secret "good" was used`],
      credential: 'secret "good"',
    });
  });

  test('none in the end; the answer says so', async () => {
    guardBearer(({ headers }) => (headers.authorization === undefined ? 'good' : undefined));
    expect(await ask(create('bad'))).toEqual({
      ok: true,
      value: manifestDigest,
      notes: [`secret "bad" was refused by ${registry.host}; imported without a credential`],
    });
  });

  test('all of them in vain: the wrong one is told of, not that one is wanted', async () => {
    guardBearer(({ headers }) => (headers.authorization === undefined ? 'bad' : undefined));
    expect(await ask(create('first', 'second'))).toMatchObject({
      ok: false,
      failure: { kind: 'wrongCredential', credential: 'secret "first"' },
      notes: [`secret "second" was refused by ${registry.host}`],
    });
  });

  test('a wrong password with Basic is a wrong credential', async () => {
    guardBasic('good');
    expect(failureOf(await ask(create('bad')))).toMatchObject({
      kind: 'wrongCredential',
      credential: 'secret "bad"',
    });
    expect(registry.requests).toHaveLength(2);
  });

  test('a token that may not read is not a wrong password', async () => {
    guardBearer(() => 'powerless');
    expect(failureOf(await ask(create('bob')))).toMatchObject({
      kind: 'unauthorized',
      credential: 'secret "bob"',
    });
  });

  test('without any: one is wanted', async () => {
    guardBasic('good');
    const failure = failureOf(await ask(create()));
    expect(failure).toMatchObject({ kind: 'unauthorized' });
    expect(failure).not.toHaveProperty('credential');
    expect(registry.requests).toHaveLength(1);
  });

  test('an image that is not there is so with the credential that was taken, and others are not tried', async () => {
    guardBasic('good');
    const answer = await ask(create('good', 'other'), { reference: 'none' });
    expect(failureOf(answer)).toMatchObject({ kind: 'notFound', credential: 'secret "good"' });
    const shown = registry.requests.map(({ headers }) => headers.authorization);
    expect(new Set(shown)).toEqual(new Set([undefined, basicOf('good')]));
  });

  test('Bearer is answered before Basic, among several challenges', async () => {
    guardBearer(() => 'good');
    guard(
      ({ headers }) => headers.authorization === 'Bearer good',
      ['Negotiate', `Basic realm="a, b", ${bearerChallenge()}`],
    );
    expect(await ask(create('bob'))).toMatchObject({ ok: true });
  });

  test('a challenge that changes is followed', async () => {
    guardBasic('bob');
    const source = create('bob');
    await ask(source);
    guardBearer(() => 'good');
    expect(await ask(source)).toMatchObject({ ok: true, notes: [] });
  });

  test('a refused one is tried again after an hour, and at once when the secret changes', async () => {
    guardBearer(({ headers }) => (headers.authorization === undefined ? 'good' : undefined));
    const tried = () => service.requests.filter(({ headers }) => headers.authorization !== undefined).length;
    let password = 'wrong';
    const source = createSource({
      clock,
      credentials: {
        credentialsFor: () => Promise.resolve({ credentials: [credential('bob', password)], notes: [] }),
      },
    });
    await ask(source);
    await ask(source);
    expect(tried()).toBe(1);
    password = 'still wrong';
    await ask(source);
    expect(tried()).toBe(2);
    clock.advance(3_600_000);
    await ask(source);
    expect(tried()).toBe(3);
  });

  test('notes of the source are passed on, with success and failure', async () => {
    const notes = ['secret "broken" is not JSON'];
    const source = createSource({ credentials: credentialsOf([], notes) });
    expect(await ask(source)).toMatchObject({ ok: true, notes });
    expect(await ask(source, { reference: 'none' })).toMatchObject({ ok: false, notes });
  });
});

describe('no message holds a secret', () => {
  const password = 'p4ss+word/with=signs';
  const echoing: StubAnswer = (request, response) => {
    const shown = request.headers.authorization ?? '';
    response.setHeader('www-authenticate', bearerChallenge());
    sendError(response, 401, 'UNAUTHORIZED', `you sent ${shown.split('').join('')} and ${request.target}`);
  };
  test.each<[string, StubAnswer, StubAnswer]>([
    [
      'a token service that repeats what it was shown',
      echoing,
      (request, response) => {
        const shown = Buffer.from((request.headers.authorization ?? '').slice(6), 'base64').toString();
        sendJson(response, 401, {
          details: `${shown} ${request.headers.authorization ?? ''} ${encodeURIComponent(password)}`,
        });
      },
    ],
    [
      'a registry that repeats the token',
      echoing,
      (_request, response) => {
        sendJson(response, 200, { token: 'a.secret.token' });
      },
    ],
    [
      'a registry that wants Basic and repeats it',
      (request, response) => {
        response.setHeader('www-authenticate', 'Basic realm="x"');
        sendError(
          response,
          401,
          'UNAUTHORIZED',
          `no: ${request.headers.authorization ?? ''}\u0007 ${password}`,
        );
      },
      echoing,
    ],
    [
      'a redirect to a signed address',
      (_request, response) => {
        response.writeHead(307, { location: `http://u:${password}@127.0.0.1/?sig=a.secret.token` }).end();
      },
      echoing,
    ],
  ])('%s', async (_what, atRegistry, atService) => {
    registry.answer(atRegistry);
    service.answer(atService);
    const source = createSource({ clock, credentials: credentialsOf([credential('bob', password)]) });
    const answer = await source.manifest(queryOf(registry), never);
    expect(failureOf(answer).detail).not.toBe('');
    const text = JSON.stringify(answer);
    const encoded = basicOf('bob', password).slice(6);
    for (const secret of [password, encodeURIComponent(password), encoded, 'a.secret.token']) {
      expect(text).not.toContain(secret);
    }
    // eslint-disable-next-line no-control-regex -- that there are none is the point
    expect(failureOf(answer).detail).toMatch(/^[^\u0000-\u001f]{1,200}$/);
  });
});
