/**
 * Loaded into the built program before it starts (`node --import`): lets it believe that it runs in a Pod of Pinstream's own
 * namespace, and lets a test hurry what it does once a minute and once in months. The program itself is as users run it.
 *
 * SIGUSR2 lets every long pause end now; SIGWINCH sets its clock forward by `jumpMs` first.
 */
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

/** As long as an authority has to be trusted before it is served (src/certs/rotation.ts), and a little more. */
const jumpMs = 125_000;
/** Shorter ones are deadlines and retries, which nobody has to hurry. */
const longMs = 45_000;

const namespaceFile = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';
const readFile = fs.readFile.bind(fs);
fs.readFile = ((...args: Parameters<typeof readFile>) =>
  args[0] === namespaceFile ? Promise.resolve('pinstream-system') : readFile(...args)) as typeof fs.readFile;
syncBuiltinESMExports();

let aheadMs = 0;
const RealDate = Date;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args: unknown[], newTarget) =>
    Reflect.construct(target, args.length === 0 ? [target.now() + aheadMs] : args, newTarget) as object,
  get: (target, key) =>
    key === 'now' ? (): number => target.now() + aheadMs : (Reflect.get(target, key) as unknown),
});

const pauses = new Map<unknown, () => void>();
const startTimer = globalThis.setTimeout;
const stopTimer = globalThis.clearTimeout;
const patched = (callback: (...args: unknown[]) => void, ms?: number, ...args: unknown[]): unknown => {
  if (ms === undefined || ms < longMs) return startTimer(callback, ms, ...args);
  const end = (): void => {
    stopTimer(timer);
    if (pauses.delete(timer)) callback(...args);
  };
  const timer = startTimer(end, ms);
  pauses.set(timer, end);
  return timer;
};
globalThis.setTimeout = Object.assign(patched, startTimer);
globalThis.clearTimeout = (timer: Parameters<typeof stopTimer>[0]) => {
  pauses.delete(timer);
  stopTimer(timer);
};

const endPauses = (): void => {
  for (const end of [...pauses.values()]) end();
};
process.on('SIGUSR2', endPauses);
process.on('SIGWINCH', () => {
  aheadMs += jumpMs;
  endPauses();
});
