import type { ObjectClient, ObjectKind } from '../commands/object-client.ts';
import { keyOf } from '../commands/stream-object.ts';
import type { SecretSource } from '../credentials/namespace-credentials.ts';
import { pullSecretsIn, trimSecret } from '../store/directory-secrets.ts';

const core = { group: '', version: 'v1', namespaced: true };
const secretKind: ObjectKind = { ...core, resource: 'secrets', kind: 'Secret' };
const accountKind: ObjectKind = { ...core, resource: 'serviceaccounts', kind: 'ServiceAccount' };

/** The pull secrets in a folder of files. */
export function folderSecrets(objects: ObjectClient): SecretSource {
  return {
    secretsOf: async (namespace) => {
      const secrets = await objects.list(secretKind, namespace);
      const accounts = await objects.list(accountKind, namespace);
      const named = [
        ...secrets.map((raw) => ({ kind: 'Secret', ...keyOf(raw), raw: trimSecret(raw) })),
        ...accounts.map((raw) => ({ kind: 'ServiceAccount', ...keyOf(raw), raw })),
      ];
      return { ok: true, ...pullSecretsIn(namespace, named) };
    },
  };
}
