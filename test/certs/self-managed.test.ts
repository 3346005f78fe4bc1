import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { CertificatePair } from '../../src/certs/certificate-source.ts';
import { inspect, splitCertificates } from '../../src/certs/inspect.ts';
import { issueAuthority, issueServing } from '../../src/certs/issue.ts';
import { createKeeper, type Keeper, type KeeperOptions } from '../../src/certs/keeper.ts';
import { bundleOf, formatMaterial, parseMaterial, type Material } from '../../src/certs/material.ts';
import { overlapMs, settleMs } from '../../src/certs/rotation.ts';
import { startSelfManaged } from '../../src/certs/self-managed.ts';
import { isObject, objectAt, stringAt } from '../../src/json/untyped.ts';
import { eventually } from '../support/eventually.ts';
import { handshakeWith } from './handshake.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { failure, memoryApi, type MemoryApi } from './memory-api.ts';
import { createRecordingLog } from '../support/recording-log.ts';

const day = 24 * 3_600_000;
const secretPath = '/api/v1/namespaces/system/secrets/webhook-tls';
const configurationPath = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/pinstream';
const dnsNames = ['webhook.system.svc', 'webhook.system', 'webhook.system.svc.cluster.local'];

let api: MemoryApi;
let clock: FakeClock;
let log: ReturnType<typeof createRecordingLog>;
let options: KeeperOptions;

beforeEach(() => {
  api = memoryApi();
  clock = createFakeClock(Date.now());
  log = createRecordingLog();
  options = {
    client: api.client,
    namespace: 'system',
    secretName: 'webhook-tls',
    serviceName: 'webhook',
    webhookConfigurations: [{ kind: 'MutatingWebhookConfiguration', name: 'pinstream' }],
    clock,
    log,
  };
  api.objects.set(configurationPath, { webhooks: [{ name: 'a', clientConfig: {} }] });
});

const secret = (): object => api.objects.get(secretPath) ?? {};
const stored = (): Material => parseMaterial(objectAt(secret(), 'data'));
const secretWrites = (): readonly string[] => api.writes.filter((write) => write.includes('/secrets'));

/** What API servers trust. */
function trusted(): string {
  const configuration = api.objects.get(configurationPath);
  const [webhook]: unknown[] = isObject(configuration) ? [configuration.webhooks].flat() : [];
  return Buffer.from(stringAt(objectAt(webhook, 'clientConfig'), 'caBundle') ?? '', 'base64').toString();
}

const isTrusted = async (pair: CertificatePair): Promise<boolean> =>
  (await handshakeWith(pair, trusted(), 'webhook.system.svc')) === 'trusted';

/** Puts a Secret there as if made so many days ago. */
async function seed(authorityAgeDays: number, servingAgeDays: number): Promise<Material> {
  const made = (ageDays: number): Date => new Date(clock.now() - ageDays * day);
  const signer = await issueAuthority({ commonName: 'seed', now: made(authorityAgeDays) });
  const serving = await issueServing({ authority: signer, dnsNames, now: made(servingAgeDays) });
  const material = { authorities: [signer.cert], signer, serving };
  api.objects.set(secretPath, {
    metadata: { name: 'webhook-tls', resourceVersion: 'seed' },
    data: formatMaterial(material),
  });
  return material;
}

function editData(change: Readonly<Record<string, string>>): void {
  api.objects.set(secretPath, { ...secret(), data: { ...objectAt(secret(), 'data'), ...change } });
}

describe('the Secret and the configurations', () => {
  test('of a new cluster: made, trusted, and shared by a later replica', async () => {
    const pair = await createKeeper(options).pass();
    expect(inspect(pair.cert).dnsNames).toEqual(dnsNames);
    expect(await isTrusted(pair)).toBe(true);
    expect(secret()).toMatchObject({
      type: 'kubernetes.io/tls',
      metadata: { name: 'webhook-tls', namespace: 'system' },
    });
    expect(await createKeeper(options).pass()).toEqual(pair);
    expect(secretWrites()).toEqual([`create ${secretPath}`]);
  });

  test('of a new cluster with five replicas at once: one makes them, all serve the same', async () => {
    const pairs = await Promise.all(Array.from({ length: 5 }, () => createKeeper(options).pass()));
    expect(new Set(pairs.map(({ cert }) => cert)).size).toBe(1);
    expect(secretWrites()).toEqual([`create ${secretPath}`]);
    expect(await isTrusted(pairs[0] ?? { cert: '', key: '' })).toBe(true);
  });

  test('in good order: read, not written', async () => {
    const { serving } = await seed(10, 10);
    const keeper = createKeeper(options);
    expect(await keeper.pass()).toEqual(serving);
    expect(await keeper.pass()).toEqual(serving);
    expect(api.writes).toEqual([`patch ${configurationPath}`]);
  });

  test('with other keys, labels and an owner: these stay', async () => {
    await seed(10, 80);
    api.objects.set(secretPath, { ...secret(), metadata: { resourceVersion: 'x', labels: { a: 'b' } } });
    editData({ extra: 'eA==' });
    await createKeeper(options).pass();
    expect(secret()).toMatchObject({ metadata: { labels: { a: 'b' } }, data: { extra: 'eA==' } });
  });

  test.each<[string, number, number]>([
    ['all of it expired', 400, 100],
    ['the serving certificate expired', 100, 91],
    ['the serving certificate due', 100, 60],
  ])('%s: a new pair at once, trusted', async (_title, authorityAge, servingAge) => {
    const { serving } = await seed(authorityAge, servingAge);
    const pair = await createKeeper(options).pass();
    expect(pair).not.toEqual(serving);
    expect(await isTrusted(pair)).toBe(true);
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ['all of it', { 'tls.crt': '', 'tls.key': '', 'ca.crt': '', 'ca.key': '' }],
    ['the certificate', { 'tls.crt': 'Z2FyYmFnZQ==' }],
    ['the key', { 'tls.key': 'not even base64 !' }],
    ['the authority', { 'ca.crt': 'Z2FyYmFnZQ==' }],
    ['the key of the authority', { 'ca.key': 'Z2FyYmFnZQ==' }],
  ])('with %s spoilt by hand: healed, for a new replica too', async (_title, change) => {
    await seed(10, 10);
    editData(change);
    const pair = await createKeeper(options).pass();
    expect(await isTrusted(pair)).toBe(true);
    expect(stored()).toMatchObject({ serving: pair, signer: expect.anything() });
  });

  test.each<[string, () => void]>([
    ['deleted', () => api.objects.delete(secretPath)],
    ['emptied', () => editData({ 'tls.crt': '', 'tls.key': '', 'ca.crt': '', 'ca.key': '' })],
  ])(
    '%s while a replica runs: new keys, without a moment in which it is not trusted',
    async (_title, damage) => {
      await seed(10, 10);
      const keeper = createKeeper(options);
      const before = await keeper.pass();
      const authorityBefore = stored().signer?.cert;
      damage();
      expect(await keeper.pass()).toEqual(before);
      expect(await isTrusted(before)).toBe(true);
      clock.advance(settleMs);
      const after = await keeper.pass();
      expect(after).not.toEqual(before);
      expect(await isTrusted(before)).toBe(true);
      expect(await isTrusted(after)).toBe(true);
      expect(stored().signer?.cert).not.toBe(authorityBefore);
    },
  );

  const foreign = { cert: '', key: '' };
  beforeAll(async () => {
    const now = new Date();
    const authority = await issueAuthority({ commonName: 'foreign', now });
    Object.assign(foreign, await issueServing({ authority, dnsNames, now }));
  });
  const encoded = (text: string): string => Buffer.from(text).toString('base64');

  test.each<[string, () => unknown]>([
    ['expired', () => seed(400, 100)],
    ['nonsense', () => editData({ 'tls.crt': 'AAAA', 'ca.crt': 'AAAA', 'tls.key': 'AAAA' })],
    [
      'the pair of another authority',
      () => editData({ 'tls.crt': encoded(foreign.cert), 'tls.key': encoded(foreign.key) }),
    ],
    ['the key of another certificate', () => editData({ 'tls.key': encoded(foreign.key) })],
    ['without its authority', () => editData({ 'ca.crt': '' })],
  ])(
    '%s all of a sudden while a replica runs: mended, without a moment in which it is not trusted',
    async (_title, damage) => {
      await seed(10, 10);
      const keeper = createKeeper(options);
      const before = await keeper.pass();
      await damage();
      const after = await keeper.pass();
      expect([await isTrusted(before), await isTrusted(after)]).toEqual([true, true]);
      expect(stored()).toMatchObject({ serving: after, signer: expect.anything() });
    },
  );

  test('when somebody writes to the Secret all the time: an error that says so', async () => {
    await seed(10, 80);
    api.refuse = (verb, path) => (verb === 'replace' ? failure(409, 'Conflict', path) : undefined);
    await expect(createKeeper(options).pass()).rejects.toThrow(/Secret system\/webhook-tls: still changing/);
  });
});

describe('a rotation of the authority', () => {
  let keepers: readonly Keeper[];
  const passes = (): Promise<readonly CertificatePair[]> =>
    Promise.all(keepers.map((keeper) => keeper.pass()));

  beforeEach(() => {
    keepers = [createKeeper(options), createKeeper(options)];
  });

  test('trusts the new one first, then serves it, then forgets the old one, whoever of two replicas acts', async () => {
    const { serving, signer } = await seed(250, 10);
    expect(await passes()).toEqual([serving, serving]);
    expect(splitCertificates(trusted())).toHaveLength(2);
    clock.advance(settleMs - 1);
    expect(await passes()).toEqual([serving, serving]);

    clock.advance(1);
    const [first, second] = await passes();
    expect(first).not.toEqual(serving);
    expect(second).toEqual(first);
    expect(splitCertificates(trusted())).toContain(signer?.cert);
    expect(await isTrusted(first ?? { cert: '', key: '' })).toBe(true);
    expect(await isTrusted(serving ?? { cert: '', key: '' })).toBe(true);

    clock.advance(overlapMs);
    expect(await passes()).toEqual([first, first]);
    expect(splitCertificates(trusted())).not.toContain(signer?.cert);
    expect(trusted()).toBe(bundleOf(stored()));
    expect(secretWrites()).toHaveLength(3);
  });

  test('does not go on while a configuration cannot be written', async () => {
    const { serving } = await seed(250, 10);
    await passes();
    api.objects.set(configurationPath, { webhooks: [{ name: 'a', clientConfig: { caBundle: 'bWluZQ==' } }] });
    api.refuse = (verb) => (verb === 'patch' ? failure(403, 'Forbidden', 'no') : undefined);
    clock.advance(settleMs);
    expect(await passes()).toEqual([serving, serving]);
    clock.advance(settleMs);
    expect(await passes()).toEqual([serving, serving]);
  });

  test('begins the wait anew when somebody took the new authority out of a configuration', async () => {
    const { serving } = await seed(250, 10);
    await passes();
    api.objects.set(configurationPath, { webhooks: [{ name: 'a', clientConfig: { caBundle: 'bWluZQ==' } }] });
    clock.advance(settleMs);
    expect(await passes()).toEqual([serving, serving]);
    expect(splitCertificates(trusted())).toHaveLength(2);
  });
});

describe('the namespace', () => {
  const list = '/api/v1/namespaces?fieldSelector=metadata.name%3Dsystem';
  const ours = { apiVersion: 'v1', kind: 'Namespace', name: 'system', uid: 'u1' };
  const owners = (): unknown => objectAt(api.objects.get(configurationPath), 'metadata').ownerReferences;
  const other = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'operator', uid: 'o' };

  beforeEach(() => {
    api.objects.set(list, { items: [{ metadata: { name: 'system', uid: 'u1' } }] });
  });

  test.each<[string, readonly object[] | undefined, readonly object[]]>([
    ['no owner: ours', undefined, [ours]],
    ['other owners: ours too', [other], [other, ours]],
    ['a namespace that is gone: ours instead', [{ ...ours, uid: 'u0' }, other], [other, ours]],
  ])('comes to own the webhook configuration: %s', async (_title, ownerReferences, expected) => {
    api.objects.set(configurationPath, { metadata: { resourceVersion: 'x', ownerReferences }, webhooks: [] });
    const keeper = createKeeper(options);
    await keeper.pass();
    expect(owners()).toEqual(expected);
    api.writes.length = 0;
    await keeper.pass();
    expect(api.writes).toEqual([]);
  });

  test.each([
    ['may not be read', 'get', list],
    ['may not be made an owner', 'patch', configurationPath],
  ])('that %s is said once, and certificates are kept all the same', async (_title, refused, path) => {
    api.objects.set(configurationPath, { metadata: { resourceVersion: 'x' }, webhooks: [] });
    let refusals = 0;
    api.refuse = (verb, asked) => {
      if (verb !== refused || asked !== path) return undefined;
      refusals += 1;
      return failure(403, 'Forbidden', path);
    };
    const keeper = createKeeper(options);
    await keeper.pass();
    await keeper.pass();
    expect(refusals).toBe(1);
    expect(owners()).toBeUndefined();
    const told = log.lines.filter(({ message }) => message.includes('not tied to our namespace'));
    expect(told).toHaveLength(1);
  });
});

describe('replicas whose clocks differ', () => {
  const hour = 3_600_000;

  /** Passes of both in turn, the one that is ahead first. Gives what each serves in the end. */
  async function serveApart(apartMs: number): Promise<readonly CertificatePair[]> {
    const keepers = [
      createKeeper({ ...options, clock: createFakeClock(clock.now() + apartMs) }),
      createKeeper(options),
    ];
    for (const keeper of [...keepers, ...keepers]) await keeper.pass();
    api.writes.length = 0;
    return Promise.all(keepers.map((keeper) => keeper.pass()));
  }

  test.each([
    ['ten minutes', hour / 6],
    ['an hour', hour],
    ['a day', 24 * hour],
  ])('by %s: both serve one pair, valid by both clocks, and then leave it', async (_title, apartMs) => {
    const [ahead, behind] = await serveApart(apartMs);
    expect(ahead).toEqual(behind);
    expect(api.writes).toEqual([]);
    expect(await isTrusted(behind ?? { cert: '', key: '' })).toBe(true);
    expect(inspect(behind?.cert ?? '').notBefore.getTime()).toBeLessThanOrEqual(clock.now());
  });

  test('by a day: what the one that is ahead has shown until then stays trusted', async () => {
    const first = await createKeeper({ ...options, clock: createFakeClock(clock.now() + 24 * hour) }).pass();
    const [issued] = splitCertificates(trusted());
    await createKeeper(options).pass();
    expect(splitCertificates(trusted())).toEqual([expect.any(String), issued]);
    expect(first.cert).not.toBe(stored().serving?.cert);
  });
});

describe('a self-managed source', () => {
  const start = (signal = new AbortController().signal): ReturnType<typeof startSelfManaged> =>
    startSelfManaged({ ...options, signal });
  const waiting = (describe: string): { describe: string; timeoutMs: number } => ({
    describe,
    timeoutMs: 8_000,
  });

  test('serves the stored pair and takes over within a minute what another replica stored', async () => {
    await seed(10, 10);
    const source = await start();
    const heard: CertificatePair[] = [];
    source.onChange((pair) => heard.push(pair));
    const { serving } = await seed(5, 5);
    clock.advance(60_000);
    await eventually(() => expect(heard).toEqual([serving]), waiting('the new pair'));
    expect(source.current()).toEqual(serving);
    expect(source.notAfter()).toEqual(inspect(serving?.cert ?? '').notAfter);
    source.stop();
  });

  test('looks at once when it is told of a change, until it is stopped', async () => {
    await seed(10, 10);
    let change = (): void => undefined;
    let ended: AbortSignal | undefined;
    const source = await startSelfManaged({
      ...options,
      signal: new AbortController().signal,
      changes: (onChange, signal) => {
        change = onChange;
        ended = signal;
      },
    });
    const { serving } = await seed(5, 5);
    change();
    await eventually(() => {
      clock.advance(0);
      expect(source.current()).toEqual(serving);
    }, waiting('the new pair'));
    source.stop();
    expect(ended?.aborted).toBe(true);
  });

  test('goes on with its pair while the API is away', async () => {
    const { serving } = await seed(10, 10);
    const source = await start();
    api.refuse = () => new Error('connect ECONNREFUSED');
    clock.advance(60_000);
    await eventually(
      () => expect(log.lines.at(-1)?.message).toBe('webhook certificates not checked'),
      waiting('the warning'),
    );
    expect(source.current()).toEqual(serving);
    source.stop();
  });

  test('waits for the API at start', async () => {
    const { serving } = await seed(10, 10);
    api.refuse = () => new Error('connect ECONNREFUSED');
    const starting = start();
    await eventually(() => expect(clock.sleeping()).toHaveLength(1), waiting('the pause'));
    api.refuse = () => undefined;
    clock.advance(2_000);
    const source = await starting;
    expect(source.current()).toEqual(serving);
    source.stop();
  });

  test('gives up at start when it has no right, and says which it needs', async () => {
    api.refuse = (_verb, path) =>
      path === secretPath ? failure(403, 'Forbidden', 'secrets is forbidden') : undefined;
    await expect(start()).rejects.toThrow(
      /Secret system\/webhook-tls: secrets is forbidden.*"create" on secrets/,
    );
  });

  test('ends with its signal, also before the first pair', async () => {
    const ending = new AbortController();
    api.refuse = () => new Error('connect ECONNREFUSED');
    const starting = start(ending.signal);
    await eventually(() => expect(clock.sleeping()).toHaveLength(1), waiting('the pause'));
    ending.abort(new Error('shutting down'));
    await expect(starting).rejects.toThrow('shutting down');

    api.refuse = () => undefined;
    const later = new AbortController();
    await start(later.signal);
    later.abort();
    await eventually(() => expect(clock.sleeping()).toHaveLength(0), waiting('the end'));
  });

  test('writes no key into its log', async () => {
    await seed(250, 70);
    const source = await start();
    source.stop();
    expect(JSON.stringify(log.lines)).not.toMatch(/PRIVATE KEY|BEGIN CERTIFICATE/);
  });
});
