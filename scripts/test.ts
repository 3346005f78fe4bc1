/** Runs jest on native ESM. Arguments go to jest as they are: `npm test -- test/reference`. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';

const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
// Jest leaves a core free, which on two cores is half of the machine; suites on a control plane wait for it a third of the time.
const isOnCluster = process.env.PINSTREAM_REQUIRE_CLUSTER === '1';
const workers = Math.max(2, availableParallelism() + (isOnCluster ? 1 : -1));
const args = [
  '--experimental-vm-modules',
  '--no-warnings',
  jest,
  `--maxWorkers=${workers}`,
  ...process.argv.slice(2),
];
const { status, error } = spawnSync(process.execPath, args, { stdio: 'inherit' });
if (error) throw error;
process.exitCode = status ?? 1;
