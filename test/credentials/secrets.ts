import type { RawSecret } from '../../src/credentials/pull-secrets.ts';

/** A pull secret with this configuration, as an object or as it stands. */
export function secret(
  name: string,
  config: object | string,
  type: 'dockerconfigjson' | 'dockercfg' = 'dockerconfigjson',
): RawSecret {
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  return {
    metadata: { name },
    type: `kubernetes.io/${type}`,
    data: { [`.${type}`]: Buffer.from(text).toString('base64') },
  };
}

/** A pull secret with one entry; the user is called as the secret is. */
export function dockerConfigJson(name: string, registry: string): RawSecret {
  return secret(name, { auths: { [registry]: { username: name, password: 'pw' } } });
}
