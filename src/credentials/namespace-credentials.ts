import { LRUCache } from 'lru-cache';
import type { Log } from '../telemetry/log.ts';
import type { Credential, CredentialChoice, CredentialSource } from '../registry/credential.ts';
import { createKeychain, distinct, type Keychain } from './keychain.ts';
import { readPullSecrets, type NamespaceSecrets } from './pull-secrets.ts';
import type { RegistryConfig } from './registry-config.ts';

/** Where the secrets of a namespace come from. */
export interface SecretSource {
  /** At least the secrets of the two pull secret types and those in `pullSecretNames` that exist; others do no harm. */
  secretsOf(namespace: string, signal: AbortSignal): Promise<SecretAnswer>;
}

/** `problem` and `notes` are for people and say the way out. */
export type SecretAnswer =
  | ({ readonly ok: true; readonly notes?: readonly string[] } & NamespaceSecrets)
  | { readonly ok: false; readonly problem: string };

export interface CredentialSourceOptions {
  readonly secrets: SecretSource;
  /** The server's own docker configuration. */
  readonly serverWide?: RegistryConfig | undefined;
  readonly clock: { now(): number };
  readonly log: Log;
}

export interface NamespaceCredentials extends CredentialSource {
  /** Reads the namespace's secrets anew next time: somebody asks for an import, perhaps because he has just mended one. */
  forget(namespace: string): void;
}

/** How long the secrets of a namespace are remembered, so that its 1,000 tags do not list them 1,000 times. */
const rememberMs = 60_000;
const namespacesMax = 1000;
const readMsMax = 20_000;

/**
 * The credentials for an image: those of the namespace's pull secrets first, then the server's own. All that match are given,
 * best first (upstream uses the first one only). Secrets that cannot be read or are broken are notes; imports go on.
 */
export function createCredentialSource(options: CredentialSourceOptions): NamespaceCredentials {
  const { serverWide } = options;
  const namespaces = rememberNamespaces(options);
  return {
    async credentialsFor(image, namespace, signal) {
      const own = namespace === '' ? nothing : await namespaces.read(namespace, signal);
      const server = (await serverWide?.current()) ?? nothing;
      signal.throwIfAborted();
      const credentials: Credential[] = [];
      for (const { keychain } of [own, server]) credentials.push(...keychain.credentialsFor(image));
      return {
        credentials: distinct(credentials),
        notes: [...own.notes, ...server.notes],
      } satisfies CredentialChoice;
    },
    forget: (namespace) => {
      namespaces.forget(namespace);
    },
  };
}

interface Known {
  readonly keychain: Keychain;
  readonly notes: readonly string[];
  /** Why the secrets could not be read; '' when they could. */
  readonly problem: string;
}

const nothing: Known = { keychain: createKeychain([]), notes: [], problem: '' };

interface Flight {
  readonly known: Promise<Known>;
  /** Until when the answer may be used; for ever while it is on its way. */
  untilMs: number;
}

/** The secrets of namespaces, one reading at a time each, remembered for a while. */
function rememberNamespaces({ secrets, clock, log }: CredentialSourceOptions): {
  read(namespace: string, signal: AbortSignal): Promise<Known>;
  forget(namespace: string): void;
} {
  const flights = new LRUCache<string, Flight>({ max: namespacesMax });
  const problems = new LRUCache<string, string>({ max: namespacesMax });

  const read = async (namespace: string): Promise<Known> => {
    // Not the signal of whoever came first: others wait for the same answer.
    const known = knownOf(await secrets.secretsOf(namespace, AbortSignal.timeout(readMsMax)));
    const { problem } = known;
    if (problem !== '' && problem !== problems.get(namespace))
      log.warn({ namespace, problem }, 'pull secrets cannot be read; importing without them');
    problems.set(namespace, problem);
    return known;
  };
  const start = (namespace: string): Flight => {
    const flight: Flight = { known: read(namespace), untilMs: Infinity };
    flights.set(namespace, flight);
    flight.known.then(
      () => {
        flight.untilMs = clock.now() + rememberMs;
      },
      // Whoever waits gets the error; the next one tries again.
      () => {
        flight.untilMs = -Infinity;
      },
    );
    return flight;
  };
  return {
    read(namespace, signal) {
      const last = flights.get(namespace);
      const flight = last !== undefined && clock.now() < last.untilMs ? last : start(namespace);
      return waitFor(flight.known, signal);
    },
    forget: (namespace) => {
      flights.delete(namespace);
    },
  };
}

function knownOf(answer: SecretAnswer): Known {
  if (!answer.ok) return { ...nothing, notes: [answer.problem], problem: answer.problem };
  const { entries, notes } = readPullSecrets(answer);
  return { keychain: createKeychain(entries), notes: [...(answer.notes ?? []), ...notes], problem: '' };
}

/** Waits no longer than the caller does. */
async function waitFor<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => {
      reject(
        signal.reason instanceof Error ? signal.reason : new Error('given up', { cause: signal.reason }),
      );
    };
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
