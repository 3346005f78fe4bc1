import { describe, expect, test } from '@jest/globals';
import type { DueTags } from '../../src/importer/plan.ts';
import { lookFor, runTask, type TaskAnswer } from '../../src/importer/run-task.ts';
import {
  edited,
  follows,
  imported,
  nothingDue,
  planOf,
  request,
  Rounds,
  scheduled,
  settingsWith,
  source,
  streamOf,
} from './fixture.ts';
import { digest, image, index, ScriptedRegistry } from './scripted-registry.ts';

const inTurn: DueTags = { retry: new Set(), schedule: true };
const again: DueTags = { retry: new Set(['v1']), schedule: false };
const { signal } = new AbortController();
const forbidden: unknown = expect.stringContaining('"os" of namespace "base"');

/** A scheduled tag that was imported once, and its registry. */
async function importedOnce(manifest = image(1)): Promise<Rounds> {
  const rounds = new Rounds(
    streamOf({ tags: [scheduled('v1')] }),
    new ScriptedRegistry().serve(`${source}:v1`, manifest),
  );
  await rounds.look();
  rounds.registry.take();
  return rounds;
}

async function answerOf(rounds: Rounds, due = nothingDue): Promise<TaskAnswer> {
  const [task] = planOf(rounds.stream, due, rounds.settings).tasks;
  if (task === undefined) throw new Error('there is no task');
  return runTask(rounds.stream, task, rounds.settings, rounds.ports, signal);
}

describe('a scheduled look', () => {
  test('at what is unchanged is one request', async () => {
    const rounds = await importedOnce();
    expect(await answerOf(rounds, inTurn)).toMatchObject({ result: { kind: 'unchanged' }, retry: undefined });
    expect(rounds.registry.take()).toEqual([`digest ${source}:v1`]);
  });

  test('at an unchanged index of which one image was taken is one request, too', async () => {
    const rounds = new Rounds(
      streamOf({ tags: [scheduled('v1')] }),
      new ScriptedRegistry().serve(`${source}:v1`, index(9, { 'linux/amd64': 3 })),
    );
    await rounds.look();
    rounds.registry.take();
    expect((await answerOf(rounds, inTurn)).result.kind).toBe('unchanged');
    expect(rounds.registry.take()).toEqual([`digest ${source}:v1`]);
  });

  test('at what has moved fetches it', async () => {
    const rounds = await importedOnce();
    rounds.registry.serve(`${source}:v1`, image(2));
    expect(await answerOf(rounds, inTurn)).toMatchObject({
      result: { kind: 'imported', image: { digest: digest(2) } },
    });
    expect(rounds.registry.take()).toHaveLength(3);
  });

  test('asks behind those who wait', async () => {
    const rounds = await importedOnce();
    rounds.registry.serve(`${source}:v1`, image(2));
    const { asked } = rounds.registry;
    await answerOf(rounds, inTurn);
    expect(new Set(asked.map(({ query }) => query.urgency))).toEqual(new Set(['scheduled']));
  });

  test('at a source that is gone looks for what the tag stands for, too', async () => {
    const rounds = await importedOnce();
    rounds.registry.drop(`${source}:v1`);
    expect(await answerOf(rounds, inTurn)).toMatchObject({
      result: { kind: 'failed', failure: { reason: 'NotFound' }, current: { presence: 'present' } },
      retry: { initialMs: 30_000 },
    });
    expect(rounds.registry.take()).toEqual([`digest ${source}:v1`, `digest ${source}@${digest(1)}`]);
    rounds.registry.drop(`${source}@${digest(1)}`);
    expect(await answerOf(rounds, inTurn)).toMatchObject({
      result: { current: { event: { image: digest(1) }, presence: 'gone' } },
    });
  });

  test('at a registry that does not answer looks for nothing more', async () => {
    const rounds = await importedOnce();
    rounds.registry.fail(source, 'unreachable');
    expect(await answerOf(rounds, inTurn)).toMatchObject({ result: { kind: 'failed', current: undefined } });
    expect(rounds.registry.take()).toHaveLength(1);
  });

  test('does not say that an image is gone when nobody says so', async () => {
    const rounds = await importedOnce();
    rounds.registry.drop(`${source}:v1`).fail(`${source}@`, 'serverError');
    expect(await answerOf(rounds, inTurn)).toMatchObject({
      result: { kind: 'failed', current: { presence: 'unknown' } },
    });
  });
});

describe('another look', () => {
  test('that somebody asked for fetches what is unchanged, too', async () => {
    const rounds = await importedOnce();
    rounds.stream = edited(rounds.stream, { annotations: request('import', 'a') });
    const { asked } = rounds.registry;
    expect((await answerOf(rounds)).result.kind).toBe('imported');
    expect(asked.map(({ operation, query }) => `${operation} ${query.urgency}`)).toEqual([
      'manifest asked',
      'config asked',
    ]);
  });

  test('after a failure needs one request where nothing has changed', async () => {
    const rounds = await importedOnce();
    rounds.registry.fail(source, 'timeout');
    await rounds.look(inTurn);
    rounds.registry.mend(source).take();
    expect((await answerOf(rounds, again)).result.kind).toBe('unchanged');
    expect(rounds.registry.take()).toHaveLength(1);
  });

  test('after a failure in another mode fetches, though the source has not changed', async () => {
    const rounds = new Rounds(
      streamOf({ tags: [imported('v1')] }),
      new ScriptedRegistry().serve(`${source}:v1`, index(9, { 'linux/amd64': 3 })),
    );
    await rounds.look();
    rounds.stream = edited(rounds.stream, {
      tags: [imported('v1', { importPolicy: { importMode: 'PreserveOriginal' } })],
    });
    rounds.registry.fail(source, 'timeout');
    await rounds.look();
    rounds.registry.mend(source);
    expect(await answerOf(rounds, again)).toMatchObject({
      result: { kind: 'imported', image: { digest: digest(9) } },
    });
  });

  test('after a failure of another source fetches, though its digest is known', async () => {
    const rounds = await importedOnce();
    rounds.registry.serve(`${source}:v2`, image(1)).fail(`${source}:v2`, 'timeout');
    rounds.stream = edited(rounds.stream, { tags: [{ ...imported('v2'), name: 'v1' }] });
    await rounds.look();
    rounds.registry.mend(`${source}:v2`);
    expect((await answerOf(rounds, again)).result.kind).toBe('imported');
  });
});

describe('tasks without a registry', () => {
  const none = () => new ScriptedRegistry();
  const os = (namespace: string) =>
    streamOf({
      namespace,
      name: 'os',
      status: [{ tag: '9', items: [{ dockerImageReference: `${source}@${digest(1)}`, image: digest(1) }] }],
    });

  test('what is recorded or refused asks nobody', async () => {
    const reference = new Rounds(streamOf({ tags: [imported('v1', { reference: true })] }), none());
    expect(await answerOf(reference)).toMatchObject({ result: { kind: 'recorded' }, retry: undefined });
    const refused = new Rounds(streamOf({ tags: [imported('v1')] }), none());
    refused.settings = settingsWith({ refusal: () => 'not from there' });
    expect(await answerOf(refused)).toMatchObject({
      result: { kind: 'failed', failure: { reason: 'Forbidden', message: 'not from there' } },
      retry: { initialMs: 30_000 },
    });
    expect([...reference.registry.take(), ...refused.registry.take()]).toEqual([]);
  });

  test.each<[string, object, string, boolean, object]>([
    [
      'of another namespace',
      follows('v1', 'os:9', { namespace: 'base' }),
      'base',
      true,
      { kind: 'copied', source: { metadata: { namespace: 'base', name: 'os' } } },
    ],
    [
      'of another namespace without permission',
      follows('v1', 'os:9', { namespace: 'base' }),
      'base',
      false,
      {
        kind: 'failed',
        failure: {
          reason: 'Forbidden',
          message: forbidden,
        },
      },
    ],
    ['of the own namespace without asking', follows('v1', 'os:9'), 'demo', false, { kind: 'copied' }],
    ['of the own stream', follows('v1', 'v0'), '', false, { kind: 'copied', source: undefined }],
  ])('a copy %s', async (_title, tag, namespace, mayCopy, result) => {
    const rounds = new Rounds(streamOf({ tags: [tag] }), none());
    rounds.others.set(`${namespace}/os`, os(namespace));
    rounds.mayCopy = mayCopy;
    expect((await answerOf(rounds)).result).toMatchObject(result);
  });

  test.each<[string, object, boolean]>([
    ['a tag', follows('v1', 'os:9'), false],
    ['a tag that is not there', follows('v1', 'os:8'), true],
    ['an image', { name: 'v1', from: { kind: 'ImageStreamImage', name: `os@${digest(1)}` } }, false],
    [
      'an image that is not there',
      { name: 'v1', from: { kind: 'ImageStreamImage', name: 'os@sha256:ff' } },
      true,
    ],
    ['a stream that is not there', follows('v1', 'nix:9'), true],
  ])('a copy of %s is tried again: only where there is none', async (_title, tag, expected) => {
    const rounds = new Rounds(streamOf({ tags: [tag] }), none());
    rounds.others.set('demo/os', os('demo'));
    expect((await answerOf(rounds)).retry !== undefined).toBe(expected);
  });
});

describe('looking for an image', () => {
  test.each<[string, (registry: ScriptedRegistry) => unknown, string]>([
    ['there', () => undefined, 'present'],
    ['gone', (registry) => registry.drop(`${source}@${digest(1)}`), 'gone'],
    ['nobody may know', (registry) => registry.fail(source, 'denied'), 'unknown'],
    ['nobody answers', (registry) => registry.fail(source, 'timeout'), 'unknown'],
  ])('%s', async (_title, prepare, presence) => {
    const { stream, registry } = await importedOnce();
    prepare(registry);
    const { check } = planOf(edited(stream, { annotations: request('check', 'a') }));
    const [task] = check?.tasks ?? [];
    if (task === undefined) throw new Error('there is nothing to look for');
    expect(await lookFor(task, 'demo', registry, signal)).toBe(presence);
    expect(registry.take()).toEqual([`digest ${source}@${digest(1)}`]);
  });
});
