import { afterAll, beforeAll, describe } from '@jest/globals';
import { startControlPlane, type ControlPlane, type ControlPlaneOptions } from './control-plane.ts';
import { controlPlaneTools, type ToolName } from './pins.ts';
import { findTools } from './tools.ts';

const startTimeoutMs = 120_000;

export interface ClusterSuiteOptions extends ControlPlaneOptions {
  /** Binaries that the suite needs beside the control plane's. */
  readonly furtherTools?: readonly ToolName[];
}

/**
 * A jest suite that needs binaries. Without them it counts as skipped and one line says how to get them; with
 * `PINSTREAM_REQUIRE_CLUSTER=1` that is a failure.
 */
export function describeWithTools(title: string, tools: readonly ToolName[], body: () => void): void {
  const found = findTools(tools);
  if (found.kind === 'missing') {
    const line = `${title}: skipped, ${found.missing.join(', ')} missing: ${found.howTo}`;
    if (process.env.PINSTREAM_REQUIRE_CLUSTER === '1') throw new Error(line.replace('skipped, ', ''));
    process.stderr.write(`${line}\n`);
  }
  (found.kind === 'found' ? describe : describe.skip)(title, body);
}

/**
 * A jest suite on a control plane of its own, started before its tests and stopped after them. Inside tests and hooks
 * `cluster()` gives it. Without the binaries it is skipped or fails as `describeWithTools` says.
 */
export function describeOnCluster(
  title: string,
  body: (cluster: () => ControlPlane) => void,
  { furtherTools = [], ...options }: ClusterSuiteOptions = {},
): void {
  let running: ControlPlane | undefined;
  const cluster = (): ControlPlane => {
    if (running === undefined)
      throw new Error(`${title}: cluster() is for tests and hooks, not for describe blocks`);
    return running;
  };
  describeWithTools(title, [...controlPlaneTools, ...furtherTools], () => {
    beforeAll(async () => {
      running = await startControlPlane({ startTimeoutMs: startTimeoutMs - 10_000, ...options });
    }, startTimeoutMs);
    afterAll(async () => {
      await running?.stop();
    });
    body(cluster);
  });
}
