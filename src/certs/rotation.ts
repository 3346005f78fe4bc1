import { backdatedMs } from './issue.ts';

/** When a certificate is good, and who it is. */
export interface Validity {
  readonly id: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** All that a rotation is decided from. */
export interface RotationState {
  /** Whom API servers are told to trust, newest first. */
  readonly authorities: readonly Validity[];
  /** The authority whose private key we hold. */
  readonly signer: string | undefined;
  /** The pair that is served, if it can be: its halves belong together, its names are right, `issuer` is one of the authorities. */
  readonly serving: (Validity & { readonly issuer: string }) | undefined;
  /** Since when every webhook configuration has been seen to trust exactly these authorities; undefined: not now. */
  readonly trustedSince: Date | undefined;
}

/** The one next step; after it is taken, ask again. */
export type Plan =
  /** All is well. */
  | { readonly kind: 'keep' }
  /** API servers do not trust the newest authority long enough to be shown a certificate of it. */
  | { readonly kind: 'wait' }
  /** A new authority is to be trusted besides the others; what is served stays. */
  | { readonly kind: 'addAuthority'; readonly reason: string }
  /** A new serving certificate of the newest authority. */
  | { readonly kind: 'issueServing'; readonly reason: string }
  /** These authorities are trusted no longer. */
  | { readonly kind: 'dropAuthorities'; readonly ids: readonly string[] }
  /** A new authority and serving certificate at once: nothing that is there can be served. */
  | { readonly kind: 'startOver'; readonly reason: string };

/**
 * How long all configurations have carried a new authority before a certificate of it is shown: every API server must
 * have seen the change by then, and no replica may still be in a pass that it began before it (calls are bounded well below).
 */
export const settleMs = 2 * 60_000;
/** How long an old authority is trusted after the serving certificate changed: a replica cut off from the API shows the old one on. */
export const overlapMs = 24 * 3_600_000;

/**
 * Decides the next step so that at no time a served certificate is one that API servers do not trust: first a new
 * authority is trusted, then it is served, then the old one is forgotten. Renewal is due when a third of the lifetime is left.
 */
export function planRotation(state: RotationState, now: Date): Plan {
  const signer = state.authorities.find(
    (authority) => authority.id === state.signer && isValid(authority, now),
  );
  const serving = usableServing(state, now);
  if (serving === undefined) {
    const reason = 'no valid serving certificate';
    return signer === undefined ? { kind: 'startOver', reason } : { kind: 'issueServing', reason };
  }
  if (signer === undefined) return { kind: 'addAuthority', reason: 'no valid authority to sign with' };
  if (isDue(signer, now)) return { kind: 'addAuthority', reason: 'the authority expires soon' };
  if (serving.issuer !== signer.id) {
    return isSettled(state.trustedSince, now)
      ? { kind: 'issueServing', reason: 'a new authority is trusted everywhere' }
      : { kind: 'wait' };
  }
  if (isDue(serving, now)) return { kind: 'issueServing', reason: 'the serving certificate expires soon' };
  const ids = state.authorities.filter((authority) => isSpent(authority, serving, now)).map(({ id }) => id);
  return ids.length === 0 ? { kind: 'keep' } : { kind: 'dropAuthorities', ids };
}

/** Whether `now` lies within its dates. */
export function isValid({ notBefore, notAfter }: Validity, now: Date): boolean {
  return notBefore <= now && now < notAfter;
}

/** Past its dates. Not yet within them is another matter: the clock of whoever made it may be ahead of ours. */
export function isExpired({ notAfter }: Validity, now: Date): boolean {
  return notAfter <= now;
}

function usableServing({ authorities, serving }: RotationState, now: Date): RotationState['serving'] {
  const issuer = authorities.find(({ id }) => id === serving?.issuer);
  const usable =
    serving !== undefined && issuer !== undefined && isValid(serving, now) && isValid(issuer, now);
  return usable ? serving : undefined;
}

function isDue({ notBefore, notAfter }: Validity, now: Date): boolean {
  const lifetime = notAfter.getTime() - notBefore.getTime();
  return notAfter.getTime() - now.getTime() <= lifetime / 3;
}

function isSettled(since: Date | undefined, now: Date): boolean {
  return since !== undefined && now.getTime() - since.getTime() >= settleMs;
}

/** Expired, or no longer behind what any replica serves. */
function isSpent(authority: Validity, serving: Validity & { readonly issuer: string }, now: Date): boolean {
  if (authority.id === serving.issuer) return false;
  const issuedAt = serving.notBefore.getTime() + backdatedMs;
  return isExpired(authority, now) || now.getTime() - issuedAt >= overlapMs;
}
