import { dirname } from 'node:path';
import { watchFolder } from '../files/watch-folder.ts';
import type { Clock } from '../kube/clock.ts';
import type { Log } from '../telemetry/log.ts';
import { startLoop } from './loop.ts';

export interface FollowedFiles {
  readonly files: readonly string[];
  /** What they hold, as a line of the log says it: "the TLS pair". */
  readonly what: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Reads them. Must not reject: what goes wrong is its own to log. */
  readonly reload: () => Promise<void>;
}

/** How often files are read again when no file event comes (network file systems send none). */
const pollMs = 10_000;
/** Two files seldom change in one instant; this long after the first event both should be there. */
const settleMs = 200;

/**
 * Reads files again after each change: directories are watched, because Kubernetes swaps a symbolic link there and never
 * touches the files, and the files are read every 10 s besides.
 *
 * @returns ends it
 */
export function followFiles({ files, what, clock, log, reload }: FollowedFiles): () => void {
  const loop = startLoop({ clock, intervalMs: pollMs, pokeDelayMs: settleMs, task: reload });
  const folders = new Set(files.map((file) => dirname(file)));
  // Without events the poll still works, so that is worth one line and no more.
  const closers = [...folders].map((folder) =>
    watchFolder({
      folder,
      onEvent: () => loop.poke(),
      onTrouble: (error) =>
        log.warn({ err: error, folder }, `no file events for ${what}, read every 10 s instead`),
    }),
  );
  return () => {
    loop.stop();
    for (const close of closers) close();
  };
}
