import type { KubeClient } from '../kube/client.ts';
import { isObject, objectAt, type JsonObject } from '../json/untyped.ts';
import { StatusError } from '../kube/status-error.ts';
import { formatMaterial, parseMaterial, type Material } from './material.ts';

/** The Secret as it was read; `object` is undefined when there is none. */
export interface StoredMaterial {
  readonly object: JsonObject | undefined;
  readonly material: Material;
}

/** The Secret that the replicas share. */
export interface TlsSecret {
  read(): Promise<StoredMaterial>;
  /** Writes over exactly what was read. `conflict`: somebody else was faster; read again. Throws when the API refuses otherwise. */
  write(read: StoredMaterial, material: Material): Promise<'written' | 'conflict'>;
}

/** The Secret `namespace/name`, which may not exist yet. */
export function tlsSecret(client: KubeClient, namespace: string, name: string): TlsSecret {
  const collection = `/api/v1/namespaces/${namespace}/secrets`;
  const path = `${collection}/${name}`;
  const empty = {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { name, namespace },
  };
  return {
    read: async () => {
      const object = await unless(404, () => client.get(path));
      return {
        object: isObject(object) ? object : undefined,
        material: parseMaterial(objectAt(object, 'data')),
      };
    },
    write: async ({ object }, material) => {
      const data = { ...objectAt(object, 'data'), ...formatMaterial(material) };
      const write = (): Promise<unknown> =>
        object === undefined
          ? client.create(collection, { ...empty, data })
          : client.replace(path, { ...object, data });
      // A replace finds nothing when somebody has just deleted the Secret; a create finds no namespace, which is an error.
      const writeOrMiss = (): Promise<unknown> => (object === undefined ? write() : unless(404, write));
      return (await unless(409, writeOrMiss)) === undefined ? 'conflict' : 'written';
    },
  };
}

/** What `call` gives, or undefined when the API answers with this status code. */
async function unless<T>(code: number, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof StatusError && error.code === code) return undefined;
    throw error;
  }
}
