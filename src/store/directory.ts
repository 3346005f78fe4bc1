import { join } from 'node:path';
import { watchFolder } from '../files/watch-folder.ts';
import type { Log } from '../telemetry/log.ts';
import { listFiles, readText, type FileState } from './directory-files.ts';
import { readObjects, type FileContents, type StoredObject } from './directory-objects.ts';
import type { ObjectSink } from './object-sink.ts';

/** A folder of YAML and JSON as the source of all objects. */
export interface DirectoryStore {
  /** Reads what changed since the last time, at once; the watch does so by itself. */
  refresh(): Promise<void>;
  /** The files that are broken now, each with its place. */
  problems(): readonly string[];
  stop(): void;
}

interface KnownFile {
  readonly stamp: string;
  /** Of the last version that parsed. */
  readonly objects: readonly StoredObject[];
  readonly problem?: string;
}

/** Some file systems report no changes: look now and then, too. */
const pollIntervalMs = 2_000;
/** A file that was written this little ago may still be being written: half a stream would be taken for a whole one. */
const settleMs = 20;

/**
 * Loads a folder, and follows it: changed, added and deleted files take effect at once. A broken file is reported, and
 * the last good version of that file stays in force.
 *
 * @throws when the folder cannot be read; the message names it and the way out
 */
export async function openDirectory(folder: string, sink: ObjectSink, log: Log): Promise<DirectoryStore> {
  const mirror = new DirectoryMirror(folder, sink, log);
  try {
    await mirror.refresh(Infinity);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `the folder ${folder} cannot be read (${reason}); --objects takes a folder of YAML or JSON files`;
    throw new Error(message, { cause: error });
  }
  const look = () => {
    const lookAgain = (settled: boolean) => {
      if (!settled) setTimeout(look, settleMs).unref();
    };
    mirror
      .refresh(Date.now() - settleMs)
      .then(lookAgain)
      .catch((error: unknown) => {
        log.error(
          { folder, error: String(error) },
          'the folder of objects cannot be read; what it held stays in force',
        );
      });
  };
  const unwatch = watchFolder({
    folder,
    recursive: true,
    onEvent: look,
    onTrouble: (error) => {
      log.warn(
        { folder, error: String(error) },
        'no file events for the folder of objects, it is read every 2 s instead',
      );
    },
  });
  const timer = setInterval(look, pollIntervalMs).unref();
  return {
    refresh: async () => {
      await mirror.refresh(Infinity);
    },
    problems: () => mirror.problems(),
    stop: () => {
      clearInterval(timer);
      unwatch();
    },
  };
}

class DirectoryMirror {
  readonly #folder: string;
  readonly #sink: ObjectSink;
  readonly #log: Log;
  #files: ReadonlyMap<string, KnownFile> = new Map();
  #objects: ReadonlyMap<string, StoredObject> = new Map();
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
    const next = this.#last.then(() => this.#refresh(settledBy));
    this.#last = next.catch(() => undefined);
    return next;
  }

  problems(): readonly string[] {
    return [...this.#files.values()].flatMap(({ problem }) => problem ?? []);
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
      return { stamp, objects: contents.objects };
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
        const key = `${object.kind} ${object.namespace}/${object.name}`;
        if (next.has(key)) this.#log.warn({ file }, `${key} is in two files; the later one counts`);
        next.set(key, object);
      }
    }
    for (const [key, { kind, namespace, name }] of this.#objects) {
      if (!next.has(key)) this.#sink.remove(kind, namespace, name);
    }
    for (const [key, object] of next) {
      if (this.#objects.get(key) !== object) this.#sink.put(object.kind, object.raw);
    }
    this.#objects = next;
  }
}
