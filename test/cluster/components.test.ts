import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { createComponents, type Components } from './components.ts';

const never = (): Promise<boolean> => Promise.resolve(false);

describe('components that end together', () => {
  let dir: string;
  let components: Components;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'pinstream-components-'));
    components = createComponents(dir);
  });
  afterEach(async () => {
    await components.end();
    rmSync(dir, { recursive: true, force: true });
  });

  const start = (name: string, script: string, command = '/bin/sh'): void =>
    components.start({
      name,
      command,
      args: ['-c', script],
      env: { PATH: process.env.PATH ?? '' },
      logPath: join(dir, `${name}.log`),
    });

  test('one that ends before it serves is named, with the end of its log and its log file', async () => {
    start('steady', 'exec sleep 60');
    start('broken', 'echo cannot bind; exit 3');

    await expect(components.untilServing(never, Infinity)).rejects.toThrow(
      `broken exited with code 3 before it was ready; the end of its log, ${join(dir, 'broken.log')}:\ncannot bind`,
    );
  });

  test('one that cannot be started is named with the reason', async () => {
    start('absent', '', '/absent/command');

    await expect(components.untilServing(never, Infinity)).rejects.toThrow(
      /^absent could not be started .*ENOENT/,
    );
  });

  test('past the deadline the one started last is named', async () => {
    start('first', 'exec sleep 60');
    start('second', 'exec sleep 60');

    await expect(components.untilServing(never, 0)).rejects.toThrow(/^second was not ready in time/);
  });

  test('what serves is waited for', async () => {
    const up = join(dir, 'server.up');
    start('server', `: > '${up}'; exec sleep 60`);

    await components.untilServing(() => Promise.resolve(existsSync(up)), Infinity);
    expect(existsSync(up)).toBe(true);
  });

  test('one that is ended on purpose is not blamed, and can be started again', async () => {
    const ups = join(dir, 'ups');
    const script = `echo up >> '${ups}'; exec sleep 60`;
    const served = (times: number) => (): Promise<boolean> =>
      Promise.resolve(existsSync(ups) && readFileSync(ups, 'utf8') === 'up\n'.repeat(times));
    start('server', script);
    await components.untilServing(served(1), Infinity);

    await components.endOne('server');
    start('server', script);

    await components.untilServing(served(2), Infinity);
    await expect(components.endOne('absent')).rejects.toThrow('no component absent has been started');
  });
});

test('a parent that is killed takes its processes and its folder along', async () => {
  const script = `
    import { spawn, spawnSync } from 'node:child_process';
    import { mkdtempSync } from 'node:fs';
    import { startWatchdog } from ${JSON.stringify(new URL('./watchdog.ts', import.meta.url).href)};
    const folder = mkdtempSync(${JSON.stringify(join(tmpdir(), 'pinstream-watchdog-'))});
    const { pid } = spawn('sleep', ['60'], { stdio: 'ignore' });
    startWatchdog(folder).watch(pid);
    console.log(JSON.stringify({ folder, pid }));
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((resolve) =>
    parent.stdout.once('data', (text) => resolve(String(text))),
  );
  const { folder, pid } = JSON.parse(line) as { folder: string; pid: number };
  expect(existsSync(folder)).toBe(true);

  parent.kill('SIGKILL');

  await eventually(
    () => {
      expect(existsSync(folder)).toBe(false);
      expect(commandOf(pid)).not.toContain('sleep');
    },
    { describe: 'process and folder go', timeoutMs: 10_000 },
  );
});

/** The command of a running process; empty for one that is gone or only waits to be reaped. */
function commandOf(pid: number): string {
  const { stdout } = spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.includes('<defunct>') ? '' : stdout;
}
