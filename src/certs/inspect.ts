import { X509Certificate, createPrivateKey, type KeyObject } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { reasonOf } from '../kube/transport-error.ts';
import type { CertificatePair } from './certificate-source.ts';

/** What a certificate says of itself. */
export interface CertificateFacts {
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  /** One attribute a line, as `CN=localhost`. */
  readonly subject: string;
  /** Hexadecimal. */
  readonly serial: string;
  readonly isCa: boolean;
  /** SHA-256 of the whole certificate: its identity. */
  readonly fingerprint: string;
}

/** Whether a pair can be served; if not, which half is to blame and why. */
export type PairCheck =
  | { readonly kind: 'usable'; readonly facts: CertificateFacts }
  | { readonly kind: 'unusable'; readonly part: 'cert' | 'key'; readonly reason: string };

/** Reads the first certificate of a PEM text, whatever its key type. Throws when there is none or it does not parse. */
export function inspect(pem: string): CertificateFacts {
  const certificate = new X509Certificate(pem);
  const altNames = certificate.subjectAltName?.split(', ') ?? [];
  const namesOf = (prefix: string): string[] =>
    altNames.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  return {
    notBefore: certificate.validFromDate,
    notAfter: certificate.validToDate,
    dnsNames: namesOf('DNS:'),
    ipAddresses: namesOf('IP Address:'),
    subject: certificate.subject,
    serial: certificate.serialNumber,
    isCa: certificate.ca,
    fingerprint: certificate.fingerprint256,
  };
}

/** The certificates of a PEM text, one text each, in their order; whatever stands between them is left out. */
export function splitCertificates(pem: string): readonly string[] {
  return (
    pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)?.map((block) => `${block}\n`) ??
    []
  );
}

/** Whether both halves parse, belong together and are accepted by the TLS stack. Expiry is not judged here. */
export function checkPair({ cert, key }: CertificatePair): PairCheck {
  const certificate = attempt(() => new X509Certificate(cert));
  if (certificate.kind === 'failed') return unusable('cert', `not a PEM certificate (${certificate.reason})`);
  const privateKey = attempt(() => createPrivateKey(key));
  if (privateKey.kind === 'failed') {
    return unusable('key', `not an unencrypted PEM private key (${privateKey.reason})`);
  }
  if (!certificate.value.checkPrivateKey(privateKey.value)) {
    return unusable('key', 'it is not the private key of the certificate');
  }
  const context = attempt(() => createSecureContext({ cert, key }));
  if (context.kind === 'failed') return unusable('cert', context.reason);
  return { kind: 'usable', facts: inspect(cert) };
}

/** Whether `cert` was signed by `authority` (its first certificate), by name and by signature. False for what does not parse. */
export function isIssuedBy(cert: string, authority: string): boolean {
  const issued = attempt(() => {
    const [leaf, issuer] = [new X509Certificate(cert), new X509Certificate(authority)];
    return leaf.checkIssued(issuer) && leaf.verify(issuer.publicKey);
  });
  return issued.kind === 'done' && issued.value;
}

/** Whether `key` is an RSA key (the only kind that we can sign with) and the one of `authority`. */
export function canSignFor(authority: string, key: string): boolean {
  const fits = attempt(() => {
    const privateKey: KeyObject = createPrivateKey(key);
    return (
      privateKey.asymmetricKeyType === 'rsa' && new X509Certificate(authority).checkPrivateKey(privateKey)
    );
  });
  return fits.kind === 'done' && fits.value;
}

type Attempt<T> =
  { readonly kind: 'done'; readonly value: T } | { readonly kind: 'failed'; readonly reason: string };

function attempt<T>(run: () => T): Attempt<T> {
  try {
    return { kind: 'done', value: run() };
  } catch (error) {
    return { kind: 'failed', reason: reasonOf(error) };
  }
}

function unusable(part: 'cert' | 'key', reason: string): PairCheck {
  return { kind: 'unusable', part, reason };
}
