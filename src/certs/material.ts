import { stringAt } from '../json/untyped.ts';
import type { CertificatePair } from './certificate-source.ts';
import { canSignFor, checkPair, inspect, isIssuedBy, splitCertificates } from './inspect.ts';
import { isExpired, type Plan, type RotationState, type Validity } from './rotation.ts';
import { authorityDays, issueAuthority, issueServing, servingDays } from './issue.ts';

/** The keys and certificates that the replicas share; what is unusable in the Secret is absent here. */
export interface Material {
  /** Trusted authorities, PEM, newest first. */
  readonly authorities: readonly string[];
  /** One of the authorities, with its key. */
  readonly signer: CertificatePair | undefined;
  readonly serving: CertificatePair | undefined;
}

/** A step of a plan that makes new material. */
export type Change = Exclude<Plan, { readonly kind: 'keep' | 'wait' }>;

export interface Naming {
  readonly authorityName: string;
  readonly dnsNames: readonly string[];
}

/** Reads a Secret's `data`: `tls.crt`, `tls.key`, `ca.crt` (every authority that is trusted) and `ca.key` (of one of them). */
export function parseMaterial(data: unknown): Material {
  const text = (key: string): string => decode(stringAt(data, key));
  const authorities = splitCertificates(text('ca.crt')).filter(isAuthority);
  const signingKey = text('ca.key');
  const signer = authorities.find((authority) => canSignFor(authority, signingKey));
  const serving = { cert: text('tls.crt'), key: text('tls.key') };
  return {
    authorities,
    signer: signer === undefined ? undefined : { cert: signer, key: signingKey },
    serving: checkPair(serving).kind === 'usable' ? serving : undefined,
  };
}

/** The same keys for a Secret's `data`, base64; an absent part is an empty text, so that nothing unusable stays. */
export function formatMaterial(material: Material): Readonly<Record<string, string>> {
  return {
    'tls.crt': encode(material.serving?.cert),
    'tls.key': encode(material.serving?.key),
    'ca.crt': encode(bundleOf(material)),
    'ca.key': encode(material.signer?.key),
  };
}

/** All trusted authorities as one PEM text. */
export function bundleOf({ authorities }: Material): string {
  return authorities.join('');
}

/** What a rotation is decided from. A serving certificate without all of `dnsNames` counts as none. */
export function rotationState(
  { authorities, signer, serving }: Material,
  dnsNames: readonly string[],
  trustedSince: Date | undefined,
): RotationState {
  return {
    authorities: authorities.map(validityOf),
    signer: signer === undefined ? undefined : validityOf(signer.cert).id,
    serving: serving === undefined ? undefined : servingState(serving.cert, authorities, dnsNames),
    trustedSince,
  };
}

/** Takes the step: gives the material that is to be stored. */
export async function carryOut(
  change: Change,
  material: Material,
  { authorityName, dnsNames }: Naming,
  now: Date,
): Promise<Material> {
  switch (change.kind) {
    case 'dropAuthorities': {
      const authorities = material.authorities.filter((pem) => !change.ids.includes(validityOf(pem).id));
      return { ...material, authorities };
    }
    case 'issueServing':
      if (material.signer === undefined) throw new Error('no authority to sign a serving certificate with');
      return { ...material, serving: await servingOf(material.signer, dnsNames, now) };
    case 'addAuthority':
    case 'startOver': {
      const commonName = `${authorityName}@${Math.floor(now.getTime() / 1000)}`;
      const signer = await issueAuthority({ commonName, now, days: authorityDays });
      // The old ones stay: another replica may serve a certificate of theirs until it has read the new one.
      const old = material.authorities.filter((pem) => !isExpired(validityOf(pem), now));
      const serving = change.kind === 'startOver' ? await servingOf(signer, dnsNames, now) : material.serving;
      return { authorities: [signer.cert, ...old], signer, serving };
    }
  }
}

/**
 * Fills a Secret that was deleted or made unusable with what this replica still serves, so that the way back is an
 * orderly rotation and not a gap. The signing key is not among it: to delete the Secret is how people ask for new keys.
 */
export function recall(stored: Material, known: Material): Material {
  return {
    authorities: [...new Set([...stored.authorities, ...known.authorities])],
    signer: stored.signer,
    serving: known.serving,
  };
}

function servingOf(
  signer: CertificatePair,
  dnsNames: readonly string[],
  now: Date,
): Promise<CertificatePair> {
  return issueServing({ authority: signer, dnsNames, now, days: servingDays });
}

function servingState(
  cert: string,
  authorities: readonly string[],
  dnsNames: readonly string[],
): RotationState['serving'] {
  const issuer = authorities.find((authority) => isIssuedBy(cert, authority));
  const covered = inspect(cert).dnsNames;
  if (issuer === undefined || !dnsNames.every((name) => covered.includes(name))) return undefined;
  return { ...validityOf(cert), issuer: validityOf(issuer).id };
}

function validityOf(pem: string): Validity {
  const { fingerprint, notBefore, notAfter } = inspect(pem);
  return { id: fingerprint, notBefore, notAfter };
}

function isAuthority(pem: string): boolean {
  try {
    return inspect(pem).isCa;
  } catch {
    return false;
  }
}

function decode(base64 = ''): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

function encode(text = ''): string {
  return Buffer.from(text).toString('base64');
}
