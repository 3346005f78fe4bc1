import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** A server under measurement, in a process of its own. */
export interface ServerProcess {
  readonly url: string;
  /** CPU that the process has used, user and system; undefined where the machine does not tell (no /proc). */
  cpuSeconds(): number | undefined;
  /** The most memory that it has had in RAM so far, in MiB; undefined as above. */
  peakMiB(): number | undefined;
  /** Whether it has not ended by itself. */
  running(): boolean;
  /** Ends it in good order, and at once if that takes longer than this; 5 s unless told. */
  stop(patienceMs?: number): Promise<void>;
}

const startMs = 20_000;
/** Linux counts CPU time in these (USER_HZ, the same on every architecture that Node runs on). */
const ticksPerSecond = 100;
/** What a server logs when it is there; the controllers listen for scrapers only. */
const listeningPlace =
  /"msg":"listening".*"url":"([^"]+)"|"url":"([^"]+)".*"msg":"listening"|"metricsUrl":"([^"]+)".*"msg":"running the controllers"/;

/**
 * Starts `node ARGS` with this very Node and waits until it logs where it listens.
 *
 * @param env its environment; that of this process unless told
 * @throws with what it printed, if it ends or says nothing for too long
 */
export async function startServer(
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<ServerProcess> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  const url = await listeningUrl(child, args).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  return {
    url,
    cpuSeconds: () => cpuSeconds(child.pid),
    peakMiB: () => peakMiB(child.pid),
    running: () => child.exitCode === null && child.signalCode === null,
    stop: (patienceMs = 5_000) => stop(child, patienceMs),
  };
}

function listeningUrl(child: ChildProcess, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const printed: string[] = [];
    const fail = (why: string) => {
      clearTimeout(timer);
      reject(new Error(`${args.join(' ')}: ${why}\n${printed.join('\n')}`));
    };
    const timer = setTimeout(() => fail(`did not listen within ${startMs / 1000} s`), startMs);
    child.once('exit', (code) => fail(`ended with ${code ?? 'a signal'}`));
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        printed.push(line);
        const url = listeningPlace.exec(line);
        if (url === null) return;
        clearTimeout(timer);
        resolve(url[1] ?? url[2] ?? url[3] ?? '');
      });
    }
  });
}

function cpuSeconds(pid: number | undefined): number | undefined {
  try {
    // The name, field 2, may hold spaces; utime and stime are fields 14 and 15 (proc_pid_stat(5)).
    const fields = readFileSync(`/proc/${pid ?? 0}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return undefined;
  }
}

function peakMiB(pid: number | undefined): number | undefined {
  try {
    // "VmHWM:	  123456 kB" (proc_pid_status(5)).
    const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid ?? 0}/status`, 'utf8'))?.[1];
    return kib === undefined ? undefined : Number(kib) / 1024;
  } catch {
    return undefined;
  }
}

async function stop(child: ChildProcess, patienceMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  await ended;
  clearTimeout(timer);
}
