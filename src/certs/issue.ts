import { generateKeyPair, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import forge from 'node-forge';
import type { CertificatePair } from './certificate-source.ts';

/** How long an authority is good for. */
export const authorityDays = 365;
/** How long a serving certificate is good for. */
export const servingDays = 90;
/** Certificates start this much before they are made: an API server, or another replica, whose clock is so far behind takes them. */
export const backdatedMs = 3_600_000;

const dayMs = 24 * 3_600_000;
/** RFC 5280, appendix A: ub-common-name. */
const commonNameMax = 64;
const newKeys = promisify(generateKeyPair);

export interface AuthorityRequest {
  /** Best unlike that of other authorities trusted at the same time: verifiers look issuers up by name first. */
  readonly commonName: string;
  readonly now: Date;
  readonly days?: number;
}

export interface ServingRequest {
  readonly authority: CertificatePair;
  readonly dnsNames: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly now: Date;
  readonly days?: number;
}

/** Makes a certificate authority that may sign serving certificates and no further authorities. */
export async function issueAuthority(request: AuthorityRequest): Promise<CertificatePair> {
  const { publicKey, privateKey } = await createKeys();
  const certificate = unsigned(publicKey, request.commonName, request.now, request.days ?? authorityDays);
  certificate.setIssuer(certificate.subject.attributes);
  certificate.setExtensions([
    { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
    { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
    { name: 'subjectKeyIdentifier' },
  ]);
  return signed(certificate, privateKey, privateKey);
}

/**
 * Makes a serving certificate for these names, signed by `authority` (RSA keys only). It never outlives its authority.
 * Throws when the authority's PEM does not parse.
 */
export async function issueServing(request: ServingRequest): Promise<CertificatePair> {
  const { publicKey, privateKey } = await createKeys();
  const authority = forge.pki.certificateFromPem(request.authority.cert);
  const hosts = [...request.dnsNames, ...(request.ipAddresses ?? [])];
  const certificate = unsigned(publicKey, hosts[0] ?? 'pinstream', request.now, request.days ?? servingDays);
  const { validity } = certificate;
  if (validity.notAfter > authority.validity.notAfter) validity.notAfter = authority.validity.notAfter;
  certificate.setIssuer(authority.subject.attributes);
  certificate.setExtensions([
    ...servingExtensions(hosts),
    { name: 'authorityKeyIdentifier', keyIdentifier: keyIdentifierOf(authority) },
  ]);
  return signed(certificate, privateKey, request.authority.key);
}

/** Makes a certificate that vouches for itself, for a server on this machine: loopback under all its names, and `host`. */
export async function selfSigned(request: {
  readonly host: string;
  readonly now: Date;
}): Promise<CertificatePair> {
  const { publicKey, privateKey } = await createKeys();
  const hosts = [...new Set(['localhost', '127.0.0.1', '::1', request.host])];
  const certificate = unsigned(publicKey, 'localhost', request.now, authorityDays);
  certificate.setIssuer(certificate.subject.attributes);
  certificate.setExtensions(servingExtensions(hosts));
  return signed(certificate, privateKey, privateKey);
}

function createKeys(): Promise<{ readonly publicKey: string; readonly privateKey: string }> {
  return newKeys('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

function unsigned(publicKey: string, commonName: string, now: Date, days: number): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey);
  certificate.serialNumber = randomSerial();
  certificate.validity.notBefore = new Date(now.getTime() - backdatedMs);
  certificate.validity.notAfter = new Date(now.getTime() + days * dayMs);
  certificate.setSubject([commonNameField(commonName.slice(0, commonNameMax))]);
  return certificate;
}

/** As UTF-8: forge's own choice, PrintableString, has no "@", and API servers (Go) refuse a certificate with one in it. */
function commonNameField(value: string): forge.pki.CertificateField {
  const tag: number = forge.asn1.Type.UTF8;
  // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- forge's types take this tag for a class
  return { name: 'commonName', value, valueTagClass: tag };
}

/** 128 bits. The highest is 0 to be positive (RFC 5280, 4.1.2.2), the next 1 so that DER needs no shorter form. */
function randomSerial(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0);
  return bytes.toString('hex');
}

function servingExtensions(hosts: readonly string[]): object[] {
  return [
    { name: 'basicConstraints', critical: true, cA: false },
    { name: 'keyUsage', critical: true, digitalSignature: true, keyEncipherment: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: hosts.map(altName) },
    { name: 'subjectKeyIdentifier' },
  ];
}

/** RFC 5280, 4.2.1.6: general name 2 is a DNS name, 7 an address. */
function altName(host: string): object {
  return isIP(host) === 0 ? { type: 2, value: host } : { type: 7, ip: host };
}

/** The name of the authority's key, as the authority itself gives it. */
function keyIdentifierOf(authority: forge.pki.Certificate): string {
  const extension: unknown = authority.getExtension('subjectKeyIdentifier');
  const given =
    typeof extension === 'object' && extension !== null && 'subjectKeyIdentifier' in extension
      ? extension.subjectKeyIdentifier
      : undefined;
  return typeof given === 'string'
    ? forge.util.hexToBytes(given)
    : authority.generateSubjectKeyIdentifier().getBytes();
}

/** Signs outside forge, whose big numbers in JavaScript would hold up a server that admits objects meanwhile. */
function signed(certificate: forge.pki.Certificate, key: string, signingKey: string): CertificatePair {
  const signer = {
    ...forge.pki.privateKeyFromPem(signingKey),
    sign: () => {
      const signedPart = Buffer.from(forge.asn1.toDer(certificate.tbsCertificate).getBytes(), 'binary');
      return sign('sha256', signedPart, signingKey).toString('binary');
    },
  };
  certificate.sign(signer, forge.md.sha256.create());
  return { cert: forge.pki.certificateToPem(certificate).replaceAll('\r\n', '\n'), key };
}
