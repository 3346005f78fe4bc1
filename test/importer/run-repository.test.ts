import { describe, expect, test } from '@jest/globals';
import { runRepository } from '../../src/importer/run-repository.ts';
import { imported, planOf, settingsWith, source, streamOf, type StreamParts } from './fixture.ts';
import { image, ScriptedRegistry } from './scripted-registry.ts';

const registryWith = (...tags: readonly string[]) => {
  const registry = new ScriptedRegistry();
  for (const tag of tags) registry.serve(`${source}:${tag}`, image(1));
  return registry;
};

async function run(registry: ScriptedRegistry, parts: StreamParts = {}, settings = settingsWith()) {
  const stream = streamOf({ repository: source, ...parts });
  const { repository } = planOf(stream, undefined, settings);
  if (repository === undefined) throw new Error('there is no repository to list');
  return runRepository(stream, repository, settings, registry, new AbortController().signal);
}

describe('a whole repository', () => {
  test.each([
    ['all below the limit', 50, ['latest', '1.1', '1.0', 'x'], 0],
    ['those that people look for first', 2, ['latest', '1.1'], 2],
    ['none', 0, [], 4],
    ['all without a limit', -1, ['latest', '1.1', '1.0', 'x'], 0],
  ])('%s', async (_title, repositoryTagsMax, expected, additionalTags) => {
    const { tasks, result, retry } = await run(
      registryWith('x', '1.0', 'latest', '1.1'),
      {},
      settingsWith({ repositoryTagsMax }),
    );
    expect(tasks.map(({ tag }) => tag)).toEqual(expected);
    expect({ ...result, retry }).toMatchObject({ additionalTags, failure: undefined, retry: undefined });
  });

  test('tags that the spec has itself are left out, and do not come back as additional', async () => {
    const { tasks, result } = await run(registryWith('1.0', '1.1'), { tags: [imported('1.1')] });
    expect(tasks.map(({ tag }) => tag)).toEqual(['1.0']);
    expect(result.additionalTags).toBe(0);
  });

  test('its tags are tasks of their own, without a spec tag', async () => {
    const { tasks } = await run(registryWith('1.0'), {
      annotations: { 'openshift.io/image.insecureRepository': 'true' },
    });
    expect(tasks).toMatchObject([
      {
        kind: 'import',
        tag: '1.0',
        origin: 'repository',
        from: { kind: 'DockerImage', name: `${source}:1.0` },
        mode: 'Legacy',
        source: { insecure: true, reference: { tag: '1.0' } },
      },
    ]);
  });

  test('one list, however many pages it has, is one question', async () => {
    const registry = registryWith('1.0', '1.1');
    await run(registry);
    expect(registry.take()).toEqual([`tags ${source}`]);
  });

  test('that cannot be listed fails, and is tried again', async () => {
    const { tasks, result, retry } = await run(registryWith('1.0').fail(source, 'denied'));
    expect({ tasks, retry }).toEqual({ tasks: [], retry: { initialMs: 30_000, maxMs: 1_800_000 } });
    expect(result.failure).toMatchObject({ reason: 'Forbidden' });
  });

  test('that is refused asks nobody', async () => {
    const registry = registryWith('1.0');
    const { tasks, result, retry } = await run(registry, { repository: `${source}:v1` });
    expect([tasks, registry.take()]).toEqual([[], []]);
    expect(result.failure?.reason).toBe('Invalid');
    expect(retry).toBeDefined();
  });
});
