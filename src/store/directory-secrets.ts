import { asList, asObject, stringAt } from '../json/untyped.ts';

/** What imports of a namespace may log in with. */
export interface NamespacePullSecrets {
  /** Raw Secrets, trimmed; their content is never logged. */
  readonly secrets: readonly Readonly<Record<string, unknown>>[];
  /** What the service account `default` names in `imagePullSecrets`, in that order. */
  readonly pullSecretNames: readonly string[];
}

/** An object of the folder, as far as this asks. */
interface NamedObject {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly raw: object;
}

/** The fields that hold registry credentials. */
const credentialFields: ReadonlySet<string> = new Set(['.dockerconfigjson', '.dockercfg']);

/** A Secret without what no import reads: a folder in Git may hold the keys to anything, and memory needs none of them. */
export function trimSecret(raw: object): object {
  const { apiVersion, kind, metadata, type, data, stringData } = raw as Readonly<Record<string, unknown>>;
  return {
    apiVersion,
    kind,
    metadata,
    type,
    data: credentialsOf(data),
    stringData: credentialsOf(stringData),
  };
}

/** The Secrets of a namespace among `objects`, and which of them its service account `default` names. */
export function pullSecretsIn(namespace: string, objects: Iterable<NamedObject>): NamespacePullSecrets {
  const secrets: Readonly<Record<string, unknown>>[] = [];
  const pullSecretNames: string[] = [];
  for (const object of objects) {
    if (object.namespace !== namespace) continue;
    if (object.kind === 'Secret') secrets.push(asObject(object.raw));
    if (object.kind !== 'ServiceAccount' || object.name !== 'default') continue;
    const named = asList(asObject(object.raw).imagePullSecrets);
    pullSecretNames.push(...named.flatMap((entry) => stringAt(entry, 'name') ?? []));
  }
  return { secrets, pullSecretNames };
}

function credentialsOf(fields: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(asObject(fields)).filter(([key]) => credentialFields.has(key)));
}
