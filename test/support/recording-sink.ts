import type { ObjectSink } from '../../src/store/object-sink.ts';

interface Named {
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** A sink that keeps objects raw; `keys` are "Kind namespace/name", sorted. */
export function createRecordingSink(): ObjectSink & {
  readonly keys: () => string[];
  readonly get: (key: string) => unknown;
} {
  const objects = new Map<string, unknown>();
  const keyOf = (kind: string, raw: unknown): string => {
    const { name, namespace } = (raw as Named).metadata;
    return `${kind} ${namespace ?? ''}/${name}`;
  };
  return {
    keys: () => [...objects.keys()].sort(),
    get: (key) => objects.get(key),
    put: (kind, raw) => void objects.set(keyOf(kind, raw), raw),
    remove: (kind, namespace, name) => void objects.delete(`${kind} ${namespace}/${name}`),
    replaceAll(kind) {
      const listed = new Map<string, unknown>();
      return {
        put: (raw) => void listed.set(keyOf(kind, raw), raw),
        commit() {
          for (const key of objects.keys()) if (key.startsWith(`${kind} `)) objects.delete(key);
          for (const [key, raw] of listed) objects.set(key, raw);
        },
      };
    },
  };
}
