import { afterAll, beforeAll, describe } from '@jest/globals';
import { startControlPlane, type ControlPlane, type ControlPlaneOptions } from './control-plane.ts';
import { findTools } from './tools.ts';

const startTimeoutMs = 120_000;

/**
 * A jest suite on a control plane of its own, started before its tests and stopped after them. Inside tests and hooks
 * `cluster()` gives it. Without the binaries the suite counts as skipped and one line says how to get them; with
 * `PINSTREAM_REQUIRE_CLUSTER=1` that is a failure.
 */
export function describeOnCluster(
  title: string,
  body: (cluster: () => ControlPlane) => void,
  options: ControlPlaneOptions = {},
): void {
  const tools = findTools();
  if (tools.kind === 'missing') {
    const line = `${title}: skipped, ${tools.missing.join(', ')} missing: ${tools.howTo}`;
    if (process.env.PINSTREAM_REQUIRE_CLUSTER === '1') throw new Error(line.replace('skipped, ', ''));
    process.stderr.write(`${line}\n`);
  }

  let running: ControlPlane | undefined;
  const cluster = (): ControlPlane => {
    if (running === undefined)
      throw new Error(`${title}: cluster() is for tests and hooks, not for describe blocks`);
    return running;
  };
  (tools.kind === 'found' ? describe : describe.skip)(title, () => {
    beforeAll(async () => {
      running = await startControlPlane({ startTimeoutMs: startTimeoutMs - 10_000, ...options });
    }, startTimeoutMs);
    afterAll(async () => {
      await running?.stop();
    });
    body(cluster);
  });
}
