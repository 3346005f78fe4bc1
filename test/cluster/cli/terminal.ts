import { spawn } from 'node:child_process';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { builtProgram } from '../../support/built-program.ts';
import type { ControlPlane } from '../control-plane.ts';
import { findTools } from '../tools.ts';

/** A person's terminal, on which `pinstream` and `kubectl` are at hand. */
export interface Terminal {
  /** Types a line; gives what stands on the screen when it is over, and `exit status N` where that is not 0. */
  type(line: string): Promise<string>;
}

/** A real one: a pseudo-terminal of util-linux's `script`, 160 columns wide. */
export async function openTerminal(cluster: ControlPlane): Promise<Terminal> {
  const bin = join(cluster.dir, 'bin');
  await mkdir(bin, { recursive: true });
  const tools = findTools(['kubectl']);
  if (tools.kind === 'missing') throw new Error(tools.howTo);
  await symlink(tools.paths.kubectl, join(bin, 'kubectl'));
  const shim = join(bin, 'pinstream');
  await writeFile(shim, `#!/bin/sh\nexec "${process.execPath}" "${await builtProgram()}" "$@"\n`);
  await chmod(shim, 0o755);
  const env = {
    PATH: `${bin}:${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
    HOME: cluster.dir,
    KUBECONFIG: cluster.kubeconfigPath,
    TERM: 'xterm',
    NO_PROXY: '127.0.0.1,localhost',
  };
  return { type: (line) => typed(line, cluster.dir, env) };
}

async function typed(line: string, cwd: string, env: Readonly<Record<string, string>>): Promise<string> {
  const inside = `stty cols 160; ${line}`;
  const child = spawn('script', ['-qec', inside, '/dev/null'], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => void chunks.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const screen = shownOf(Buffer.concat(chunks).toString('utf8'));
  return code === 0 ? screen : `${screen}exit status ${code}\n`;
}

/** What a terminal shows in the end: carriage returns write over what stood there, colours are none. */
function shownOf(text: string): string {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  return lines.map((line) => overwritten(line).trimEnd()).join('\n');
}

function overwritten(line: string): string {
  // eslint-disable-next-line no-control-regex -- colours are control characters
  const parts = line.replace(/\u001b\[[0-9;]*m/g, '').split('\r');
  return parts.reduce((shown, part) => part + shown.slice(part.length), '');
}
