import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { RegistryOptions } from '../../src/registry/options.ts';
import { createAuthority, issue, type KeyPair } from '../cluster/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { createFakeClock } from '../support/fake-clock.ts';
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
  configDigest,
  manifestDigest,
  sendError,
  sendJson,
  serveTiny,
  startStubRegistry,
  type StubRegistry,
} from './stub-registry.ts';

let authority: KeyPair;
let serving: KeyPair;
let forAnother: KeyPair;
let registry: StubRegistry;
let plain: StubRegistry;

beforeAll(async () => {
  authority = await createAuthority('registry-ca');
  const subject = { kind: 'server', name: 'registry' } as const;
  serving = await issue(authority, { ...subject, hosts: ['127.0.0.1'] });
  forAnother = await issue(authority, { ...subject, hosts: ['other.example'] });
});

beforeEach(async () => {
  [registry, plain] = await Promise.all([startStubRegistry(serving), startStubRegistry()]);
});

afterEach(async () => {
  await closeSources();
  await Promise.all([registry.stop(), plain.stop()]);
});

const trusting = (host: () => string): Pick<RegistryOptions, 'trust'> => ({
  trust: (asked) => Promise.resolve(asked === host() ? [authority.certificate] : []),
});

describe('an authority of our own', () => {
  test('is trusted for the host that it is given for', async () => {
    const source = createSource(trusting(() => registry.host));
    expect(await source.digest(queryOf(registry), never)).toMatchObject({ ok: true, value: manifestDigest });
  });

  test('is trusted for no other host', async () => {
    const source = createSource(trusting(() => plain.host));
    expect(failureOf(await source.digest(queryOf(registry), never)).kind).toBe('tls');
  });

  test('does not help a certificate for another name', async () => {
    const other = await startStubRegistry(forAnother);
    try {
      const failure = failureOf(await createSource(trusting(() => other.host)).digest(queryOf(other), never));
      expect(failure).toMatchObject({ kind: 'tls', detail: expect.stringContaining('another host name') });
    } finally {
      await other.stop();
    }
  });

  test('is taken up when it changes, and given up', async () => {
    let authorities: readonly string[] = [];
    const source = createSource({ trust: () => Promise.resolve(authorities) });
    expect(failureOf(await source.digest(queryOf(registry), never)).kind).toBe('tls');
    authorities = [authority.certificate];
    expect(await source.digest(queryOf(registry), never)).toMatchObject({ ok: true });
    authorities = [];
    expect(failureOf(await source.digest(queryOf(registry), never)).kind).toBe('tls');
  });

  test.each<[string, RegistryOptions['trust']]>([
    ['cannot be read', () => Promise.reject(new Error('EACCES /secret/path'))],
    [
      'is no certificate',
      () => Promise.resolve(['-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n']),
    ],
  ])('that %s is a TLS failure', async (_what, trust) => {
    const failure = failureOf(await createSource({ trust }).digest(queryOf(registry), never));
    expect(failure.kind).toBe('tls');
    expect(failure.detail).not.toContain('/secret/path');
  });

  test('also counts for the storage that a redirect leads to', async () => {
    const storage = await startStubRegistry(serving);
    try {
      registry.answer((request, response) =>
        response.writeHead(307, { location: `${storage.url}${request.target}` }).end(),
      );
      const source = createSource(trusting(() => registry.host));
      expect(await source.config(queryOf(registry), configDigest, never)).toMatchObject({ ok: true });
    } finally {
      await storage.stop();
    }
  });

  test('does not take the place of those of the system', async () => {
    const another = await createAuthority('another-ca');
    const system = getCACertificates('default');
    setDefaultCACertificates([authority.certificate]);
    try {
      const source = createSource({ trust: () => Promise.resolve([another.certificate]) });
      expect(await source.digest(queryOf(registry), never)).toMatchObject({ ok: true });
    } finally {
      setDefaultCACertificates(system);
    }
  });
});

describe('without "insecure"', () => {
  test('a registry on plain HTTP is told so, and sent nothing', async () => {
    const failure = failureOf(await createSource().digest(queryOf(plain, { insecure: false }), never));
    expect(failure).toMatchObject({ kind: 'plainHttp', registry: plain.host, repository: 'team/app' });
    expect(plain.requests).toEqual([]);
  });

  test('a certificate that nobody vouches for is not trusted', async () => {
    const failure = failureOf(await createSource().digest(queryOf(registry), never));
    expect(failure).toMatchObject({ kind: 'tls', detail: expect.stringContaining('authority') });
    expect(registry.requests).toEqual([]);
  });

  test('a redirect to plain HTTP is not followed', async () => {
    registry.answer((request, response) =>
      response.writeHead(307, { location: `${plain.url}${request.target}` }).end(),
    );
    const source = createSource(trusting(() => registry.host));
    expect(failureOf(await source.config(queryOf(registry), configDigest, never)).kind).toBe('redirect');
    expect(plain.requests).toEqual([]);
  });

  test('a token service on plain HTTP gets no credential', async () => {
    registry.answer((_request, response) => {
      response.setHeader('www-authenticate', `Bearer realm="${plain.url}/token",service="s"`);
      sendError(response, 401, 'UNAUTHORIZED', 'no');
    });
    const source = createSource({
      ...trusting(() => registry.host),
      credentials: credentialsOf([credential('bob')]),
    });
    expect(failureOf(await source.digest(queryOf(registry), never)).kind).toBe('redirect');
    expect(plain.requests).toEqual([]);
  });

  test('a challenge that was heard insecurely is not believed', async () => {
    // As somebody in between would: insecurely it names a token service of its own.
    const answerWith = (realm: string): void =>
      registry.answer((request, response) => {
        if (request.headers.authorization === 'Bearer good') {
          serveTiny(request, response);
          return;
        }
        response.setHeader('www-authenticate', `Bearer realm="${realm}",service="s"`);
        sendError(response, 401, 'UNAUTHORIZED', 'no');
      });
    plain.answer((_request, response) => sendJson(response, 200, { token: 'good' }));
    answerWith(`${plain.url}/token`);
    const source = createSource({
      ...trusting(() => registry.host),
      credentials: credentialsOf([credential('bob')]),
    });
    expect(await source.digest(queryOf(registry, { insecure: true }), never)).toMatchObject({ ok: true });
    plain.forget();
    answerWith(`${registry.url}/token`);
    await source.digest(queryOf(registry), never);
    expect(plain.requests).toEqual([]);
    expect(registry.lines()).toContain('GET /token');
  });
});

describe('with "insecure"', () => {
  test('a certificate that nobody vouches for is good enough', async () => {
    const source = createSource();
    expect(await source.digest(queryOf(registry, { insecure: true }), never)).toMatchObject({ ok: true });
    expect(source.requests()).toBe(1);
  });

  test('plain HTTP is found once and remembered for ten minutes', async () => {
    const clock = createFakeClock();
    const source = createSource({ clock });
    const ask = () => source.digest(queryOf(plain), never);
    expect(await ask()).toMatchObject({ ok: true });
    expect(source.requests()).toBe(2);
    await ask();
    expect(source.requests()).toBe(3);
    clock.advance(600_000);
    await ask();
    expect(source.requests()).toBe(5);
  });

  test('HTTPS that is known to work is not given up for plain HTTP when a connection breaks', async () => {
    const source = createSource();
    const ask = () => source.digest(queryOf(registry, { insecure: true }), never);
    await ask();
    registry.answer((_request, response) => response.socket?.destroy());
    expect(failureOf(await ask()).kind).toBe('unreachable');
    expect(source.requests()).toBe(2);
  });

  test('a connection kept for it serves no secure request', async () => {
    const source = createSource();
    await source.digest(queryOf(registry, { insecure: true }), never);
    expect(failureOf(await source.digest(queryOf(registry), never)).kind).toBe('tls');
  });
});

test('connections are kept, and close ends them', async () => {
  const source = createSource(trusting(() => registry.host));
  // A HEAD keeps its connection too, one of at most eight: undici alone would close it.
  for (let time = 0; time < 20; time += 1) await source.digest(queryOf(registry), never);
  expect(registry.connected()).toBeLessThanOrEqual(8);
  expect(await registry.connections()).toBeGreaterThan(0);
  await source.close();
  await eventually(async () => expect(await registry.connections()).toBe(0), {
    describe: 'the connection ends',
    timeoutMs: 2000,
  });
});
