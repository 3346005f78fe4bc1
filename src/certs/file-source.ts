import { readFile } from 'node:fs/promises';
import type { Clock } from '../kube/clock.ts';
import { stringAt } from '../json/untyped.ts';
import { reasonOf } from '../kube/transport-error.ts';
import type { Log } from '../telemetry/log.ts';
import type { CertificatePair } from './certificate-source.ts';
import { followFiles } from './follow-files.ts';
import { checkPair, type CertificateFacts } from './inspect.ts';
import { createServedPair, type ExpiringSource, type ServedPair } from './served-pair.ts';

export interface FileSourceOptions {
  /** `--tls-cert-file`: PEM, the serving certificate first, its chain after it. */
  readonly certFile: string;
  /** `--tls-private-key-file`: PEM, not encrypted. */
  readonly keyFile: string;
  readonly clock: Clock;
  readonly log: Log;
}

type Loaded =
  | { readonly kind: 'usable'; readonly pair: CertificatePair; readonly facts: CertificateFacts }
  | { readonly kind: 'unusable'; readonly file: string; readonly reason: string };

/**
 * Serves a pair of files and follows their changes. A new pair is taken only when it can be served; else it is logged and
 * the old one stays. Throws at start when the pair cannot be served, with the file, the reason and the way out.
 */
export async function startFileSource(options: FileSourceOptions): Promise<ExpiringSource> {
  const first = await load(options);
  if (first.kind === 'unusable') {
    throw new Error(
      `TLS certificate: ${first.file}: ${first.reason}. Give a PEM certificate with --tls-cert-file and its ` +
        `unencrypted PEM private key with --tls-private-key-file, or neither to have a pair made.`,
    );
  }
  warnOfExpiry(first.facts, options);
  const served = createServedPair(first.pair, () => stopFollowing());
  const { certFile, keyFile, clock, log } = options;
  const reload = reloader(served, options);
  const stopFollowing = followFiles({ files: [certFile, keyFile], what: 'the TLS pair', clock, log, reload });
  return served.source;
}

async function load({ certFile, keyFile }: FileSourceOptions): Promise<Loaded> {
  const [cert, key] = await Promise.all([read(certFile), read(keyFile)]);
  if (cert.kind === 'failed') return { kind: 'unusable', file: certFile, reason: cert.reason };
  if (key.kind === 'failed') return { kind: 'unusable', file: keyFile, reason: key.reason };
  const pair = { cert: cert.text, key: key.text };
  const check = checkPair(pair);
  if (check.kind === 'usable') return { kind: 'usable', pair, facts: check.facts };
  return { kind: 'unusable', file: check.part === 'cert' ? certFile : keyFile, reason: check.reason };
}

type Read =
  { readonly kind: 'read'; readonly text: string } | { readonly kind: 'failed'; readonly reason: string };

async function read(file: string): Promise<Read> {
  try {
    return { kind: 'read', text: await readFile(file, 'utf8') };
  } catch (error) {
    const code = stringAt(error, 'code');
    if (code === 'ENOENT') return { kind: 'failed', reason: 'there is no such file' };
    if (code === 'EACCES') return { kind: 'failed', reason: 'this process may not read it' };
    return { kind: 'failed', reason: reasonOf(error) };
  }
}

/** One pass of reloading. A problem that stays is logged once, not at every poll. */
function reloader(served: ServedPair, options: FileSourceOptions): () => Promise<void> {
  let lastProblem = '';
  return async () => {
    const loaded = await load(options);
    if (loaded.kind === 'unusable') {
      const { file, reason } = loaded;
      if (lastProblem !== `${file}: ${reason}`) {
        options.log.error({ file, reason }, 'new TLS pair refused, the old one stays in use');
      }
      lastProblem = `${file}: ${reason}`;
      return;
    }
    lastProblem = '';
    if (!served.swap(loaded.pair)) return;
    options.log.info({ file: options.certFile, notAfter: loaded.facts.notAfter }, 'TLS pair reloaded');
    warnOfExpiry(loaded.facts, options);
  };
}

function warnOfExpiry({ notAfter }: CertificateFacts, { certFile, clock, log }: FileSourceOptions): void {
  if (notAfter.getTime() <= clock.now())
    log.warn({ file: certFile, notAfter }, 'the TLS certificate has expired');
}
