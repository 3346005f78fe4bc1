import { mergeStrategically } from './strategic.ts';

/** An object as the API has it. */
export interface ApiObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
  };
  readonly [field: string]: unknown;
}

export type Written =
  { readonly ok: true; readonly object: ApiObject } | { readonly ok: false; readonly code: 404 | 409 };

export type Watcher = (type: 'ADDED' | 'MODIFIED', object: ApiObject) => void;

const absent = { ok: false, code: 404 } as const;
const conflict = { ok: false, code: 409 } as const;

/** The objects of one resource, in memory, with the API's optimistic concurrency; nothing is ever deleted. */
export class ApiObjects {
  readonly watchers = new Set<Watcher>();
  readonly #objects = new Map<string, ApiObject>();
  readonly #nextVersion: () => string;

  /** @param nextVersion the next resourceVersion of the whole API */
  constructor(nextVersion: () => string) {
    this.#nextVersion = nextVersion;
  }

  list(namespace: string | undefined): readonly ApiObject[] {
    const all = [...this.#objects.values()];
    return namespace === undefined ? all : all.filter(({ metadata }) => metadata.namespace === namespace);
  }

  get(namespace: string | undefined, name: string): ApiObject | undefined {
    return this.#objects.get(keyOf(namespace, name));
  }

  create(object: ApiObject): Written {
    const { namespace, name } = object.metadata;
    if (this.get(namespace, name) !== undefined) return conflict;
    const version = this.#nextVersion();
    return this.#store('ADDED', object, { uid: `uid-${version}`, version });
  }

  /** Replaces the object, or its status alone; one that was read before somebody else wrote is a conflict. */
  replace(object: ApiObject, part: 'object' | 'status'): Written {
    const { namespace, name, resourceVersion, uid } = object.metadata;
    const before = this.get(namespace, name);
    if (before === undefined) return absent;
    const stale = resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion;
    if (stale || (uid !== undefined && uid !== before.metadata.uid)) return conflict;
    return this.#change(before, part === 'status' ? { ...before, status: object.status } : object);
  }

  /** A merge patch of top-level fields: all that counting an Event again needs. */
  merge(namespace: string | undefined, name: string, fields: object): Written {
    const before = this.get(namespace, name);
    return before === undefined ? absent : this.#change(before, { ...before, ...fields });
  }

  /** A strategic merge patch; one for a version that is no more is a conflict. */
  mergeStrategically(namespace: string | undefined, name: string, patch: object): Written {
    const before = this.get(namespace, name);
    if (before === undefined) return absent;
    const { metadata } = patch as { readonly metadata?: { readonly resourceVersion?: string } };
    const version = metadata?.resourceVersion;
    if (version !== undefined && version !== before.metadata.resourceVersion) return conflict;
    const merged = mergeStrategically(before, patch) as ApiObject;
    const generation = (before.metadata.generation ?? 0) + 1;
    return this.#change(before, { ...merged, metadata: { ...merged.metadata, generation } });
  }

  #change(before: ApiObject, after: ApiObject): Written {
    return this.#store('MODIFIED', after, { uid: before.metadata.uid ?? '', version: this.#nextVersion() });
  }

  #store(
    type: 'ADDED' | 'MODIFIED',
    given: ApiObject,
    { uid, version }: { readonly uid: string; readonly version: string },
  ): Written {
    const object = { ...given, metadata: { ...given.metadata, uid, resourceVersion: version } };
    this.#objects.set(keyOf(object.metadata.namespace, object.metadata.name), object);
    for (const watcher of this.watchers) watcher(type, object);
    return { ok: true, object };
  }
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}
