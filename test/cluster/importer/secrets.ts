import type { Json } from '../manifests/objects.ts';

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** The text of a docker configuration with logins by registry, or registry and path. */
export function dockerConfig(logins: Readonly<Record<string, Login>>): string {
  return JSON.stringify({ auths: authsOf(logins) });
}

/** A pull secret of today's type. */
export function pullSecret(
  name: string,
  logins: Readonly<Record<string, Login>>,
  annotations: Json = {},
): Json {
  return secret(
    name,
    'kubernetes.io/dockerconfigjson',
    '.dockerconfigjson',
    dockerConfig(logins),
    annotations,
  );
}

/** A pull secret of the older type. */
export function legacyPullSecret(name: string, logins: Readonly<Record<string, Login>>): Json {
  return secret(name, 'kubernetes.io/dockercfg', '.dockercfg', JSON.stringify(authsOf(logins)));
}

export function secret(
  name: string,
  type: string,
  field: string,
  text: string,
  annotations: Json = {},
): Json {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type,
    metadata: { name, annotations },
    stringData: { [field]: text },
  };
}

function authsOf(logins: Readonly<Record<string, Login>>): object {
  return Object.fromEntries(
    Object.entries(logins).map(([key, { username, password }]) => [
      key,
      { auth: btoa(`${username}:${password}`) },
    ]),
  );
}
