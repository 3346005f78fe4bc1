import { LRUCache } from 'lru-cache';
import type { CredentialSource } from '../registry/credential.ts';
import type { Log } from '../telemetry/log.ts';
import { createKeychain, distinct, type KeyedCredential } from './keychain.ts';
import { readPodScope, type PodScope } from './pod-scope.ts';
import { readPullSecrets, secretName, type PullSecrets, type RawSecret } from './pull-secrets.ts';
import type { RegistryConfig } from './registry-config.ts';
import { remember, type Remembered } from './remember.ts';
import { serverCredentials } from './server-credentials.ts';

export { podScopeKey, readPodScope, type PodScope } from './pod-scope.ts';

/** Where the pull secrets of a Pod come from. */
export interface PodSecretSource {
  /** Those that the Pod names and those that its service account names, as far as they exist. */
  secretsOf(scope: PodScope, signal: AbortSignal): Promise<PodSecrets>;
}

export interface PodSecrets {
  /** In the order in which the Pod names them. */
  readonly ofPod: readonly RawSecret[];
  /** The others, in the order of its service account. */
  readonly ofAccount: readonly RawSecret[];
  /** What cannot be read, a sentence each, with the way out. */
  readonly problems: readonly string[];
  /** What is named and does not exist, a sentence each. */
  readonly missing: readonly string[];
}

export interface PodCredentialSourceOptions {
  /** Absent: the server may read none, and only its own configuration is used. */
  readonly secrets?: PodSecretSource | undefined;
  /** The server's own docker configuration. */
  readonly serverWide: RegistryConfig | undefined;
  readonly clock: { now(): number };
  readonly log: Log;
}

/** As long as an import remembers the secrets of a namespace. */
const rememberMs = 60_000;
/** Secrets are often made a moment after what needs them. */
const rememberProblemMs = 10_000;
/** Pods of one namespace differ in what they name; an admin needs to be told once in a while. */
const tellMs = 600_000;
const readMsMax = 20_000;
const scopesMax = 1000;
/** Of one scope. A secret may hold tens of thousands; all that match are gone through for each image. */
const entriesMax = 2000;
/** In bytes, about: what all scopes may take of memory that the webhook needs for streams. */
const weightMax = 32 * 1024 * 1024;

/**
 * The credentials for an image at admission: those of the secrets that the Pod names, of those that its service account names,
 * then the server's own. The query's `namespace` is a key of `podScopeKey`; any other text stands for no Pod.
 */
export function createPodCredentialSource(options: PodCredentialSourceOptions): CredentialSource {
  const { serverWide } = options;
  const scopes = rememberScopes(options);
  return {
    async credentialsFor(image, key, signal) {
      const own = readPodScope(key) === undefined ? nothing : await scopes.get(key, signal);
      const server = await serverCredentials(serverWide, image, signal);
      signal.throwIfAborted();
      return {
        credentials: distinct([
          ...createKeychain(own.ofPod).credentialsFor(image),
          ...createKeychain(own.ofAccount).credentialsFor(image),
          ...server.credentials,
        ]),
        notes: [...own.notes, ...server.notes],
      };
    },
  };
}

interface Known {
  readonly ofPod: readonly KeyedCredential[];
  readonly ofAccount: readonly KeyedCredential[];
  readonly notes: readonly string[];
  /** Whether nothing was missing and all could be read. */
  readonly complete: boolean;
}

const nothing: Known = { ofPod: [], ofAccount: [], notes: [], complete: true };

function rememberScopes({ secrets, clock, log }: PodCredentialSourceOptions): Remembered<Known> {
  const toldMs = new LRUCache<string, number>({ max: scopesMax });
  return remember({
    read: async (key) => {
      const scope = readPodScope(key);
      if (scope === undefined || secrets === undefined) return nothing;
      const found = await secrets.secretsOf(scope, AbortSignal.timeout(readMsMax));
      const { namespace } = scope;
      const [problem] = found.problems;
      if (problem !== undefined && clock.now() - (toldMs.get(namespace) ?? -Infinity) >= tellMs) {
        log.warn({ namespace, problem }, 'pull secrets of Pods cannot be read; going on without them');
        toldMs.set(namespace, clock.now());
      }
      return knownOf(found, scope);
    },
    keepMs: ({ complete }) => (complete ? rememberMs : rememberProblemMs),
    max: scopesMax,
    weights: { of: weightOf, max: weightMax },
    clock,
  });
}

function knownOf({ ofPod, ofAccount, problems, missing }: PodSecrets, { serviceAccount }: PodScope): Known {
  const pod = readNamed(ofPod);
  const account = readNamed(ofAccount);
  const notes = [...problems, ...missing, ...pod.notes, ...account.notes];
  const entries = pod.entries.length + account.entries.length;
  if (entries > entriesMax) notes.push(`the pull secrets have ${entries} entries; ${entriesMax} are used`);
  const ofAccountMax = Math.max(0, entriesMax - pod.entries.length);
  return {
    ofPod: pod.entries.slice(0, entriesMax),
    // Whether a Pod gets these depends on whether it names some of its own: their label tells them apart.
    ofAccount: account.entries.slice(0, ofAccountMax).map(({ key, credential }) => ({
      key,
      credential: { ...credential, label: `${credential.label} of service account ${serviceAccount}` },
    })),
    notes,
    complete: problems.length + missing.length === 0,
  };
}

/** Somebody names each of them, in this order. */
function readNamed(secrets: readonly RawSecret[]): PullSecrets {
  return readPullSecrets({ secrets, pullSecretNames: secrets.map(secretName) });
}

function weightOf({ ofPod, ofAccount, notes }: Known): number {
  let weight = 100 + notes.join('').length;
  for (const { key, credential } of [...ofPod, ...ofAccount]) {
    const { label, username, password, identityToken = '' } = credential;
    weight += 200 + 2 * [key, label, username, password, identityToken].join('').length;
  }
  return weight;
}
