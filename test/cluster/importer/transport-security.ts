import { beforeAll, expect, test } from '@jest/globals';
import { pushImage } from '../../support/oci-images.ts';
import type { Registry } from '../registry.ts';
import { conditionTypes, fromRegistry } from './streams.ts';
import type { World } from './world.ts';

/** Registries over TLS, by certificates of private authorities. */
export interface TlsRegistries {
  /** Its authority is in `--registry-certs`. */
  readonly trusted: Registry;
  readonly untrusted: Registry;
  /** By the authority of `trusted`, and over. */
  readonly expired: Registry;
  /** The authority of all of them, PEM. */
  readonly ca: string;
}

/** Without `insecure` a certificate must be one that somebody vouches for. */
export function describeTransportSecurity(
  { kubectl, streams }: World,
  registries: () => TlsRegistries,
): void {
  let digest: string;
  const secure = { importPolicy: { insecure: false } };
  beforeAll(async () => {
    await kubectl('create namespace tls');
    const { trusted, untrusted, ca } = registries();
    const image = { os: 'linux', architecture: 'amd64' };
    ({ digest } = await pushImage({ url: trusted.url, ca }, 'team/app', 'v1', image));
    await pushImage({ url: untrusted.url, ca }, 'team/app', 'v1', image);
  });

  test('a private authority that was given for the registry is trusted', async () => {
    await streams.create('tls', 'trusted', [fromRegistry('v1', registries().trusted, 'team/app:v1', secure)]);
    expect(conditionTypes(await streams.untilHistory('tls', 'trusted', 'v1', [digest]))).toEqual([]);
  });

  test.each<[keyof Omit<TlsRegistries, 'ca'>, string]>([
    ['untrusted', 'its authority is not known here'],
    ['expired', 'it has expired'],
  ])('a certificate that is %s: the message says what, where, and the way out', async (name, what) => {
    const registry = registries()[name];
    await streams.create('tls', name, [fromRegistry('v1', registry, 'team/app:v1', secure)]);
    const { reason, message } = await streams.untilFailure('tls', name, 'v1');
    expect(reason).toBe('InternalError');
    expect(message).toContain(`${registry.host}/team/app:v1`);
    expect(message).toContain(what);
    expect(message).toContain('add its authority with --registry-certs, or renew its certificate');
  });

  test('insecure takes a certificate that nobody vouches for', async () => {
    await streams.create('tls', 'insecure', [fromRegistry('v1', registries().untrusted, 'team/app:v1')]);
    await streams.untilHistory('tls', 'insecure', 'v1', [digest]);
  });
}
