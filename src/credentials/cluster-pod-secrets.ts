import { asList, asObject, isObject, stringAt, type JsonObject } from '../json/untyped.ts';
import type { KubeClient } from '../kube/client.ts';
import { StatusError } from '../kube/status-error.ts';
import { reasonOf, TransportError } from '../kube/transport-error.ts';
import type { PodSecretSource } from './pod-credentials.ts';
import { isObjectName, podSecretsMax, type PodScope } from './pod-scope.ts';

/**
 * The pull secrets of Pods of a cluster, each read by its name: those that the Pod names, and those of its service account.
 * Needs get on secrets and on serviceaccounts (manifests, components/pull-secrets). Nothing is listed.
 */
export function clusterPodSecrets(client: KubeClient): PodSecretSource {
  return {
    async secretsOf(scope, signal) {
      const { namespace, serviceAccount, names } = scope;
      const base = `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
      const secretsNamed = (named: readonly string[]): Promise<readonly Named[]> =>
        Promise.all(
          named.map(async (name) => ({
            name,
            reading: await read(client, `${base}/secrets/${encodeURIComponent(name)}`, signal),
          })),
        );
      const [ofPod, account] = await Promise.all([
        secretsNamed(names.filter(isObjectName).slice(0, podSecretsMax)),
        serviceAccount === ''
          ? missing
          : read(client, `${base}/serviceaccounts/${encodeURIComponent(serviceAccount)}`, signal),
      ]);
      const others = account.kind === 'found' ? pullSecretNames(account.object) : [];
      const ofAccount = await secretsNamed(
        others.filter((name) => !names.includes(name)).slice(0, podSecretsMax),
      );
      return {
        ofPod: objectsOf(ofPod),
        ofAccount: objectsOf(ofAccount),
        problems: [
          ...problemsOf(ofPod, namespace),
          ...accountProblems(account, scope),
          ...problemsOf(ofAccount, namespace),
        ],
        missing: [
          ...missingOf(ofPod, 'the Pod', namespace),
          ...missingOf(ofAccount, `service account ${serviceAccount}`, namespace),
        ],
      };
    },
  };
}

interface Named {
  readonly name: string;
  readonly reading: Reading;
}

type Reading =
  | { readonly kind: 'found'; readonly object: JsonObject }
  | { readonly kind: 'missing' }
  | { readonly kind: 'forbidden' }
  | { readonly kind: 'failed'; readonly reason: string };

const missing: Reading = { kind: 'missing' };

async function read(client: KubeClient, path: string, signal: AbortSignal): Promise<Reading> {
  try {
    const object = await client.get(path, signal);
    return isObject(object) ? { kind: 'found', object } : missing;
  } catch (error) {
    // Anything else is a bug.
    if (!(error instanceof StatusError || error instanceof TransportError)) throw error;
    if (error instanceof StatusError && error.code === 404) return missing;
    if (error instanceof StatusError && error.code === 403) return { kind: 'forbidden' };
    return { kind: 'failed', reason: reasonOf(error) };
  }
}

/** The API does not check them. */
function pullSecretNames(account: JsonObject): readonly string[] {
  const names = asList(account.imagePullSecrets).map((entry) => stringAt(asObject(entry), 'name') ?? '');
  return [...new Set(names.filter(isObjectName))];
}

function objectsOf(named: readonly Named[]): readonly JsonObject[] {
  return named.flatMap(({ reading }) => (reading.kind === 'found' ? [reading.object] : []));
}

function problemsOf(named: readonly Named[], namespace: string): readonly string[] {
  const forbidden = named.filter(({ reading }) => reading.kind === 'forbidden').map(({ name }) => name);
  const refusals =
    forbidden.length === 0 ? [] : [`${refused('get secrets', namespace)}; not used: ${forbidden.join(', ')}`];
  const failures = named.flatMap(({ name, reading }) =>
    reading.kind === 'failed'
      ? [`secret "${name}" of namespace ${namespace} cannot be read: ${reading.reason}`]
      : [],
  );
  return [...refusals, ...failures];
}

function missingOf(named: readonly Named[], who: string, namespace: string): readonly string[] {
  return named
    .filter(({ reading }) => reading.kind === 'missing')
    .map(({ name }) => `${who} names secret "${name}", which is missing in namespace ${namespace}`);
}

/** A service account that is missing names nothing. */
function accountProblems(reading: Reading, { namespace, serviceAccount }: PodScope): readonly string[] {
  if (reading.kind === 'forbidden')
    return [`${refused('get serviceaccounts', namespace)}; not used: the secrets of ${serviceAccount}`];
  return reading.kind === 'failed'
    ? [`service account ${serviceAccount} of namespace ${namespace} cannot be read: ${reading.reason}`]
    : [];
}

function refused(what: string, namespace: string): string {
  return (
    `this server may not ${what} in namespace ${namespace}: apply manifests with components/pull-secrets, ` +
    'or bind ClusterRole pinstream-webhook-pull-secrets there'
  );
}
