import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { pushImage, pushIndex } from '../support/oci-images.ts';
import { createNormalForm } from './cli/normal-form.ts';
import { story, type Step } from './cli/story.ts';
import { openTerminal, type Terminal } from './cli/terminal.ts';
import { configurationOf, startController, type Controller } from './importer/controller.ts';
import { commandsOn } from './manifests/commands.ts';
import { startPinstream, type Pinstream } from './pinstream.ts';
import { startRegistry, type Registry } from './registry.ts';
import { describeOnCluster } from './suite.ts';

const transcriptPath = join(import.meta.dirname, 'cli', 'story.transcript');

describeOnCluster(
  'the command line, in a terminal beside a cluster',
  (cluster) => {
    const { kubectl } = commandsOn(cluster);
    let registry: Registry;
    let other: Registry;
    let pinstream: Pinstream | undefined;
    let controller: Controller;
    let terminal: Terminal;

    beforeAll(async () => {
      registry = await startRegistry();
      other = await startRegistry();
      await fill(registry, other);
      pinstream = await startPinstream(cluster());
      controller = await startController(cluster(), { configuration: configurationOf() });
      await controller.untilLeads();
      await kubectl('create namespace myproject');
      await kubectl('config set-context --current --namespace=myproject');
      terminal = await openTerminal(cluster());
    });
    afterAll(async () => {
      await controller.end();
      await pinstream?.stop();
      await registry.remove();
      await other.remove();
    });

    test('the story reads as it is written down', async () => {
      const normal = createNormalForm(
        new Map([
          [registry.host, 'registry.example'],
          [other.host, 'vendor.example'],
        ]),
      );
      let told = '';
      for (const step of story) told += normal(await shown(step, terminal, registry, other));
      // `PINSTREAM_UPDATE_TRANSCRIPT=1` writes it down anew, to be read before it is committed.
      if (process.env.PINSTREAM_UPDATE_TRANSCRIPT === '1') await writeFile(transcriptPath, told);
      expect(told).toBe(await readFile(transcriptPath, 'utf8'));
    }, 300_000);
  },
  { furtherTools: ['registry'] },
);

async function shown(
  { line, until }: Step,
  terminal: Terminal,
  registry: Registry,
  other: Registry,
): Promise<string> {
  if (line.startsWith('#')) return `\n${line}\n`;
  const typed = line.replace('REG/', `${registry.host}/`).replace('OTHER/', `${other.host}/`);
  if (until === undefined) return `$ ${typed}\n${await terminal.type(typed)}`;
  await eventually(async () => expect(await terminal.type(typed)).toContain(until), {
    describe: typed,
    timeoutMs: 20_000,
  });
  return '';
}

async function fill(registry: Registry, other: Registry): Promise<void> {
  const amd64 = { os: 'linux', architecture: 'amd64' };
  const build = (name: string) => ({ ...amd64, labels: { build: name } });
  for (const tag of ['19.0', '20.0', '20.0.2', '20.0.3']) {
    await pushImage(registry, 'keycloak/keycloak', tag, build(tag));
  }
  await pushImage(other, 'vendor/keycloak', '20', build('vendor'));
  const parts = ['amd64', 'arm64'].map((architecture) =>
    pushImage(registry, 'multi/arch', undefined, { os: 'linux', architecture }),
  );
  await pushIndex(registry, 'multi/arch', '1', await Promise.all(parts), 'oci');
}
