import { objectAt, stringAt } from '../json/untyped.ts';
import type { ReflectorHandler } from '../kube/reflector.ts';
import type { ObjectSink, StoreKind } from './object-sink.ts';

/** Feeds the objects of one kind into `sink`. `listed` is how many the last full list had. */
export function createClusterHandler(
  sink: ObjectSink,
  kind: StoreKind,
): { readonly handler: ReflectorHandler; readonly listed: () => number } {
  let listed = 0;
  const handler: ReflectorHandler = {
    startList() {
      const list = sink.replaceAll(kind);
      let count = 0;
      return {
        put(raw) {
          count += 1;
          list.put(raw);
        },
        commit() {
          listed = count;
          list.commit();
        },
      };
    },
    put: (raw) => sink.put(kind, raw),
    remove(raw) {
      const metadata = objectAt(raw, 'metadata');
      const name = stringAt(metadata, 'name');
      if (name !== undefined) sink.remove(kind, stringAt(metadata, 'namespace') ?? '', name);
    },
  };
  return { handler, listed: () => listed };
}
