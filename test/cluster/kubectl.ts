import { spawn } from 'node:child_process';

export interface KubectlOptions {
  /** What kubectl reads from standard input (`-f -`). */
  readonly input?: string;
  /** Added to its environment; `KUBECONFIG` here makes it speak as somebody else. */
  readonly env?: Readonly<Record<string, string>>;
  /** It is ended after this time; 60 s unless told. */
  readonly timeoutMs?: number;
}

export interface KubectlResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type Kubectl = (args: readonly string[], options?: KubectlOptions) => Promise<KubectlResult>;

/**
 * Runs a kubectl in `env`. A command that fails is an answer (its `code`), not an exception; one that had to be ended
 * has code 124, as with timeout(1), and says so at the end of `stderr`.
 */
export function kubectlAt(command: string, base: Readonly<Record<string, string>>): Kubectl {
  return (args, { input = '', env = {}, timeoutMs = 60_000 } = {}) =>
    new Promise((resolve, reject) => {
      const child = spawn(command, args, { env: { ...base, ...env }, stdio: 'pipe' });
      let stdout = '';
      let stderr = '';
      let late = false;
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      const timer = setTimeout(() => {
        late = true;
        child.kill('SIGKILL');
      }, timeoutMs);
      child.once('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      child.once('close', (code) => {
        clearTimeout(timer);
        if (late) stderr += `kubectl ${args.join(' ')}: ended after ${timeoutMs} ms\n`;
        resolve({ code: late ? 124 : (code ?? 1), stdout, stderr });
      });
      // A kubectl that never reads its input closes the pipe first.
      child.stdin.on('error', () => undefined);
      child.stdin.end(input);
    });
}
