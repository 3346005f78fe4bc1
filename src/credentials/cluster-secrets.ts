import { asList, asObject, isObject, objectAt, stringAt, type JsonObject } from '../json/untyped.ts';
import type { KubeClient } from '../kube/client.ts';
import { listPages } from '../kube/list.ts';
import { StatusError } from '../kube/status-error.ts';
import { reasonOf, TransportError } from '../kube/transport-error.ts';
import type { SecretAnswer, SecretSource } from './namespace-credentials.ts';

const pullSecretTypes = ['kubernetes.io/dockerconfigjson', 'kubernetes.io/dockercfg'];
/** Of each type. */
const secretsMax = 2000;
const namedMax = 20;

/**
 * The pull secrets of a cluster's namespaces, listed by type (spec imagestream-system.md 2.7), and the ones of any type that
 * the service account `default` names. Needs list and get on secrets and get on serviceaccounts there.
 */
export function clusterSecrets(client: KubeClient): SecretSource {
  return {
    async secretsOf(namespace, signal) {
      try {
        return await read(client, namespace, signal);
      } catch (error) {
        // Anything else is a bug.
        if (!(error instanceof StatusError || error instanceof TransportError)) throw error;
        return { ok: false, problem: problemOf(error, namespace) };
      }
    },
  };
}

async function read(client: KubeClient, namespace: string, signal: AbortSignal): Promise<SecretAnswer> {
  const base = `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
  const [account, ...lists] = await Promise.all([
    readAccount(client, `${base}/serviceaccounts/default`, signal),
    ...pullSecretTypes.map((type) => listOfType(client, `${base}/secrets`, type, signal)),
  ]);
  const listed = lists.flatMap((secrets) => secrets.slice(0, secretsMax));
  const names = new Set(listed.map(nameOf));
  const unlisted = account.pullSecretNames.filter((name) => !names.has(name)).slice(0, namedMax);
  const others = await Promise.all(
    unlisted.map((name) =>
      unless403(() => unless404(() => client.get(`${base}/secrets/${encodeURIComponent(name)}`, signal))),
    ),
  );
  const hidden = new Set(unlisted.filter((_name, index) => others[index] === forbidden));
  const notes: string[] = [];
  if (!account.readable) notes.push(`${refused('get serviceaccounts', namespace)}; pull secrets go by name`);
  if (hidden.size > 0)
    notes.push(`${refused('get secrets', namespace)}; not used: ${[...hidden].join(', ')}`);
  if (lists.some((secrets) => secrets.length > secretsMax))
    notes.push(`namespace ${namespace} has more than ${secretsMax} pull secrets of a type; not all are used`);
  return {
    ok: true,
    secrets: [...listed, ...others.filter(isObject)],
    pullSecretNames: account.pullSecretNames.filter((name) => !hidden.has(name)),
    notes,
  };
}

/** One type of secret in pages: `secretsMax` of them, and one more where there are more. */
async function listOfType(
  client: KubeClient,
  path: string,
  type: string,
  signal: AbortSignal,
): Promise<readonly JsonObject[]> {
  const selector = new URLSearchParams({ fieldSelector: `type=${type}` }).toString();
  const selecting: KubeClient = {
    ...client,
    get: (page, pageSignal) => client.get(`${page}&${selector}`, pageSignal),
  };
  for (let attempt = 1; ; attempt += 1) {
    const secrets: JsonObject[] = [];
    const put = (raw: unknown): void => {
      if (isObject(raw) && secrets.length <= secretsMax) secrets.push(raw);
    };
    try {
      await listPages(selecting, path, { signal, put });
      return secrets;
    } catch (error) {
      // What the pages were cut from is gone: once more from the start.
      if (!(error instanceof StatusError && error.code === 410 && attempt === 1)) throw error;
    }
  }
}

interface Account {
  readonly pullSecretNames: readonly string[];
  /** The server can do without: only the order of secrets depends on it, and those of other types. */
  readonly readable: boolean;
}

async function readAccount(client: KubeClient, path: string, signal: AbortSignal): Promise<Account> {
  const account = await unless403(() => unless404(() => client.get(path, signal)));
  if (account === forbidden) return { pullSecretNames: [], readable: false };
  const names = asList(asObject(account).imagePullSecrets).map((entry) => stringAt(entry, 'name') ?? '');
  // The API does not check them, and ".." would be another path.
  return {
    pullSecretNames: names.filter((name) => /^[a-z0-9][a-z0-9.-]{0,252}$/.test(name)),
    readable: true,
  };
}

const forbidden = Symbol('forbidden');

async function unless403(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof StatusError && error.code === 403) return forbidden;
    throw error;
  }
}

async function unless404(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof StatusError && error.code === 404) return undefined;
    throw error;
  }
}

function problemOf(error: StatusError | TransportError, namespace: string): string {
  if (error instanceof StatusError && error.code === 403) return refused('list secrets', namespace);
  return `the pull secrets of namespace ${namespace} cannot be read: ${reasonOf(error)}`;
}

function refused(what: string, namespace: string): string {
  return `this server may not ${what} in namespace ${namespace}: bind ClusterRole pinstream-pull-secrets there`;
}

function nameOf(secret: JsonObject): string {
  return stringAt(objectAt(secret, 'metadata'), 'name') ?? '';
}
