import { spawn } from 'node:child_process';
import { builtProgram } from '../support/built-program.ts';

/** The program as users run it; everything that it prints is kept. */
export interface RunningProgram {
  /** Standard output and standard error so far. */
  output(): string;
  stop(): Promise<void>;
}

/** Starts it with nothing of this process's environment but PATH. */
export async function startProgram(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningProgram> {
  const program = await builtProgram();
  const env = { PATH: process.env.PATH ?? '', ...environment };
  const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => void (output += text));
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  // A test run that ends before its programs must not leave them behind.
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  return {
    output: () => output,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
      process.removeListener('exit', kill);
    },
  };
}
