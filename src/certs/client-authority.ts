import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Clock } from '../kube/clock.ts';
import { reasonOf } from '../kube/transport-error.ts';
import type { Log } from '../telemetry/log.ts';
import { followFiles } from './follow-files.ts';
import { inspect, splitCertificates } from './inspect.ts';

/** The authorities whose clients are let in; they may change while the server runs. */
export interface ClientAuthority {
  /** PEM, one certificate or more. */
  current(): string;
  /** Calls `listener` after each change. */
  onChange(listener: () => void): void;
  stop(): void;
}

export interface ClientAuthorityOptions {
  /** `--client-ca-file` */
  readonly file: string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Reads a file of authorities and follows its changes. What is no certificate is logged, once, and the authorities before it
 * stay.
 *
 * @throws at the start, with the file, the reason and the way out
 */
export async function startClientAuthority(options: ClientAuthorityOptions): Promise<ClientAuthority> {
  const { file, clock, log } = options;
  const listeners: (() => void)[] = [];
  let current = await readAuthority(file);
  let problem = '';
  const reload = async (): Promise<void> => {
    try {
      const next = await readAuthority(file);
      problem = '';
      if (next === current) return;
      current = next;
      log.info({ file, certificates: splitCertificates(next).length }, 'client authorities reloaded');
      for (const listener of listeners) listener();
    } catch (error) {
      const reason = reasonOf(error);
      if (reason !== problem) log.error({ reason }, 'new client authorities refused, the old ones stay');
      problem = reason;
    }
  };
  const stop = followFiles({ files: [file], what: 'the client authorities', clock, log, reload });
  return {
    current: () => current,
    onChange: (listener) => void listeners.push(listener),
    stop,
  };
}

async function readAuthority(file: string): Promise<string> {
  try {
    const pem = await readFile(file, 'utf8');
    const certificates = splitCertificates(pem);
    if (certificates.length === 0) throw new Error('there is no certificate in it');
    for (const certificate of certificates) inspect(certificate); // throws on what is none
    createSecureContext({ ca: pem });
    return pem;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`--client-ca-file ${file}: ${reason}; it takes PEM certificates of authorities`, {
      cause: error,
    });
  }
}
