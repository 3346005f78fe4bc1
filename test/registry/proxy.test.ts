import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { proxiesOf } from '../../src/registry/proxy.ts';
import { createAuthority, issue, type KeyPair } from '../cluster/certificates.ts';
import { closeSources, createSource, failureOf, never, queryOf } from './fixture.ts';
import { manifestDigest, serveTiny, startStubRegistry, type StubRegistry } from './stub-registry.ts';

let authority: KeyPair;
let serving: KeyPair;
let registry: StubRegistry;
let proxy: Server;
let proxyUrl: string;
/** The targets that tunnels were asked for. */
let tunnels: string[];

beforeAll(async () => {
  authority = await createAuthority('registry-ca');
  serving = await issue(authority, { kind: 'server', name: 'registry', hosts: ['127.0.0.1'] });
  proxy = createServer();
  proxy.on('connect', (request, socket) => {
    const target = request.url ?? '';
    tunnels.push(target);
    const upstream = connect(Number(target.slice(target.lastIndexOf(':') + 1)), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.pipe(socket);
      socket.pipe(upstream);
    });
    for (const end of [upstream, socket])
      end.on('error', () => [upstream, socket].map((one) => one.destroy()));
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});

afterAll(() => {
  proxy.closeAllConnections();
  proxy.close();
});

beforeEach(async () => {
  tunnels = [];
  registry = await startStubRegistry(serving);
  registry.answer(serveTiny);
});

afterEach(async () => {
  await closeSources();
  await registry.stop();
});

const trust = () => Promise.resolve([authority.certificate]);

describe('a registry behind a proxy', () => {
  test('is reached through a tunnel, its own certificate verified', async () => {
    const source = createSource({ trust, proxies: { https: proxyUrl, http: '', none: '' } });
    expect(await source.digest(queryOf(registry), never)).toMatchObject({ ok: true, value: manifestDigest });
    expect(tunnels).toEqual([registry.host]);
  });

  test('is not trusted because the proxy is', async () => {
    const source = createSource({ proxies: { https: proxyUrl, http: '', none: '' } });
    expect(failureOf(await source.digest(queryOf(registry), never)).kind).toBe('tls');
  });

  test('is reached directly where it is excepted', async () => {
    const source = createSource({ trust, proxies: { https: proxyUrl, http: '', none: '127.0.0.1' } });
    expect(await source.digest(queryOf(registry), never)).toMatchObject({ ok: true });
    expect(tunnels).toEqual([]);
  });

  test.each([
    ['an address inside', '127.0.0.1:5000'],
    ['a Service', 'registry.shop.svc'],
    ['a Service in full', 'registry.shop.svc.cluster.local:5000'],
    ['the metadata of the cloud', 'metadata.google.internal'],
    ['a name without a dot', 'registry'],
  ])('is not asked for where only the public may be reached: %s', async (_what, host) => {
    const proxies = { https: proxyUrl, http: proxyUrl, none: '' };
    const source = createSource({ proxies, reach: () => 'public' });
    const failure = failureOf(await source.digest(queryOf(host, { insecure: true }), never));
    expect(failure).toMatchObject({
      kind: 'unreachable',
      detail: expect.stringContaining('leads to an internal address'),
    });
    expect(tunnels).toEqual([]);
  });

  test.each([
    ['through the proxy, which may lie inside', '', ['registry.example']],
    ['directly where it is excepted, and judged there', 'registry.example', []],
  ])('with a public name goes %s', async (_what, none, expected) => {
    const source = createSource({
      proxies: { https: proxyUrl, http: '', none },
      reach: () => 'public',
      lookup: (_hostname, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
    });
    const host = `registry.example:${registry.host.slice(registry.host.lastIndexOf(':') + 1)}`;
    const failure = failureOf(await source.digest(queryOf(host), never));
    // The tunnel leads to the stub, whose certificate is for another name.
    expect(failure).toMatchObject(
      none === ''
        ? { kind: 'tls' }
        : { kind: 'unreachable', detail: expect.stringContaining('leads to an internal address') },
    );
    expect(tunnels.map((target) => target.replace(/:\d+$/, ''))).toEqual(expected);
  });

  test('that is not there is unreachable', async () => {
    const source = createSource({ trust, proxies: { https: 'http://127.0.0.1:1', http: '', none: '' } });
    expect(failureOf(await source.digest(queryOf(registry), never)).kind).toBe('unreachable');
  });
});

test.each([
  ['nothing', {}, { https: '', http: '', none: '' }],
  ['large letters', { HTTPS_PROXY: 'http://a', NO_PROXY: 'b' }, { https: 'http://a', http: '', none: 'b' }],
  [
    'small letters first',
    { http_proxy: 'http://a', HTTP_PROXY: 'http://b' },
    { https: '', http: 'http://a', none: '' },
  ],
])('proxies of %s', (_title, env, expected) => {
  expect(proxiesOf(env)).toEqual(expected);
});
