import type { Wait } from '../commands/stream-actions.ts';
import type { GlobalFlags } from './global-flags.ts';
import type { Session } from './session.ts';

const waitMs = 60_000;
const frames = ['|', '/', '-', '\\'];

/** Shows what is waited for: something that turns on a terminal, one line in a pipe. */
export function waiting(
  { output, now }: Session,
  { requestTimeout = waitMs }: GlobalFlags,
): Wait & { readonly end: () => void } {
  const started = now();
  let turn = 0;
  let told = '';
  let shown = 0;
  const wipe = () => {
    if (shown > 0) output.err(`\r${' '.repeat(shown)}\r`);
    shown = 0;
  };
  return {
    ms: requestTimeout,
    onProgress: (text) => {
      if (output.isTerminal) {
        const seconds = Math.floor((now() - started) / 1000);
        const line = `${frames[turn++ % frames.length] ?? ''} waiting for ${text}${seconds > 1 ? ` (${seconds}s)` : ''}`;
        wipe();
        output.err(line);
        shown = line.length;
      } else if (told !== text) {
        output.err(`waiting for ${text}\n`);
        told = text;
      }
    },
    end: wipe,
  };
}
