import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { StreamListener } from '../importer/stream-store.ts';
import type { Log } from '../telemetry/log.ts';
import { fileState, listFiles, readText, type FileState } from './directory-files.ts';
import { readObjects, type FileContents, type FileKind, type StoredObject } from './directory-objects.ts';
import type { ObjectSink, StoreKind } from './object-sink.ts';

/** The objects that are in force, each from the file that counts. */
export interface DirectoryContents {
  find(kind: FileKind, namespace: string, name: string): StoredObject | undefined;
  objects(): Iterable<StoredObject>;
  /** Reads one file again, at once: whoever wrote it in one step knows that it is whole. */
  reread(file: string): Promise<void>;
  /**
   * Tells of the streams from now on, the present ones first.
   *
   * @returns ends it
   */
  follow(listener: StreamListener): () => void;
  /** Calls `listener` after each change of any object, until the function that it gives is called. */
  onChange(listener: () => void): () => void;
}

interface KnownFile {
  readonly stamp: string;
  /** Of the last version that parsed. */
  readonly objects: readonly StoredObject[];
  readonly problem?: string;
}

/**
 * What the files of a folder hold, and who is told of it. It looks only when it is told to.
 */
export class DirectoryMirror implements DirectoryContents {
  readonly #folder: string;
  readonly #sink: ObjectSink;
  readonly #log: Log;
  #files: ReadonlyMap<string, KnownFile> = new Map();
  #objects: ReadonlyMap<string, StoredObject> = new Map();
  readonly #followers = new Set<StreamListener>();
  readonly #listeners = new Set<() => void>();
  /** Refreshes follow each other, so that two events at once do not race. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(folder: string, sink: ObjectSink, log: Log) {
    this.#folder = folder;
    this.#sink = sink;
    this.#log = log;
  }

  /**
   * Reads what changed since the last time.
   *
   * @param settledBy files that were written after this (ms since the epoch) are left for the next time
   * @returns whether there are none of those
   */
  refresh(settledBy: number): Promise<boolean> {
    return this.#inTurn(() => this.#refresh(settledBy));
  }

  reread(name: string): Promise<void> {
    return this.#inTurn(async () => {
      const files = new Map(this.#files);
      const state = await fileState(join(this.#folder, name));
      const file = state && (await this.#read(name, state, files.get(name)));
      if (file === undefined) files.delete(name);
      else files.set(name, file);
      // In the order of their names, as a full look has them: of two objects of one name the later one counts.
      this.#files = new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
      this.#apply();
    });
  }

  find(kind: FileKind, namespace: string, name: string): StoredObject | undefined {
    return this.#objects.get(keyOf({ kind, namespace, name }));
  }

  objects(): Iterable<StoredObject> {
    return this.#objects.values();
  }

  follow(listener: StreamListener): () => void {
    const list = listener.startList();
    for (const { kind, raw } of this.#objects.values()) if (kind === 'ImageStream') list.put(raw);
    list.commit();
    this.#followers.add(listener);
    return () => {
      this.#followers.delete(listener);
    };
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  problems(): readonly string[] {
    return [...this.#files.values()].flatMap(({ problem }) => problem ?? []);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #refresh(settledBy: number): Promise<boolean> {
    const states = await listFiles(this.#folder);
    const files = new Map<string, KnownFile>();
    let settled = true;
    for (const [name, state] of states) {
      const known = this.#files.get(name);
      const isWritten = state.writtenMs <= settledBy || state.writtenMs > Date.now();
      if (!isWritten) settled = false;
      const file = !isWritten || known?.stamp === state.stamp ? known : await this.#read(name, state, known);
      if (file !== undefined) files.set(name, file);
    }
    // What has gone may be on its way into a file that is not read yet.
    if (!settled) for (const [name, file] of this.#files) if (!states.has(name)) files.set(name, file);
    const isSame =
      files.size === this.#files.size && [...files].every(([name, file]) => file === this.#files.get(name));
    this.#files = files;
    if (!isSame) this.#apply();
    return settled;
  }

  async #read(
    name: string,
    { stamp }: FileState,
    known: KnownFile | undefined,
  ): Promise<KnownFile | undefined> {
    const contents = await this.#contents(name);
    if (contents === undefined) return undefined;
    if (contents.ok) {
      for (const warning of contents.warnings) this.#log.warn({ folder: this.#folder }, warning);
      if (known?.problem !== undefined) this.#log.info({ file: name }, 'the file is whole again');
      return { stamp, objects: sameWhereEqual(contents.objects, known?.objects ?? []) };
    }
    const { problem } = contents;
    this.#log.error({ file: name, problem }, 'a file is not usable; its last good version stays in force');
    return { stamp, objects: known?.objects ?? [], problem };
  }

  async #contents(name: string): Promise<FileContents | undefined> {
    try {
      const text = await readText(join(this.#folder, name));
      return text === undefined ? undefined : readObjects(name, text);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { ok: false, problem: `${name}: cannot be read (${reason})` };
    }
  }

  /** Tells the sink what is new, different or gone. Of two objects of one name the one in the later file counts. */
  #apply(): void {
    const next = new Map<string, StoredObject>();
    for (const [file, { objects }] of this.#files) {
      for (const object of objects) {
        const key = keyOf(object);
        if (next.has(key)) this.#log.warn({ file }, `${key} is in two files; the later one counts`);
        next.set(key, object);
      }
    }
    const before = this.#objects;
    this.#objects = next;
    for (const [key, object] of before) if (!next.has(key)) this.#tellRemoved(object);
    for (const [key, object] of next) if (before.get(key)?.raw !== object.raw) this.#tellPut(object);
    for (const listener of this.#listeners) listener();
  }

  #tellRemoved({ kind, namespace, name }: StoredObject): void {
    if (isStoreKind(kind)) this.#sink.remove(kind, namespace, name);
    if (kind === 'ImageStream') for (const follower of this.#followers) follower.remove({ namespace, name });
  }

  #tellPut({ kind, raw }: StoredObject): void {
    if (isStoreKind(kind)) this.#sink.put(kind, raw);
    if (kind === 'ImageStream') for (const follower of this.#followers) follower.put(raw);
  }
}

function keyOf({ kind, namespace, name }: Pick<StoredObject, 'kind' | 'namespace' | 'name'>): string {
  return `${kind} ${namespace}/${name}`;
}

/** Everything else stays out of what decisions ask. */
function isStoreKind(kind: FileKind): kind is StoreKind {
  return kind === 'ImageStream' || kind === 'Image' || kind === 'Namespace';
}

/** What did not change stays the same value: one write into a file of many streams is told of one stream. */
function sameWhereEqual(
  objects: readonly StoredObject[],
  known: readonly StoredObject[],
): readonly StoredObject[] {
  const raws = new Map(known.map((object) => [keyOf(object), object.raw]));
  return objects.map((object) => {
    const raw = raws.get(keyOf(object));
    return raw !== undefined && isDeepStrictEqual(raw, object.raw) ? { ...object, raw } : object;
  });
}
