import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { BlockList, connect, type LookupFunction } from 'node:net';
import type { RegistryFailure } from '../../src/oci/failure.ts';
import type { RegistryOptions, RequestEvent } from '../../src/registry/options.ts';
import { createPublicLookup, InternalAddress, type Reach } from '../../src/registry/public-lookup.ts';
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

let registry: StubRegistry;
let inside: StubRegistry;

beforeEach(async () => {
  [registry, inside] = await Promise.all([startStubRegistry(), startStubRegistry()]);
});

afterEach(async () => {
  await closeSources();
  await Promise.all([registry.stop(), inside.stop()]);
});

/** Everything but these hosts is to be public. */
const listing = (...hosts: readonly string[]): Required<Pick<RegistryOptions, 'reach'>> => ({
  reach: (host) => (hosts.includes(host) ? 'anywhere' : 'public'),
});
/** A name service that answers one call after the other, and says how often it was asked. */
const lookupOf = (...answers: readonly (readonly string[])[]) => {
  const asked: string[] = [];
  const lookup: LookupFunction = (hostname, _options, callback) => {
    const addresses = answers[Math.min(asked.length, answers.length - 1)] ?? [];
    asked.push(hostname);
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  return { lookup, asked };
};
const portOf = ({ host }: StubRegistry): string => host.slice(host.lastIndexOf(':') + 1);
const outOfReach = (host: string): Partial<RegistryFailure> => ({
  kind: 'unreachable',
  detail: `${host}: leads to an internal address; list the registry in registrySources.allowedRegistries or insecureRegistries to allow it`,
});

describe('a registry on loopback', () => {
  // What the resolver of the machine makes of a name must not matter.
  const { lookup } = lookupOf(['127.0.0.1']);
  const hosts = [
    ['an address', '127.0.0.1'],
    ['an address in short', '127.1'],
    ['an address in hexadecimal', '0x7f000001'],
    ['an address as one number', '2130706433'],
    ['the unspecified address', '0.0.0.0'],
    ['localhost', 'localhost'],
    ['a name without a dot', 'registry'],
    ['the name of a Service', 'registry.shop.svc.cluster.local'],
    ['a name that looks public', 'registry.example'],
  ];

  test.each(hosts)('as %s is asked where nobody says otherwise', async (_what, name) => {
    const query = queryOf(`${name}:${portOf(registry)}`, { insecure: true });
    expect(await createSource({ lookup }).digest(query, never)).toMatchObject({ ok: true });
  });

  test.each(hosts)('as %s is not connected to where only the public may be', async (_what, name) => {
    const source = createSource({ ...listing(), lookup });
    const answer = await source.digest(queryOf(`${name}:${portOf(registry)}`, { insecure: true }), never);
    expect(failureOf(answer)).toMatchObject({
      kind: 'unreachable',
      detail: expect.stringContaining('leads to an internal address'),
    });
    expect(registry.connected()).toBe(0);
  });

  test.each(['[::1]', '[::ffff:127.0.0.1]', '[::]', '[fe80::1]', '[::127.0.0.1]'])(
    'as %s is not connected to either',
    async (address) => {
      const source = createSource(listing());
      const answer = await source.digest(
        queryOf(`${address}:${portOf(registry)}`, { insecure: true }),
        never,
      );
      expect(failureOf(answer).detail).toContain('leads to an internal address');
      expect(registry.connected()).toBe(0);
    },
  );

  const namesOf = (): string[] => [registry.host, `reg.example:${portOf(registry)}`];

  test.each([0, 1])('is asked once the admin lists it, and no longer when that ends (%#)', async (form) => {
    const name = namesOf()[form] ?? '';
    let listed: readonly string[] = [];
    const reach = (host: string): Reach => (listed.includes(host) ? 'anywhere' : 'public');
    const source = createSource({ reach, lookup });
    const ask = () => source.digest(queryOf(name, { insecure: true }), never);
    expect(failureOf(await ask())).toMatchObject(outOfReach(name));
    listed = [name];
    expect(await ask()).toMatchObject({ ok: true, value: manifestDigest });
    const connected = registry.connected();
    listed = [];
    // A connection that was kept from when it was listed does not serve it.
    expect(failureOf(await ask())).toMatchObject(outOfReach(name));
    expect(registry.connected()).toBe(connected);
    expect(registry.requests).toHaveLength(1);
  });

  test.each([0, 1])('gives the same answer whether its port is open or closed (%#)', async (form) => {
    const name = namesOf()[form] ?? '';
    const source = createSource({ ...listing(), lookup });
    const ask = async () => failureOf(await source.digest(queryOf(name, { insecure: true }), never));
    const open = await ask();
    await registry.stop();
    expect(await ask()).toEqual(open);
    expect(open).toMatchObject(outOfReach(name));
    registry = await startStubRegistry();
  });
});

test.each([
  ['reg.example:443', 'reg.example:443'],
  ['Reg.example:443', 'Reg.example:443'],
  ['reg.example:5000', 'reg.example:5000'],
  ['reg.example', 'reg.example'],
  ['docker.io', 'registry-1.docker.io'],
])('%s is judged as %s', async (written, judged) => {
  const hosts: string[] = [];
  const source = createSource({
    reach: (host) => {
      hosts.push(host);
      return 'public';
    },
    lookup: lookupOf(['10.0.0.1']).lookup,
  });
  await source.digest(queryOf(written), never);
  expect(hosts).toEqual([judged]);
});

test('it is said in one attempt: not by plain HTTP after HTTPS, not by GET after HEAD', async () => {
  const events: RequestEvent[] = [];
  const { lookup, asked } = lookupOf(['10.0.0.1']);
  const source = createSource({ ...listing(), lookup, onRequest: (event) => void events.push(event) });
  await source.digest(queryOf('reg.example', { insecure: true }), never);
  expect(asked).toEqual(['reg.example']);
  expect(events).toMatchObject([{ registry: 'reg.example', operation: 'digest', outcome: 'unreachable' }]);
});

test('refusals do not close the circuit of a registry, nor open it', async () => {
  let listed = false;
  const source = createSource({ reach: () => (listed ? 'anywhere' : 'public') });
  const kindOf = async (): Promise<string> => failureOf(await source.digest(queryOf(registry), never)).kind;
  for (let time = 0; time < 10; time += 1) expect(await kindOf()).toBe('unreachable');
  listed = true;
  expect(await source.digest(queryOf(registry), never)).toMatchObject({ ok: true });
  registry.answer((_request, response) => sendError(response, 500, 'UNKNOWN', 'no'));
  for (let time = 0; time < 4; time += 1) expect(await kindOf()).toBe('serverError');
  listed = false;
  expect(await kindOf()).toBe('unreachable');
  listed = true;
  expect(await kindOf()).toBe('serverError');
  expect(await kindOf()).toBe('paused');
});

describe('what an allowed registry leads to', () => {
  test.each([
    ['is not connected to where it is inside', (): string[] => [registry.host], 0],
    ['is connected to where it is listed itself', (): string[] => [registry.host, inside.host], 1],
  ])('by a redirect %s', async (_what, listed, connected) => {
    registry.answer((request, response) =>
      response.writeHead(307, { location: `${inside.url}${request.target}` }).end(),
    );
    const answer = await createSource(listing(...listed())).config(queryOf(registry), configDigest, never);
    expect(answer.ok).toBe(connected === 1);
    if (connected === 0) expect(failureOf(answer)).toMatchObject(outOfReach(inside.host));
    expect(inside.connected()).toBe(connected);
  });

  test.each([
    ['is not connected to where it is inside', (): string[] => [registry.host], 0],
    ['is connected to where it is listed itself', (): string[] => [registry.host, inside.host], 1],
  ])('as its token service %s', async (_what, listed, connected) => {
    registry.answer((request, response) => {
      if (request.headers.authorization === 'Bearer good') {
        serveTiny(request, response);
        return;
      }
      response.setHeader('www-authenticate', `Bearer realm="${inside.url}/token",service="s"`);
      sendError(response, 401, 'UNAUTHORIZED', 'no');
    });
    inside.answer((_request, response) => sendJson(response, 200, { token: 'good' }));
    const source = createSource({
      ...listing(...listed()),
      credentials: credentialsOf([credential('bob')]),
    });
    const answer = await source.digest(queryOf(registry), never);
    expect(answer.ok).toBe(connected === 1);
    if (connected === 0) expect(failureOf(answer)).toMatchObject(outOfReach(inside.host));
    expect(inside.connected()).toBe(connected);
  });

  test('by a redirect of its token service is not connected to', async () => {
    registry.answer((request, response) => {
      if (request.path === '/token') response.writeHead(302, { location: `${inside.url}/token` }).end();
      else {
        response.setHeader('www-authenticate', `Bearer realm="${registry.url}/token",service="s"`);
        sendError(response, 401, 'UNAUTHORIZED', 'no');
      }
    });
    const answer = await createSource(listing(registry.host)).digest(queryOf(registry), never);
    expect(failureOf(answer)).toMatchObject(outOfReach(inside.host));
    expect(inside.connected()).toBe(0);
  });
});

describe('a name', () => {
  test('is looked up for each connection, and judged each time', async () => {
    const { lookup, asked } = lookupOf(['10.0.0.1'], ['fd00::1', '127.0.0.1']);
    const source = createSource({ ...listing(), lookup });
    const query = queryOf(`reg.example:${portOf(registry)}`);
    for (const time of [1, 2]) {
      expect(failureOf(await source.digest(query, never)).detail).toContain('leads to an internal address');
      expect(asked).toHaveLength(time);
    }
    expect(registry.connected()).toBe(0);
  });

  test('that is unknown is told so', async () => {
    const lookup: LookupFunction = (_hostname, _options, callback) =>
      callback(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }), []);
    const answer = await createSource({ ...listing(), lookup }).digest(queryOf('reg.example'), never);
    expect(failureOf(answer).detail).toBe('reg.example: the host name is unknown');
  });

  /** Where a socket would connect to: this list stops it there, and its error names the address. */
  const destinationsOf = async (lookup: LookupFunction, autoSelectFamily: boolean): Promise<string> => {
    const everywhere = new BlockList();
    everywhere.addSubnet('0.0.0.0', 0, 'ipv4');
    everywhere.addSubnet('::', 0, 'ipv6');
    const target = { host: 'reg.example', port: 9, blockList: everywhere, autoSelectFamily };
    const socket = connect({ ...target, lookup });
    const [error] = (await once(socket, 'error').catch((thrown: unknown) => [thrown])) as [Error];
    // By shape: the platform's errors come from another realm.
    const errors = 'errors' in error ? (error.errors as Error[]) : [error];
    return errors.map(({ message }) => /IP\((.*)\) is blocked/.exec(message)?.[1] ?? 'none').join(' ');
  };

  test.each<[string, readonly (readonly string[])[], boolean, string]>([
    [
      'public first and private next leads to the one that was judged',
      [['203.0.113.7'], ['127.0.0.1']],
      true,
      '203.0.113.7',
    ],
    ['the same, for sockets that take one address', [['203.0.113.7'], ['127.0.0.1']], false, '203.0.113.7'],
    [
      'both at once leads to the public ones',
      [['10.0.0.1', '203.0.113.7', '::1', '203.0.113.8']],
      true,
      '203.0.113.7 203.0.113.8',
    ],
    ['both at once, for sockets that take one address', [['10.0.0.1', '203.0.113.7']], false, '203.0.113.7'],
  ])('%s', async (_what, answers, autoSelectFamily, expected) => {
    const { lookup, asked } = lookupOf(...answers);
    expect(await destinationsOf(createPublicLookup(lookup), autoSelectFamily)).toBe(expected);
    expect(asked).toEqual(['reg.example']);
  });

  test('that has no address but private ones leads nowhere, and the error does not tell which', () => {
    let error: unknown;
    createPublicLookup(lookupOf(['10.9.8.7', 'fd00::7']).lookup)(
      'reg.example',
      {},
      (thrown) => (error = thrown),
    );
    expect(error).toBeInstanceOf(InternalAddress);
    expect(JSON.stringify(error) + String(error)).not.toMatch(/10\.9|fd00/);
  });
});
