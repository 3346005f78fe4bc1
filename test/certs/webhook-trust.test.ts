import { beforeEach, describe, expect, test } from '@jest/globals';
import { caBundlePatch, createWebhookTrust, type WebhookTrust } from '../../src/certs/webhook-trust.ts';
import { failure, memoryApi, type MemoryApi } from './memory-api.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { createRecordingLog } from '../support/recording-log.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const webhook = (name: string, caBundle?: string): object => ({
  name,
  clientConfig: { service: { name: 's', namespace: 'n' }, ...(caBundle === undefined ? {} : { caBundle }) },
});

describe('the patch of a webhook configuration', () => {
  test.each<[string, unknown, readonly string[]]>([
    ['all webhooks have the bundle: nothing', { webhooks: [webhook('a', base64('CA'))] }, []],
    ['one has none: that one', { webhooks: [webhook('a', base64('CA')), webhook('b')] }, ['/webhooks/1']],
    [
      'one has another: that one',
      { webhooks: [webhook('a', base64('OLD')), webhook('b', base64('CA'))] },
      ['/webhooks/0'],
    ],
    ['there are no webhooks: nothing', {}, []],
  ])('%s', (_title, configuration, places) => {
    expect(caBundlePatch(configuration, 'CA').map(({ op, path }) => [op, path])).toEqual(
      places.flatMap((place) => [
        ['test', `${place}/name`],
        ['add', `${place}/clientConfig/caBundle`],
      ]),
    );
  });
});

describe('trust in webhook configurations', () => {
  const folder = '/apis/admissionregistration.k8s.io/v1';
  const mutating = `${folder}/mutatingwebhookconfigurations/pinstream`;
  const validating = `${folder}/validatingwebhookconfigurations/pinstream-imagestreams`;
  let api: MemoryApi;
  let clock: FakeClock;
  let log: ReturnType<typeof createRecordingLog>;
  let trust: WebhookTrust;

  beforeEach(() => {
    api = memoryApi();
    clock = createFakeClock(0);
    log = createRecordingLog();
    trust = createWebhookTrust({
      client: api.client,
      configurations: [
        { kind: 'MutatingWebhookConfiguration', name: 'pinstream' },
        { kind: 'ValidatingWebhookConfiguration', name: 'pinstream-imagestreams' },
        // Not there, in any of these tests, and no warning.
        { kind: 'ValidatingWebhookConfiguration', name: 'pinstream', optional: true },
      ],
      clock,
      log,
    });
    api.objects.set(mutating, { webhooks: [webhook('a'), webhook('b')] });
    api.objects.set(validating, { webhooks: [webhook('c')] });
  });

  const ensureAt = (ms: number, bundle = 'CA'): Promise<Date | undefined> => {
    clock.advance(ms - clock.now());
    return trust.ensure(bundle);
  };

  test('every webhook gets the bundle, by one write each, and then no more', async () => {
    expect(await ensureAt(10)).toEqual(new Date(10));
    expect(api.writes.toSorted()).toEqual([`patch ${mutating}`, `patch ${validating}`]);
    expect(api.objects.get(mutating)).toMatchObject({
      webhooks: [webhook('a', base64('CA')), webhook('b', base64('CA'))],
    });
    expect(await ensureAt(20)).toEqual(new Date(10));
    expect(api.writes).toHaveLength(2);
  });

  test('another bundle is trusted since it was written', async () => {
    await ensureAt(10);
    expect(await ensureAt(20, 'NEW CA')).toEqual(new Date(20));
  });

  test('what somebody edited is repaired, and trusted since then', async () => {
    await ensureAt(10);
    api.objects.set(validating, { webhooks: [webhook('c', base64('MINE'))] });
    expect(await ensureAt(20)).toEqual(new Date(20));
    expect(api.objects.get(validating)).toMatchObject({ webhooks: [webhook('c', base64('CA'))] });
  });

  test('a bundle that another replica wrote is trusted since it was seen', async () => {
    await createWebhookTrust({ client: api.client, configurations: [], clock, log }).ensure('CA');
    api.objects.set(mutating, { webhooks: [webhook('a', base64('CA'))] });
    api.objects.set(validating, { webhooks: [webhook('c', base64('CA'))] });
    expect(await ensureAt(30)).toEqual(new Date(30));
    expect(api.writes).toEqual([]);
  });

  test('a configuration that does not exist is said once, does not count, and is written when it is there', async () => {
    api.objects.delete(validating);
    expect(await ensureAt(10)).toEqual(new Date(10));
    expect(await ensureAt(20)).toEqual(new Date(10));
    const told = log.lines.filter(({ message }) => message.startsWith('no such webhook configuration'));
    expect(told).toEqual([
      expect.objectContaining({
        level: 'warn',
        fields: expect.objectContaining({ name: 'pinstream-imagestreams' }),
      }),
      expect.objectContaining({ level: 'info', fields: expect.objectContaining({ name: 'pinstream' }) }),
    ]);
    api.objects.set(validating, { webhooks: [webhook('c')] });
    expect(await ensureAt(30)).toEqual(new Date(30));
  });

  test.each([
    ['read', 'get'],
    ['written', 'patch'],
  ])('a configuration that cannot be %s leaves no trust, and is tried again', async (_title, verb) => {
    api.refuse = (called, path) =>
      called === verb && path === validating ? failure(403, 'Forbidden', path) : undefined;
    expect(await ensureAt(10)).toBeUndefined();
    expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    api.refuse = () => undefined;
    expect(await ensureAt(20)).toEqual(new Date(20));
  });

  test('a list that changed between reading and writing is not written to', async () => {
    api.refuse = (verb) => {
      if (verb === 'patch') api.objects.set(mutating, { webhooks: [webhook('b'), webhook('a')] });
      return undefined;
    };
    expect(await ensureAt(10)).toBeUndefined();
    expect(api.objects.get(mutating)).toEqual({ webhooks: [webhook('b'), webhook('a')] });
  });
});
