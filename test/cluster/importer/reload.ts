import { beforeAll, expect, test } from '@jest/globals';
import { pushImage } from '../../support/oci-images.ts';
import type { Registry } from '../registry.ts';
import { configurationOf, type Controller } from './controller.ts';
import { conditionTypes, fromRegistry, historyOf } from './streams.ts';
import type { World } from './world.ts';

/** The configuration file changes while the importer works. */
export function describeReload(
  { kubectl, streams }: World,
  registry: () => Registry,
  controller: () => Controller,
  imports: object,
): void {
  let digest: string;
  beforeAll(async () => {
    await kubectl('create namespace reload');
    ({ digest } = await pushImage(registry(), 'team/rules', 'v1', { os: 'linux', architecture: 'amd64' }));
    await streams.create('reload', 'before', [fromRegistry('v1', registry(), 'team/rules:v1')]);
    await streams.untilHistory('reload', 'before', 'v1', [digest]);
  });

  test('a registry that is blocked by now is Forbidden, and what was imported stays', async () => {
    const registrySources = { blockedRegistries: [registry().host] };
    expect(await controller().configure(configurationOf(imports, { registrySources }))).toBe('reloaded');
    await streams.create('reload', 'after', [fromRegistry('v1', registry(), 'team/rules:v1')]);
    expect(await streams.untilFailure('reload', 'after', 'v1')).toMatchObject({
      reason: 'Forbidden',
      message: `forbidden: registry ${registry().host} blocked`,
    });
    expect(historyOf(await streams.imported('reload', 'before', 'v1'))).toEqual([digest]);
  });

  test('a file that is no configuration changes nothing', async () => {
    expect(await controller().configure('import: [')).toBe('refused');
    const failure = await streams.imported('reload', 'after', 'v1');
    expect(conditionTypes(failure)).toEqual(['ImportSuccess']);
  });

  test('allowed again, it is imported when it is asked for', async () => {
    expect(await controller().configure(configurationOf(imports))).toBe('reloaded');
    const imported = await streams.imported('reload', 'after', 'v1');
    expect(historyOf(imported)).toEqual([digest]);
    expect(conditionTypes(imported)).toEqual([]);
  });
}
