import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * A checkout brings its own Node (the `node` package): on a machine whose Node is too old the program says so and goes on
 * with that one. An installed program has none; then the sentence is all.
 */
export function handOver(problem: string): void {
  const script = realpathSync(process.argv[1] ?? '.');
  const ownNode = join(dirname(script), '../node_modules/node/bin/node');
  if (!existsSync(ownNode)) {
    process.stderr.write(`pinstream: ${problem}\n`);
    process.exitCode = 1;
    return;
  }
  process.stderr.write(`pinstream: ${problem}; going on with this checkout's own Node\n`);
  // The channel tells the other process when this one is gone, however it went.
  const child = spawn(ownNode, [script, ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, PINSTREAM_HANDED_OVER: '1' },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`pinstream: ${ownNode}: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === null ? 1 : 128);
    if (child.connected) child.disconnect();
  });
}
