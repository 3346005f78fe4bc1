import { spawn } from 'node:child_process';

/** Ends processes and removes a folder when this process dies, however that happens. */
export interface Watchdog {
  watch(pid: number): void;
  /** For an orderly end: nothing is ended or removed any more. */
  dismiss(): void;
}

// Standard input closes when the parent is gone: exit, Ctrl-C, a crash and SIGKILL alike. Handlers of `process` would
// miss the last two, and inside jest they are never called.
const script =
  'pids=; while read -r pid; do pids="$pids $pid"; done; kill -9 $pids 2>/dev/null; rm -rf -- "$1"';

/** Starts a watchdog that removes `folder` in the end. It is a session of its own, so that Ctrl-C does not reach it. */
export function startWatchdog(folder: string): Watchdog {
  const shell = spawn('/bin/sh', ['-c', script, 'watchdog', folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  // Without its end of the pipe a write fails with EPIPE; there is nothing to do about that here.
  shell.stdin.on('error', () => undefined);
  shell.unref();
  return {
    watch: (pid) => void shell.stdin.write(`${pid}\n`),
    dismiss: () => void shell.kill('SIGKILL'),
  };
}
