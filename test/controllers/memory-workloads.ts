import { isDeepStrictEqual } from 'node:util';
import { triggerKinds, type TriggerKind } from '../../src/controllers/trigger-kinds.ts';
import type { WorkloadAccess } from '../../src/controllers/trigger-ports.ts';
import type { WorkloadListener } from '../../src/controllers/trigger-controller.ts';
import { asList, asObject, asText, isObject, type JsonObject } from '../../src/json/untyped.ts';
import type { PatchOutcome } from '../../src/kube/guarded-patch.ts';

/** A workload as a test names it: "Deployment web"; namespace `demo` unless told. */
export interface WorkloadPatch {
  readonly name: string;
  readonly patch: JsonObject;
  readonly outcome: PatchOutcome['kind'];
}

/**
 * Workloads in memory, with the rules of an API server: strategic merge patches that name an outdated resourceVersion are
 * conflicts, and watchers hear of each change after it was answered. Kinds that are followed by their metadata are told so.
 */
export class MemoryWorkloads implements WorkloadAccess {
  /** Every patch that came, and what became of it. */
  readonly patches: WorkloadPatch[] = [];
  reads = 0;
  lists = 0;
  /** Called when a patch arrives, before it is looked at; what it gives is answered instead. */
  beforePatch: (name: string) => PatchOutcome | undefined | Promise<PatchOutcome | undefined> = () =>
    undefined;
  /** Tells watchers of a change; how late is the watch's affair. */
  deliver: (event: () => void) => void = (event) => setImmediate(event);
  readonly #objects = new Map<string, { readonly kind: TriggerKind; readonly object: JsonObject }>();
  readonly #listeners = new Map<TriggerKind, Set<WorkloadListener>>();
  #version = 1000;

  /** Lists a kind to the listener, and tells it of what comes. */
  watch(kind: TriggerKind, listener: WorkloadListener): void {
    this.lists += 1;
    const list = listener.startList();
    for (const stored of this.#objects.values())
      if (stored.kind === kind) list.put(seen(kind, stored.object));
    list.commit();
    this.#listeners.set(kind, (this.#listeners.get(kind) ?? new Set()).add(listener));
  }

  /** No more events, as after the death of a process. */
  unwatch(): void {
    this.#listeners.clear();
  }

  /** Creates or replaces an object, as a client does. */
  apply(kindName: string, name: string, object: JsonObject, namespace = 'demo'): void {
    const kind = kindNamed(kindName);
    const before = this.#objects.get(keyOf(kind, namespace, name))?.object;
    const { uid } = asObject(before?.metadata);
    const metadata = { ...asObject(object.metadata), namespace, name, uid: uid ?? `uid-${this.#version}` };
    this.#keep(kind, { ...object, metadata });
  }

  /** Changes what is there, as a person with an editor does. */
  edit(kindName: string, name: string, change: JsonObject, namespace = 'demo'): void {
    const kind = kindNamed(kindName);
    const stored = this.#objects.get(keyOf(kind, namespace, name));
    if (stored === undefined) throw new Error(`there is no ${kindName} ${namespace}/${name}`);
    this.#keep(kind, merged(stored.object, change));
  }

  delete(kindName: string, name: string, namespace = 'demo'): void {
    const kind = kindNamed(kindName);
    const stored = this.#objects.get(keyOf(kind, namespace, name));
    if (!this.#objects.delete(keyOf(kind, namespace, name))) return;
    for (const listener of this.#listeners.get(kind) ?? [])
      this.deliver(() => listener.remove(stored?.object));
  }

  get(kindName: string, name: string, namespace = 'demo'): JsonObject {
    const stored = this.#objects.get(keyOf(kindNamed(kindName), namespace, name));
    if (stored === undefined) throw new Error(`there is no ${kindName} ${namespace}/${name}`);
    return stored.object;
  }

  async read(kind: TriggerKind, namespace: string, name: string, signal: AbortSignal): Promise<unknown> {
    this.reads += 1;
    signal.throwIfAborted();
    await Promise.resolve();
    return copyOf(this.#objects.get(keyOf(kind, namespace, name))?.object);
  }

  async patch(kind: TriggerKind, namespace: string, name: string, patch: object): Promise<PatchOutcome> {
    const answer = await this.beforePatch(name);
    await Promise.resolve();
    const outcome = answer ?? this.#patch(kind, namespace, name, patch as JsonObject);
    this.patches.push({ name, patch: patch as JsonObject, outcome: outcome.kind });
    return outcome;
  }

  #patch(kind: TriggerKind, namespace: string, name: string, patch: JsonObject): PatchOutcome {
    const stored = this.#objects.get(keyOf(kind, namespace, name));
    if (stored === undefined) return { kind: 'gone' };
    const { resourceVersion } = asObject(stored.object.metadata);
    if (asObject(patch.metadata).resourceVersion !== resourceVersion) return { kind: 'conflict' };
    return { kind: 'written', object: copyOf(this.#keep(kind, merged(stored.object, patch))) };
  }

  #keep(kind: TriggerKind, object: JsonObject): JsonObject {
    this.#version += 1;
    const metadata = asObject(object.metadata);
    const key = keyOf(kind, asText(metadata.namespace), asText(metadata.name));
    const before = this.#objects.get(key)?.object;
    const { generation: was } = asObject(before?.metadata);
    const count = typeof was === 'number' ? was : 0;
    const generation = isDeepStrictEqual(before?.spec, object.spec) ? count : count + 1;
    const next: JsonObject = copyOf({
      ...object,
      metadata: { ...metadata, generation, resourceVersion: String(this.#version) },
    });
    this.#objects.set(key, { kind, object: next });
    for (const listener of this.#listeners.get(kind) ?? []) {
      this.deliver(() => listener.put(seen(kind, next)));
    }
    return next;
  }
}

/** What a watcher is sent. */
function seen({ view }: TriggerKind, object: JsonObject): JsonObject {
  return copyOf(view === 'metadata' ? { metadata: object.metadata } : object);
}

/** A strategic merge patch, as far as it is needed: lists of named things merge by name, null removes. */
function merged(value: JsonObject, patch: JsonObject): JsonObject {
  const result = new Map(Object.entries(value));
  for (const [key, change] of Object.entries(patch)) {
    if (change === null) result.delete(key);
    else if (Array.isArray(change)) result.set(key, mergedList(asList(value[key]), change.map(asObject)));
    else result.set(key, isObject(change) ? merged(asObject(value[key]), change) : change);
  }
  return Object.fromEntries(result);
}

function mergedList(list: readonly unknown[], patch: readonly JsonObject[]): JsonObject[] {
  const items = new Map(list.map((item) => [asText(asObject(item).name), asObject(item)]));
  for (const change of patch) {
    const name = asText(change.name);
    items.set(name, merged(items.get(name) ?? {}, change));
  }
  return [...items.values()];
}

function kindNamed(name: string): TriggerKind {
  const kind = triggerKinds.find(({ workload }) => workload.kind === name);
  if (kind === undefined) throw new Error(`no kind with triggers is called ${name}`);
  return kind;
}

function keyOf(kind: TriggerKind, namespace: string, name: string): string {
  return `${kind.workload.kind} ${namespace}/${name}`;
}

function copyOf<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}
