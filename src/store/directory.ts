import { watchFolder } from '../files/watch-folder.ts';
import type { Log } from '../telemetry/log.ts';
import { DirectoryMirror, type DirectoryContents } from './directory-mirror.ts';
import type { ObjectSink } from './object-sink.ts';

/** A folder of YAML and JSON as the source of all objects. */
export interface DirectoryStore extends DirectoryContents {
  readonly folder: string;
  /** Reads what changed since the last time, at once; the watch does so by itself. */
  refresh(): Promise<void>;
  /** As `refresh`, but leaves files for the next time that may still be being written. */
  look(): Promise<void>;
  /** The files that are broken now, each with its place. */
  problems(): readonly string[];
  stop(): void;
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
    folder,
    refresh: async () => {
      await mirror.refresh(Infinity);
    },
    look: async () => {
      await mirror.refresh(Date.now() - settleMs);
    },
    reread: (file) => mirror.reread(file),
    find: (kind, namespace, name) => mirror.find(kind, namespace, name),
    objects: () => mirror.objects(),
    follow: (listener) => mirror.follow(listener),
    onChange: (listener) => mirror.onChange(listener),
    problems: () => mirror.problems(),
    stop: () => {
      clearInterval(timer);
      unwatch();
    },
  };
}
