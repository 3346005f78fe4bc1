import { watch } from 'node:fs';

export interface FolderWatch {
  readonly folder: string;
  /** Folders below it as well; only itself unless told. */
  readonly recursive?: boolean;
  /** `name` is relative to the folder; undefined where the system does not tell. */
  readonly onEvent: (name: string | undefined) => void;
  /** No events come (any more): no inotify left, the folder removed. Whoever watches must look by itself now and then. */
  readonly onTrouble: (error: unknown) => void;
}

/**
 * Reports changes of a folder, as a hint to look: events may come twice, or not at all. The folder, not the file, since
 * Kubernetes changes a mounted file by swapping links. It never throws and never keeps the process alive.
 *
 * @returns ends it
 */
export function watchFolder({ folder, recursive = false, onEvent, onTrouble }: FolderWatch): () => void {
  try {
    const watcher = watch(folder, { recursive, persistent: false }, (_event, name) => {
      onEvent(name ?? undefined);
    });
    watcher.on('error', (error) => {
      watcher.close();
      onTrouble(error);
    });
    return () => {
      watcher.close();
    };
  } catch (error) {
    onTrouble(error);
    return () => undefined;
  }
}
