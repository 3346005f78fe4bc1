import { LRUCache } from 'lru-cache';
import type { Log } from '../telemetry/log.ts';
import type { CredentialSource } from '../registry/credential.ts';
import { createKeychain, distinct, type Keychain } from './keychain.ts';
import { readPullSecrets, type NamespaceSecrets } from './pull-secrets.ts';
import type { RegistryConfig } from './registry-config.ts';
import { remember, type Remembered } from './remember.ts';
import { serverCredentials } from './server-credentials.ts';

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
      const own = namespace === '' ? nothing : await namespaces.get(namespace, signal);
      const server = await serverCredentials(serverWide, image, signal);
      signal.throwIfAborted();
      return {
        credentials: distinct([...own.keychain.credentialsFor(image), ...server.credentials]),
        notes: [...own.notes, ...server.notes],
      };
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

/** The secrets of namespaces, one reading at a time each, remembered for a while. */
function rememberNamespaces({ secrets, clock, log }: CredentialSourceOptions): Remembered<Known> {
  const problems = new LRUCache<string, string>({ max: namespacesMax });
  return remember({
    read: async (namespace) => {
      const known = knownOf(await secrets.secretsOf(namespace, AbortSignal.timeout(readMsMax)));
      const { problem } = known;
      if (problem !== '' && problem !== problems.get(namespace))
        log.warn({ namespace, problem }, 'pull secrets cannot be read; importing without them');
      problems.set(namespace, problem);
      return known;
    },
    keepMs: () => rememberMs,
    max: namespacesMax,
    clock,
  });
}

function knownOf(answer: SecretAnswer): Known {
  if (!answer.ok) return { ...nothing, notes: [answer.problem], problem: answer.problem };
  const { entries, notes } = readPullSecrets(answer);
  return { keychain: createKeychain(entries), notes: [...(answer.notes ?? []), ...notes], problem: '' };
}
