import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** A load that does not wait for answers, as a cluster's does not. */
export interface SteadyShot {
  readonly url: string;
  readonly bodyFile: string;
  /** A second more is run first, and not counted. */
  readonly seconds: number;
  readonly perSecond: number;
  /** Given: names that nobody has asked for in every body, beginning so. */
  readonly freshPrefix?: string;
}

export interface SteadySample {
  readonly requests: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly errors: number;
}

const script = fileURLToPath(new URL('steady.ts', import.meta.url));

/** Runs it in a process of its own. */
export async function steadyLoad(shot: SteadyShot): Promise<SteadySample> {
  const { url, bodyFile, seconds, perSecond, freshPrefix = '' } = shot;
  const args = [script, url, bodyFile, `${seconds}`, `${perSecond}`, freshPrefix];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as SteadySample;
}
