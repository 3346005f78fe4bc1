import type { ReflectorHandler } from '../../src/kube/reflector.ts';

/** A reflector's handler that keeps names and generations, and can tell what happened in which order. */
export function createMirror(): ReflectorHandler & {
  readonly names: () => string[];
  readonly calls: string[];
} {
  let known = new Map<string, unknown>();
  const calls: string[] = [];
  const nameOf = (raw: unknown): string => (raw as { metadata: { name: string } }).metadata.name;
  return {
    calls,
    names: () => [...known.keys()].sort(),
    startList() {
      const listed = new Map<string, unknown>();
      calls.push('startList');
      return {
        put: (raw) => void listed.set(nameOf(raw), raw),
        commit() {
          known = listed;
          calls.push(`commit ${listed.size}`);
        },
      };
    },
    put(raw) {
      known.set(nameOf(raw), raw);
      calls.push(`put ${nameOf(raw)}`);
    },
    remove(raw) {
      known.delete(nameOf(raw));
      calls.push(`remove ${nameOf(raw)}`);
    },
  };
}
