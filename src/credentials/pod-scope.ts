/** The pull secrets that a Pod would pull with (resolver/fallback.ts, PullSecretScope). */
export interface PodScope {
  readonly namespace: string;
  readonly serviceAccount: string;
  /** The Pod's own `imagePullSecrets`. */
  readonly names: readonly string[];
}

/** More than any Pod has use for; each is a request. */
export const podSecretsMax = 20;

/**
 * What answers of registries are kept apart by: Pods with the same key have the same pull secrets. Names that no object can have
 * are left out, and those beyond the twentieth; '' (no secrets but the server's own) where even the namespace is none.
 */
export function podScopeKey({ namespace, serviceAccount, names }: PodScope): string {
  if (!isLabel(namespace)) return '';
  // What a Pod gets that names none.
  const account = serviceAccount === '' ? 'default' : serviceAccount;
  const secrets = [...new Set(names.filter(isObjectName))].slice(0, podSecretsMax);
  return `${namespace}/${isObjectName(account) ? account : ''}/${secrets.join(',')}`;
}

/** The scope of a key; undefined for '' and whatever else podScopeKey does not make. */
export function readPodScope(key: string): PodScope | undefined {
  const [namespace = '', serviceAccount = '', joined = ''] = key.split('/');
  const scope = { namespace, serviceAccount, names: joined === '' ? [] : joined.split(',') };
  const known = isLabel(namespace) && (serviceAccount === '' || isObjectName(serviceAccount));
  const fits = scope.names.length <= podSecretsMax && scope.names.every(isObjectName);
  return known && fits && key === [namespace, serviceAccount, joined].join('/') ? scope : undefined;
}

/** The name of a Secret or a service account. Nothing else comes into a path: ".." would be another one. */
export function isObjectName(name: string): boolean {
  return name.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name);
}

function isLabel(name: string): boolean {
  return name.length <= 63 && !name.includes('.') && isObjectName(name);
}
