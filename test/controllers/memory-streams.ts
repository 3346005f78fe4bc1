import { isDeepStrictEqual } from 'node:util';
import { imageNameOf } from '../../src/imagestream/read.ts';
import type {
  ImageObject,
  StreamKey,
  StreamListener,
  StreamStore,
  WriteOutcome,
} from '../../src/importer/stream-store.ts';

interface StoredStream {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation: number;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: object;
  readonly status: object;
}

export interface StreamChange {
  readonly spec?: object;
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * Image streams and Images in memory, with the rules of an API server: a write of what has changed since is a conflict, one
 * that changes nothing is no event, a spec that differs is a new generation, and watchers hear of each change after it was
 * answered.
 */
export class MemoryStreams implements StreamStore {
  /** Status writes that were accepted, and those that were not. */
  readonly writes: WriteOutcome[] = [];
  reads = 0;
  readonly images = new Map<string, ImageObject>();
  /** What it does to a status before it keeps it, such as an old CRD that knows fewer fields. */
  prune: (status: object) => object = (status) => status;
  /** Each write is a change, also one that changes nothing. */
  restless = false;
  /** Called when a status arrives, before it is looked at. */
  beforeWrite: (key: StreamKey) => void | Promise<void> = () => undefined;
  /** Called when an Image arrives. */
  beforeImage: () => void = () => undefined;
  /** Called when somebody reads a stream. */
  beforeRead: (key: StreamKey) => void | Promise<void> = () => undefined;
  /** Tells watchers of a change; how late is the watch's affair. */
  deliver: (event: () => void) => void = (event) => setImmediate(event);
  readonly #streams = new Map<string, StoredStream>();
  readonly #listeners = new Set<StreamListener>();
  #version = 0;

  /** Lists everything to the listener, and tells it of what comes. */
  watch(listener: StreamListener): void {
    const list = listener.startList();
    for (const stream of this.#streams.values()) list.put(copyOf(stream));
    list.commit();
    this.#listeners.add(listener);
  }

  /** Creates or changes a stream, as a client does. */
  apply(name: string, change: StreamChange, namespace = 'demo'): void {
    const key = `${namespace}/${name}`;
    const before = this.#streams.get(key);
    const spec = change.spec ?? before?.spec ?? {};
    const generation = before?.metadata.generation ?? 0;
    this.#keep(key, {
      metadata: {
        namespace,
        name,
        uid: before?.metadata.uid ?? `uid-${this.#version}`,
        resourceVersion: this.#nextVersion(),
        generation: isDeepStrictEqual(spec, before?.spec) ? generation : generation + 1,
        annotations: change.annotations ?? before?.metadata.annotations ?? {},
      },
      spec: copyOf(spec),
      status: before?.status ?? {},
    });
  }

  /** Another writer's status, for a stream that exists. */
  applyStatus(name: string, status: object, namespace = 'demo'): void {
    const stream = this.#streams.get(`${namespace}/${name}`);
    if (stream === undefined) throw new Error(`there is no stream ${namespace}/${name}`);
    this.#keepStatus(stream, status);
  }

  delete(name: string, namespace = 'demo'): void {
    if (!this.#streams.delete(`${namespace}/${name}`)) return;
    for (const listener of this.#listeners) this.deliver(() => listener.remove({ namespace, name }));
  }

  async read(key: StreamKey, signal: AbortSignal): Promise<unknown> {
    this.reads += 1;
    signal.throwIfAborted();
    await this.beforeRead(key);
    // As an answer that was on its way already.
    await Promise.resolve();
    return copyOf(this.#streams.get(`${key.namespace}/${key.name}`));
  }

  async writeStatus(raw: unknown, status: object): Promise<WriteOutcome> {
    const { metadata } = raw as StoredStream;
    await this.beforeWrite(metadata);
    await Promise.resolve();
    const outcome = this.#write(metadata, status);
    this.writes.push(outcome);
    return outcome;
  }

  async addImage(raw: ImageObject): Promise<void> {
    this.beforeImage();
    await Promise.resolve();
    const { name } = raw.metadata;
    if (!this.images.has(name)) this.images.set(name, raw);
  }

  async eachStream(visit: (raw: unknown) => void, signal: AbortSignal): Promise<void> {
    await Promise.resolve();
    signal.throwIfAborted();
    for (const stream of this.#streams.values()) visit(copyOf(stream));
  }

  async eachImage(visit: (raw: unknown) => void, signal: AbortSignal): Promise<void> {
    await Promise.resolve();
    signal.throwIfAborted();
    for (const image of this.images.values()) visit(copyOf(image));
  }

  async removeImage(raw: unknown): Promise<WriteOutcome> {
    await Promise.resolve();
    const { name } = (raw as ImageObject).metadata;
    const held = this.images.get(imageNameOf(name));
    if (held === undefined) return 'gone';
    if (!isDeepStrictEqual(held, raw)) return 'conflict';
    this.images.delete(name);
    return 'written';
  }

  #write(metadata: StoredStream['metadata'], status: object): WriteOutcome {
    const stream = this.#streams.get(`${metadata.namespace}/${metadata.name}`);
    if (stream?.metadata.uid !== metadata.uid) return 'gone';
    if (stream.metadata.resourceVersion !== metadata.resourceVersion) return 'conflict';
    this.#keepStatus(stream, status);
    return 'written';
  }

  #keepStatus(stream: StoredStream, status: object): void {
    const kept = this.prune(copyOf(status));
    if (!this.restless && isDeepStrictEqual(kept, stream.status)) return;
    const metadata = { ...stream.metadata, resourceVersion: this.#nextVersion() };
    this.#keep(`${metadata.namespace}/${metadata.name}`, { ...stream, metadata, status: kept });
  }

  #keep(key: string, stream: StoredStream): void {
    this.#streams.set(key, stream);
    const told = copyOf(stream);
    for (const listener of this.#listeners) this.deliver(() => listener.put(told));
  }

  #nextVersion(): string {
    this.#version += 1;
    return String(this.#version);
  }
}

/** As an API client would get it: parsed anew. */
function copyOf<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}
