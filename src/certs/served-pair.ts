import type { CertificatePair, CertificateSource } from './certificate-source.ts';
import { inspect } from './inspect.ts';

/** A source that also tells when what it serves expires (for a metric and for `/readyz`). */
export interface ExpiringSource extends CertificateSource {
  notAfter(): Date;
  /** When the authority expires, where it is one of our own; undefined: there is none at the moment. */
  authorityNotAfter?(): Date | undefined;
}

/** The pair in use and those who want to know of its changes: the common part of every source. */
export interface ServedPair {
  readonly source: ExpiringSource;
  /** Takes `pair` into use and tells the listeners; false when it is the one in use. Throws when it does not parse. */
  swap(pair: CertificatePair): boolean;
}

/** Starts with `first`; `stop` is what the source's own does. Throws when the certificate does not parse. */
export function createServedPair(first: CertificatePair, stop: () => void): ServedPair {
  let current = first;
  let notAfter = inspect(first.cert).notAfter;
  const listeners: ((pair: CertificatePair) => void)[] = [];
  const source: ExpiringSource = {
    current: () => current,
    notAfter: () => notAfter,
    onChange: (listener) => void listeners.push(listener),
    stop,
  };
  const swap = (pair: CertificatePair): boolean => {
    if (pair.cert === current.cert && pair.key === current.key) return false;
    notAfter = inspect(pair.cert).notAfter;
    current = pair;
    for (const listener of listeners) listener(pair);
    return true;
  };
  return { source, swap };
}

/** A source that never changes, for a pair made at start. */
export function fixedSource(pair: CertificatePair): ExpiringSource {
  return createServedPair(pair, () => undefined).source;
}
