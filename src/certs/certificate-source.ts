/** A serving certificate chain and its private key, PEM. */
export interface CertificatePair {
  readonly cert: string;
  readonly key: string;
}

/** Where the HTTPS server's certificate comes from; it may change while the server runs. */
export interface CertificateSource {
  /** The pair to serve now. */
  current(): CertificatePair;
  /** Calls `listener` after each change; the old pair stays in use until then. */
  onChange(listener: (pair: CertificatePair) => void): void;
  /** Ends watching and timers. */
  stop(): void;
}
