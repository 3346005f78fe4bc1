import { generateKeyPair, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';
import forge from 'node-forge';

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** Whom a certificate is for: a server by host names and addresses, a client by user and groups. */
export type Subject =
  | { readonly kind: 'server'; readonly name: string; readonly hosts: readonly string[] }
  | { readonly kind: 'client'; readonly user: string; readonly groups: readonly string[] };

/** When a certificate holds. */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const daysValid = 2;
const sha256WithRsa = '1.2.840.113549.1.1.11';
const newKeys = promisify(generateKeyPair);

/** A new RSA key pair as PEM. */
export async function createKeys(): Promise<{ readonly publicKey: string; readonly privateKey: string }> {
  return newKeys('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

/** A new self-signed certificate authority. */
export async function createAuthority(name: string): Promise<KeyPair> {
  const keys = await createKeys();
  const certificate = unsigned(keys.publicKey, [{ name: 'commonName', value: name }]);
  certificate.setIssuer(certificate.subject.attributes);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, digitalSignature: true, critical: true },
  ]);
  return signed(certificate, keys.privateKey, keys.privateKey);
}

/**
 * A certificate of this authority. Kubernetes reads a client's user from the common name and its groups from the
 * organizations. It holds from now on for two days unless told.
 */
export async function issue(authority: KeyPair, subject: Subject, validity?: Validity): Promise<KeyPair> {
  const keys = await createKeys();
  const certificate = unsigned(keys.publicKey, attributesOf(subject));
  if (validity !== undefined) Object.assign(certificate.validity, validity);
  certificate.setIssuer(forge.pki.certificateFromPem(authority.certificate).subject.attributes);
  certificate.setExtensions([
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    subject.kind === 'server'
      ? { name: 'extKeyUsage', serverAuth: true }
      : { name: 'extKeyUsage', clientAuth: true },
    ...(subject.kind === 'server' ? [{ name: 'subjectAltName', altNames: subject.hosts.map(altName) }] : []),
  ]);
  return signed(certificate, keys.privateKey, authority.key);
}

function attributesOf(subject: Subject): forge.pki.CertificateField[] {
  if (subject.kind === 'server') return [{ name: 'commonName', value: subject.name }];
  const groups = subject.groups.map((value) => ({ name: 'organizationName', value }));
  return [...groups, { name: 'commonName', value: subject.user }];
}

function altName(host: string): { type: number; ip: string } | { type: number; value: string } {
  return /^[\d.]+$/.test(host) ? { type: 7, ip: host } : { type: 2, value: host };
}

function unsigned(publicKey: string, subject: forge.pki.CertificateField[]): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey);
  // The leading 01 keeps the number positive, as RFC 5280 4.1.2.2 asks.
  certificate.serialNumber = `01${randomBytes(15).toString('hex')}`;
  const now = Date.now();
  certificate.validity.notBefore = new Date(now - 60_000);
  certificate.validity.notAfter = new Date(now + daysValid * 24 * 3_600_000);
  certificate.setSubject(subject);
  return certificate;
}

/**
 * Signs by node:crypto what forge encodes (RFC 5280 4.1.1): forge's own RSA is JavaScript, and takes seconds a signature
 * inside jest.
 */
function signed(certificate: forge.pki.Certificate, key: string, signingKey: string): KeyPair {
  certificate.signatureOid = certificate.siginfo.algorithmOid = sha256WithRsa;
  const [toBeSigned] = [forge.pki.certificateToAsn1(certificate).value].flat();
  if (toBeSigned === undefined || typeof toBeSigned === 'string')
    throw new Error('forge encoded no certificate');
  certificate.tbsCertificate = toBeSigned;
  const encoded = Buffer.from(forge.asn1.toDer(toBeSigned).getBytes(), 'latin1');
  certificate.signature = sign('sha256', encoded, signingKey).toString('latin1');
  return { certificate: forge.pki.certificateToPem(certificate), key };
}
