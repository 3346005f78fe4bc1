import type { Backend } from '../cli/backend.ts';
import type { GlobalFlags } from '../cli/global-flags.ts';
import { processOutput, type Output } from '../cli/output.ts';
import { runVerb } from '../cli/run-verb.ts';
import type { Session } from '../cli/session.ts';
import type { VerbEntry } from '../cli/verbs.ts';

/** Runs a verb for a person at this process's terminal; gives the exit code. */
export async function runClient(entry: VerbEntry, args: readonly string[], program: string): Promise<number> {
  const output = processOutput(process);
  // Whoever reads has had enough (`| head`): so have we.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(0);
    });
  }
  const interrupt = new AbortController();
  process.once('SIGINT', () => {
    interrupt.abort();
    // Whatever still runs has left nothing half-written.
    process.exit(130);
  });
  return runVerb(entry, args, {
    program,
    output,
    session: (flags) => sessionOf(flags, output, interrupt.signal),
  });
}

function sessionOf(flags: GlobalFlags, output: Output, interrupted: AbortSignal): Session {
  let opened: Promise<Backend> | undefined;
  const open = async (): Promise<Backend> => {
    const options = { flags, interrupted, warn: (text: string) => output.err(`${text}\n`) };
    if (flags.objects === undefined) return (await import('./cluster-backend.ts')).openCluster(options);
    return (await import('./directory-backend.ts')).openFolder(flags.objects, options);
  };
  return {
    output,
    backend: () => (opened ??= open()),
    now: () => Date.now(),
    interrupted,
    readInput: async (place, recursive) =>
      (await import('./read-input.ts')).readInput(place, recursive, interrupted),
    writeInput: async (input, text) => (await import('./write-input.ts')).writeInput(input, text),
    close: async () => {
      await (await opened?.catch(() => undefined))?.close();
    },
  };
}
