import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

/** A server of the control plane, as a child process whose output goes to a file. */
export interface Component {
  readonly name: string;
  readonly pid: number | undefined;
  readonly logPath: string;
  /** How it ended (`exited with code 1`), or undefined while it runs. */
  ended(): string | undefined;
  /** Ends it, at once unless another signal is told, and waits until it is gone. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

export interface ComponentSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly logPath: string;
}

/** A component did not come up. The message ends with the tail of its log and names the file. */
export class ComponentError extends Error {
  override readonly name = 'ComponentError';
  readonly logTail: string;

  constructor(component: Component, happened: string) {
    const logTail = tailOf(component.logPath);
    super(`${component.name} ${happened}; the end of its log, ${component.logPath}:\n${logTail}`);
    this.logTail = logTail;
  }
}

/** Starts a component. A command that cannot be run shows in `ended()`, not as an exception. */
export function startComponent({ name, command, args, env, logPath }: ComponentSpec): Component {
  const log = openSync(logPath, 'a');
  const child = spawn(command, args, { env, stdio: ['ignore', log, log] });
  closeSync(log);
  let ended: string | undefined;
  const gone = new Promise<void>((resolve) => {
    const note = (how: string) => (): void => {
      ended = how;
      resolve();
    };
    child.once('error', (error) => note(`could not be started (${error.message})`)());
    child.once('exit', (code, signal) =>
      note(signal ? `was ended by ${signal}` : `exited with code ${code}`)(),
    );
  });
  // A forgotten control plane must not keep a script alive that is done otherwise.
  child.unref();
  const end = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    child.ref();
    child.kill(signal);
    await gone;
  };
  return { name, pid: child.pid, logPath, ended: () => ended, end };
}

function tailOf(path: string, lines = 15): string {
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}
