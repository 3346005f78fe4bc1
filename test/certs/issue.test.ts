import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import forge from 'node-forge';
import type { CertificatePair } from '../../src/certs/certificate-source.ts';
import { inspect } from '../../src/certs/inspect.ts';
import { issueAuthority, issueServing, selfSigned } from '../../src/certs/issue.ts';
import { handshakeWith } from './handshake.ts';

const now = new Date();
const day = 24 * 3_600_000;
const name = 'pinstream-webhook.pinstream.svc';

describe('an authority and its serving certificate', () => {
  let authority: CertificatePair;
  let serving: CertificatePair;
  beforeAll(async () => {
    authority = await issueAuthority({ commonName: 'test-ca@1', now });
    serving = await issueServing({
      authority,
      dnsNames: [name, 'second.example'],
      ipAddresses: ['127.0.0.1'],
      now,
    });
  });

  test.each([
    ['the first name', name, 'trusted'],
    ['another name', 'second.example', 'trusted'],
    ['the address', '127.0.0.1', 'trusted'],
    ['a name that it does not have', 'other.example', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('a client that trusts the authority and asks for %s', async (_title, servername, expected) => {
    expect(await handshakeWith(serving, authority.cert, servername)).toBe(expected);
  });

  test('a client that trusts another authority of the same name refuses', async () => {
    const other = await issueAuthority({ commonName: 'test-ca@1', now });
    expect(await handshakeWith(serving, other.cert, name)).not.toBe('trusted');
  });

  test('a client that trusts two authorities of the same name finds the right one', async () => {
    const other = await issueAuthority({ commonName: 'test-ca@1', now });
    expect(await handshakeWith(serving, other.cert + authority.cert, name)).toBe('trusted');
  });

  test('a certificate whose time is over is refused', async () => {
    const past = await issueServing({ authority, dnsNames: [name], now: new Date(now.getTime() - 91 * day) });
    expect(await handshakeWith(past, authority.cert, name)).toBe('CERT_HAS_EXPIRED');
  });

  test('they say who they are and how long they are good for, from an hour ago', () => {
    expect(inspect(authority.cert)).toMatchObject({ isCa: true, subject: 'CN=test-ca@1', dnsNames: [] });
    expect(inspect(serving.cert)).toMatchObject({
      isCa: false,
      subject: `CN=${name}`,
      dnsNames: [name, 'second.example'],
      ipAddresses: ['127.0.0.1'],
      notBefore: wholeSecond(now.getTime() - 3_600_000),
      notAfter: wholeSecond(now.getTime() + 90 * day),
    });
    expect(inspect(authority.cert).notAfter).toEqual(wholeSecond(now.getTime() + 365 * day));
  });

  test('the serving certificate is for servers only', () => {
    expect(new X509Certificate(serving.cert).keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  });

  test('names are UTF-8 strings: Go refuses an "@" in a PrintableString, while OpenSSL does not mind', () => {
    for (const { cert } of [authority, serving]) {
      const { subject, issuer } = forge.pki.certificateFromPem(cert);
      const tags = [...subject.attributes, ...issuer.attributes].map(({ valueTagClass }) => valueTagClass);
      expect(tags).toEqual([forge.asn1.Type.UTF8, forge.asn1.Type.UTF8]);
    }
  });

  test('a serving certificate does not outlive its authority', async () => {
    const short = await issueAuthority({ commonName: 'short', now, days: 10 });
    const { cert } = await issueServing({ authority: short, dnsNames: [name], now });
    expect(inspect(cert).notAfter).toEqual(wholeSecond(now.getTime() + 10 * day));
  });

  test('serial numbers are positive, have 128 bits and differ', () => {
    const serials = [authority, serving].map(({ cert }) => inspect(cert).serial);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
    expect(new Set(serials).size).toBe(2);
  });

  test('a Service name longer than a common name may be is still served', async () => {
    const long = `pinstream-webhook.${'n'.repeat(63)}.svc`;
    const pair = await issueServing({ authority, dnsNames: [long], now });
    expect(await handshakeWith(pair, authority.cert, long)).toBe('trusted');
  });
});

describe('a self-signed pair', () => {
  test.each([['localhost'], ['127.0.0.1'], ['workstation.example']])(
    'is trusted by itself as %s',
    async (host) => {
      const pair = await selfSigned({ host: 'workstation.example', now });
      expect(await handshakeWith(pair, pair.cert, host)).toBe('trusted');
    },
  );

  test('names loopback once, however it is called', async () => {
    const { dnsNames, ipAddresses } = inspect((await selfSigned({ host: '127.0.0.1', now })).cert);
    expect({ dnsNames, ipAddresses }).toEqual({
      dnsNames: ['localhost'],
      ipAddresses: ['127.0.0.1', '0:0:0:0:0:0:0:1'],
    });
  });
});

/** X.509 has no fractions of a second. */
function wholeSecond(ms: number): Date {
  return new Date(Math.floor(ms / 1000) * 1000);
}
