import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { describeWithTools } from './suite.ts';
import { findTools } from './tools.ts';

const alerts = fileURLToPath(new URL('../../charts/pinstream/alerts/', import.meta.url));
const timeoutMs = 240_000;

/** What promtool says; it fails where promtool does. */
async function promtool(...args: readonly string[]): Promise<string> {
  const tools = findTools(['promtool']);
  if (tools.kind === 'missing') throw new Error(tools.howTo);
  const { stdout } = await promisify(execFile)(tools.paths.promtool, args, {
    cwd: alerts,
    timeout: timeoutMs,
  });
  return stdout;
}

describeWithTools('the alerts', ['promtool'], () => {
  test('are rules of Prometheus, and no two are alike', async () => {
    const said = await promtool('check', 'rules', '--lint=all', '--lint-fatal', 'pinstream.rules.yaml');
    expect(said).toMatch(/SUCCESS: \d+ rules found/);
  });

  test.each(readdirSync(new URL('../../charts/pinstream/alerts/tests/', import.meta.url)))(
    'fire when they should, and only then: %s',
    async (name) => {
      expect(await promtool('test', 'rules', `tests/${name}`)).toContain('SUCCESS');
    },
    timeoutMs,
  );
});
