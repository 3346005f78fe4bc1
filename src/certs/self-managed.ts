import { StatusError } from '../kube/status-error.ts';
import type { CertificatePair } from './certificate-source.ts';
import { createKeeper, type Keeper, type KeeperOptions } from './keeper.ts';
import { startLoop } from './loop.ts';
import { createServedPair, type ExpiringSource } from './served-pair.ts';

export interface SelfManagedOptions extends KeeperOptions {
  /** Ends it as `stop` does; before the first pair is there, the start is rejected with its reason. */
  readonly signal: AbortSignal;
  /** Begins to tell of changes ahead of the interval, until the signal aborts; without it they are seen within a minute. */
  readonly changes?: (onChange: () => void, signal: AbortSignal) => void;
}

/** How often the Secret and the configurations are looked at. */
const intervalMs = 60_000;
/** The same until the first pair is there. */
const retryMs = 2_000;

/**
 * Serves a pair that the replicas share in a Secret and renew by themselves, and keeps the webhook configurations
 * trusting it (rotation.ts says in which order). Waits until there is a pair. Throws when the API refuses for a reason
 * that waiting does not mend (rights, namespace), with the way out; other failures are logged and tried again.
 */
export async function startSelfManaged(options: SelfManagedOptions): Promise<ExpiringSource> {
  const { clock, log, signal, secretName, changes } = options;
  const keeper = createKeeper(options);
  const first = await firstPair(keeper, options);
  signal.throwIfAborted();
  const ended = new AbortController();
  const stop = (): void => {
    loop.stop();
    ended.abort();
  };
  const served = createServedPair(first, stop);
  const task = async (): Promise<void> => {
    const { source } = served;
    try {
      if (!served.swap(await keeper.pass())) return;
      log.info({ secret: secretName, notAfter: source.notAfter() }, 'serving certificate changed');
    } catch (error) {
      log.warn(
        { err: error, secret: secretName, notAfter: source.notAfter() },
        'webhook certificates not checked',
      );
    }
  };
  const loop = startLoop({ clock, intervalMs, task });
  signal.addEventListener('abort', stop, { once: true });
  changes?.(() => loop.poke(), ended.signal);
  return { ...served.source, authorityNotAfter: () => keeper.authorityNotAfter() };
}

async function firstPair(keeper: Keeper, options: SelfManagedOptions): Promise<CertificatePair> {
  for (;;) {
    options.signal.throwIfAborted();
    try {
      return await keeper.pass();
    } catch (error) {
      if (isLasting(error)) throw refused(error, options);
      options.log.warn(
        { err: error, secret: options.secretName },
        'no webhook certificate yet, tried again shortly',
      );
    }
    await options.clock.sleep(retryMs, options.signal);
  }
}

/** Refusals that stay until a person changes something; conflicts and "too many requests" do not. */
function isLasting(error: unknown): error is StatusError {
  return (
    error instanceof StatusError &&
    error.code >= 400 &&
    error.code < 500 &&
    ![408, 409, 429].includes(error.code)
  );
}

function refused(error: StatusError, { namespace, secretName }: SelfManagedOptions): Error {
  return new Error(
    `Secret ${namespace}/${secretName}: ${error.message}. The service account needs "create" on secrets in namespace ` +
      `${namespace} and "get" and "update" on this one; or give certificates by --tls-cert-file and --tls-private-key-file.`,
    { cause: error },
  );
}
