import { describe, expect, test } from '@jest/globals';
import { applyResults } from '../../src/importer/apply.ts';
import type { Outcome } from '../../src/importer/outcome.ts';
import type { DueTags } from '../../src/importer/plan.ts';
import type { RepositoryResult } from '../../src/importer/results.ts';
import {
  digestsOf,
  edited,
  follows,
  imported,
  now,
  planOf,
  request,
  Rounds,
  scheduled,
  settingsWith,
  source,
  streamOf,
  tagOf,
  type StreamParts,
} from './fixture.ts';
import { digest, image, index, ScriptedRegistry } from './scripted-registry.ts';

const inTurn: DueTags = { retry: new Set(), schedule: true };
const again: DueTags = { retry: new Set(['v1']), schedule: false };
const later = '2024-05-02T10:00:00Z';

const roundsOf = (parts: StreamParts) =>
  new Rounds(streamOf(parts), new ScriptedRegistry().serve(`${source}:v1`, image(1)));
const moveTo = (rounds: Rounds, number: number) => rounds.registry.serve(`${source}:v1`, image(number));
const kinds = (outcomes: readonly Outcome[]) => outcomes.map(({ kind }) => kind);

/** `demo/web` with a scheduled tag v1 that was imported once, and more as told. */
async function importedOnce(parts: StreamParts = {}): Promise<Rounds> {
  const rounds = roundsOf({ tags: [scheduled('v1')], ...parts });
  await rounds.look();
  return rounds;
}

describe('an import', () => {
  test('of a new tag begins its history, and notes what was answered', async () => {
    const rounds = roundsOf({ tags: [imported('v1')] });
    const { outcomes } = await rounds.look();
    const event = {
      created: now,
      dockerImageReference: `${source}@${digest(1)}`,
      image: digest(1),
      generation: 3,
    };
    expect(rounds.stream.status.tags).toEqual([
      {
        tag: 'v1',
        items: [event],
        conditions: [],
        observed: {
          from: { kind: 'DockerImage', name: `${source}:v1` },
          importMode: 'Legacy',
          platform: 'linux/amd64',
          generation: 3,
          digest: digest(1),
        },
      },
    ]);
    expect(outcomes).toEqual([
      { kind: 'moved', tag: 'v1', source: `${source}:v1`, from: undefined, to: event, followers: [] },
    ]);
    expect(planOf(rounds.stream).tasks).toEqual([]);
  });

  test('of a tag that has moved puts the new image on top', async () => {
    const rounds = await importedOnce();
    moveTo(rounds, 2);
    const { outcomes } = await rounds.look(inTurn, later);
    expect(tagOf(rounds.stream, 'v1').items).toMatchObject([
      { image: digest(2), created: later, generation: 4 },
      { image: digest(1), created: now, generation: 3 },
    ]);
    expect(outcomes).toMatchObject([{ kind: 'moved', from: { image: digest(1) }, to: { image: digest(2) } }]);
  });

  test('of the same image that was asked for anew renews its generation and keeps its age', async () => {
    const rounds = await importedOnce();
    const preserved = imported('v1', { importPolicy: { importMode: 'PreserveOriginal' } });
    rounds.stream = edited(rounds.stream, { tags: [preserved] });
    const { outcomes } = await rounds.look({ retry: new Set(), schedule: false }, later);
    expect(tagOf(rounds.stream, 'v1')).toMatchObject({
      items: [{ image: digest(1), created: now, generation: 4 }],
      observed: { generation: 4, importMode: 'PreserveOriginal' },
    });
    expect(outcomes).toEqual([]);
  });

  test('of one image of an index remembers the digest of the index', async () => {
    const rounds = new Rounds(
      streamOf({ tags: [imported('v1')] }),
      new ScriptedRegistry().serve(`${source}:v1`, index(9, { 'linux/amd64': 3 })),
    );
    await rounds.look();
    expect(tagOf(rounds.stream, 'v1')).toMatchObject({
      items: [{ image: digest(3) }],
      observed: { digest: digest(9) },
    });
  });

  test.each<[string, DueTags]>([
    ['in its turn', inTurn],
    ['tried again', again],
  ])('that is unchanged, %s, writes nothing', async (_title, due) => {
    const rounds = await importedOnce();
    expect(await rounds.look(due, later)).toEqual({ status: undefined, outcomes: [] });
  });

  test('that is unchanged writes nothing where the spec has an empty namespace', async () => {
    const from = { kind: 'DockerImage', name: `${source}:v1`, namespace: '' };
    const rounds = await importedOnce({ tags: [{ ...scheduled('v1'), from }] });
    expect((await rounds.look(inTurn, later)).status).toBeUndefined();
  });

  test('of a tag that came with a history adds only what was observed', async () => {
    const items = [
      { created: now, dockerImageReference: `${source}@${digest(1)}`, image: digest(1), generation: 7 },
    ];
    const rounds = roundsOf({ tags: [scheduled('v1')], status: [{ tag: 'v1', items }] });
    expect((await rounds.look(inTurn, later)).outcomes).toEqual([]);
    expect(tagOf(rounds.stream, 'v1')).toMatchObject({
      items,
      observed: { generation: 7, digest: digest(1) },
    });
  });

  test('keeps what the triggers have noted', async () => {
    const status = [{ tag: 'v1', items: [], observed: { triggeredGeneration: 2 } }];
    const rounds = await importedOnce({ status });
    expect(tagOf(rounds.stream, 'v1').observed).toMatchObject({ triggeredGeneration: 2, generation: 3 });
  });

  test.each<[string, number, number]>([
    ['was complete, stays complete for the new number', 3, 4],
    ['was not complete, is not', 2, 2],
  ])('of an image that is only numbered anew: a fan-out that %s', async (_title, before, after) => {
    const rounds = await importedOnce();
    const preserved = imported('v1', { importPolicy: { importMode: 'PreserveOriginal' } });
    const { tags } = rounds.stream.status;
    const status = tags.map((tag) => ({
      ...tag,
      observed: { ...tag.observed, triggeredGeneration: before },
    }));
    rounds.stream = { ...rounds.stream, status: { ...rounds.stream.status, tags: status } };
    rounds.stream = edited(rounds.stream, { tags: [preserved] });
    await rounds.look({ retry: new Set(), schedule: false }, later);
    expect(tagOf(rounds.stream, 'v1')).toMatchObject({
      items: [{ image: digest(1), generation: 4 }],
      observed: { triggeredGeneration: after },
    });
  });

  test('fills in the repository of the stream with what it writes', async () => {
    const rounds = roundsOf({ tags: [imported('v1')] });
    rounds.settings = settingsWith({ internalRegistryHostname: 'int.test' });
    await rounds.look();
    expect(rounds.stream.status.dockerImageRepository).toBe('int.test/demo/web');
  });

  test('of a tag of a reference records its text and no image', async () => {
    const rounds = roundsOf({ tags: [imported('v1', { reference: true })] });
    await rounds.look();
    expect(tagOf(rounds.stream, 'v1').items).toEqual([
      { created: now, dockerImageReference: `${source}:v1`, image: '', generation: 3 },
    ]);
    expect(rounds.registry.take()).toEqual([]);
    expect(planOf(rounds.stream).tasks).toEqual([]);
  });
});

describe('a failure', () => {
  test('keeps the last good image, and says why', async () => {
    const rounds = await importedOnce();
    rounds.registry.fail(source, 'denied');
    const { outcomes } = await rounds.look(inTurn, later);
    expect(tagOf(rounds.stream, 'v1')).toMatchObject({
      items: [{ image: digest(1) }],
      conditions: [
        {
          type: 'ImportSuccess',
          status: 'False',
          reason: 'Forbidden',
          message: expect.stringMatching(/^reg\.acme\.test\/crew\/web:v1: .*it is denied/) as unknown,
          generation: 3,
          lastTransitionTime: later,
        },
      ],
      observed: { digest: digest(1) },
    });
    expect(outcomes).toMatchObject([
      { kind: 'failed', tag: 'v1', source: `${source}:v1`, failure: { reason: 'Forbidden' } },
    ]);
  });

  test('of a new tag answers it, so that only its pause brings another try', async () => {
    const rounds = roundsOf({ tags: [imported('v1')] });
    rounds.registry.fail(source, 'timeout');
    await rounds.look();
    expect(tagOf(rounds.stream, 'v1')).toMatchObject({ items: [], observed: { generation: 3 } });
    expect(planOf(rounds.stream).tasks).toEqual([]);
    expect(planOf(rounds.stream, again).tasks).toHaveLength(1);
  });

  test('that repeats itself writes nothing, and another does', async () => {
    const rounds = await importedOnce();
    rounds.registry.fail(source, 'denied');
    await rounds.look(inTurn);
    expect(await rounds.look(again, later)).toEqual({ status: undefined, outcomes: [] });
    rounds.registry.fail(source, 'timeout');
    expect(kinds((await rounds.look(again, later)).outcomes)).toEqual(['failed']);
    expect(tagOf(rounds.stream, 'v1').conditions).toMatchObject([
      { reason: 'Timeout', lastTransitionTime: later },
    ]);
  });

  test.each<[string, (rounds: Rounds) => unknown, DueTags, string[]]>([
    ['by a look at what is unchanged', () => undefined, again, ['recovered']],
    ['by an image that is new', (rounds) => moveTo(rounds, 2), again, ['moved']],
    [
      'by the same image that was asked for anew',
      (rounds) =>
        (rounds.stream = edited(rounds.stream, {
          tags: [imported('v1', { importPolicy: { importMode: 'PreserveOriginal' } })],
        })),
      again,
      ['recovered'],
    ],
  ])('is cleared %s', async (_title, prepare, due, expected) => {
    const rounds = await importedOnce();
    rounds.registry.fail(source, 'denied');
    await rounds.look(inTurn);
    rounds.registry.mend(source);
    prepare(rounds);
    expect(kinds((await rounds.look(due, later)).outcomes)).toEqual(expected);
    expect(tagOf(rounds.stream, 'v1').conditions).toEqual([]);
  });

  test('of what a tag imported before says nothing about what it follows now', async () => {
    const rounds = roundsOf({ tags: [imported('v1')] });
    rounds.registry.fail(source, 'denied');
    await rounds.look();
    rounds.stream = edited(rounds.stream, { tags: [follows('v1', 'v0')] });
    await rounds.look();
    expect(tagOf(rounds.stream, 'v1').conditions).toEqual([]);
  });
});

describe('another platform', () => {
  const arm = { 'importer.image.openshift.io/prefer-arch': 'arm64' };
  const twoPlatforms = index(9, { 'linux/amd64': 1, 'linux/arm64': 2 });

  test('is imported as soon as the tag asks for it, and once', async () => {
    const rounds = roundsOf({ tags: [imported('v1')] });
    rounds.registry.serve(`${source}:v1`, twoPlatforms);
    await rounds.look();
    expect(digestsOf(rounds.stream, 'v1')).toEqual([digest(1)]);
    rounds.stream = edited(rounds.stream, { tags: [imported('v1', { annotations: arm })] });
    await rounds.look();
    expect(digestsOf(rounds.stream, 'v1')).toEqual([digest(2), digest(1)]);
    expect((await rounds.look()).status).toBeUndefined();
  });

  test('that could not be imported is not taken for imported', async () => {
    const rounds = roundsOf({ tags: [imported('v1')] });
    rounds.registry.serve(`${source}:v1`, twoPlatforms);
    await rounds.look();
    rounds.stream = edited(rounds.stream, { tags: [imported('v1', { annotations: arm })] });
    rounds.registry.fail(source, 'unreachable');
    await rounds.look();
    rounds.registry.mend(source);
    await rounds.look({ retry: new Set(['v1']), schedule: false });
    expect(digestsOf(rounds.stream, 'v1')).toEqual([digest(2), digest(1)]);
  });
});

describe('an image that is gone', () => {
  const gone = async () => {
    const rounds = await importedOnce();
    rounds.registry.drop(`${source}:v1`).drop(`${source}@${digest(1)}`);
    return rounds;
  };

  test('is told with the failure that showed it', async () => {
    const rounds = await gone();
    expect(kinds((await rounds.look(inTurn)).outcomes)).toEqual(['failed', 'gone']);
    expect(tagOf(rounds.stream, 'v1').conditions).toMatchObject([
      { type: 'ImportSuccess', reason: 'NotFound' },
      { type: 'ImagePresent', status: 'False', reason: 'NotFound', generation: 3 },
    ]);
    expect((await rounds.look(inTurn, later)).status).toBeUndefined();
  });

  test('is there again though its source is not', async () => {
    const rounds = await gone();
    await rounds.look(inTurn);
    rounds.registry.serve(`${source}@${digest(1)}`, image(1));
    await rounds.look(inTurn);
    expect(tagOf(rounds.stream, 'v1').conditions).toMatchObject([{ type: 'ImportSuccess' }]);
  });

  test('is not told where the tag stands for another by now', async () => {
    const rounds = await gone();
    const results = await rounds.results(inTurn);
    const items = [{ dockerImageReference: `${source}@${digest(2)}`, image: digest(2), generation: 4 }];
    const moved = { ...tagOf(rounds.stream, 'v1'), items };
    rounds.stream = { ...rounds.stream, status: { ...rounds.stream.status, tags: [moved] } };
    expect(kinds(rounds.apply({ tags: results }).outcomes)).toEqual(['failed']);
  });

  test('is there again after an import', async () => {
    const rounds = await gone();
    await rounds.look(inTurn);
    moveTo(rounds, 2);
    await rounds.look(again);
    expect(tagOf(rounds.stream, 'v1').conditions).toEqual([]);
  });

  const found = (rounds: Rounds, presence: 'present' | 'gone' | 'unknown', number = 1) => {
    const [event] = tagOf(rounds.stream, 'v1').items;
    if (event === undefined) throw new Error('the tag stands for nothing');
    return { token: 'a', found: [{ tag: 'v1', presence, event: { ...event, image: digest(number) } }] };
  };

  test('is told, and taken back, by a check', async () => {
    const rounds = await importedOnce();
    expect(kinds(rounds.apply({ tags: [], check: found(rounds, 'gone') }).outcomes)).toEqual(['gone']);
    expect(tagOf(rounds.stream, 'v1').conditions).toMatchObject([{ type: 'ImagePresent' }]);
    rounds.apply({ tags: [], check: found(rounds, 'unknown') });
    expect(tagOf(rounds.stream, 'v1').conditions).toHaveLength(1);
    rounds.apply({ tags: [], check: found(rounds, 'present') });
    expect(tagOf(rounds.stream, 'v1').conditions).toEqual([]);
    expect(rounds.stream.status.observed).toEqual({ checkRequestedAt: 'a' });
  });

  test.each<[string, string, 'present' | 'gone' | 'unknown', readonly string[] | undefined]>([
    ['an older image that is gone', `a v1@${digest(9)}`, 'gone', [digest(9)]],
    ['one that is there', `a v1@${digest(9)}`, 'present', undefined],
    ['one that nobody knows of', `a v1@${digest(9)}`, 'unknown', undefined],
    ['what a tag stands for: that is a condition', 'a v1', 'gone', undefined],
    ['all tags', 'a', 'gone', undefined],
  ])('is told in status where it was asked for: %s', async (_title, text, presence, missingImages) => {
    const rounds = await importedOnce();
    rounds.stream = edited(rounds.stream, { annotations: request('check', text) });
    rounds.apply({ tags: [], check: found(rounds, presence, 9) });
    expect(rounds.stream.status.observed).toEqual({
      checkRequestedAt: 'a',
      ...(missingImages !== undefined && { missingImages }),
    });
    // Another answer takes its place.
    rounds.stream = edited(rounds.stream, { annotations: request('check', 'b v1') });
    rounds.apply({ tags: [], check: { ...found(rounds, 'gone'), token: 'b' } });
    expect(rounds.stream.status.observed).toEqual({ checkRequestedAt: 'b' });
  });

  test('is not told by a check of another image', async () => {
    const rounds = await importedOnce();
    expect(rounds.apply({ tags: [], check: found(rounds, 'gone', 2) }).outcomes).toEqual([]);
    expect(rounds.stream.status.observed).toEqual({ checkRequestedAt: 'a' });
  });
});

describe('a spec that has changed in between', () => {
  test.each<[string, readonly object[]]>([
    ['another source', [{ ...imported('v2'), name: 'v1' }]],
    ['another kind', [follows('v1', 'v0')]],
    ['another mode', [imported('v1', { importPolicy: { importMode: 'PreserveOriginal' } })]],
    ['a reference now', [imported('v1', { reference: true })]],
    ['no such tag', []],
  ])('%s: the result is passed over', async (_title, tags) => {
    const rounds = roundsOf({ tags: [imported('v1')] });
    const results = await rounds.results();
    rounds.stream = edited(rounds.stream, { tags });
    expect(rounds.apply({ tags: results })).toEqual({ status: undefined, outcomes: [] });
  });

  test.each<[string, readonly object[]]>([
    ['another tag', [imported('v1'), imported('v2')]],
    ['the reference policy', [imported('v1', { referencePolicy: { type: 'Local' } })]],
  ])('%s: the result counts', async (_title, tags) => {
    const rounds = roundsOf({ tags: [imported('v1')] });
    const results = await rounds.results();
    rounds.stream = edited(rounds.stream, { tags });
    expect(kinds(rounds.apply({ tags: results }).outcomes)).toEqual(['moved']);
    expect(planOf(rounds.stream).tasks.filter(({ tag }) => tag === 'v1')).toEqual([]);
  });

  test('what others have written in between stays', async () => {
    const rounds = await importedOnce();
    moveTo(rounds, 2);
    const results = await rounds.results(inTurn);
    const items = [
      { dockerImageReference: 'x.test/y:1', image: digest(7), generation: 9 },
      ...tagOf(rounds.stream, 'v1').items,
    ];
    rounds.stream = {
      ...rounds.stream,
      status: { ...rounds.stream.status, tags: [{ ...tagOf(rounds.stream, 'v1'), items }] },
    };
    rounds.apply({ tags: results });
    expect(tagOf(rounds.stream, 'v1').items).toMatchObject([
      { image: digest(2), generation: 10 },
      { image: digest(7), generation: 9 },
      { image: digest(1), generation: 3 },
    ]);
  });
});

describe('tags that follow others', () => {
  const chain = [follows('20', '20.0'), follows('latest', '20'), { ...scheduled('v1'), name: '20.0' }];

  test('move with the first of the chain, in one write', async () => {
    const rounds = await importedOnce({ tags: chain });
    moveTo(rounds, 2);
    const { outcomes } = await rounds.look(inTurn);
    for (const tag of ['20.0', '20', 'latest'])
      expect(digestsOf(rounds.stream, tag)).toEqual([digest(2), digest(1)]);
    expect(outcomes).toMatchObject([{ kind: 'moved', tag: '20.0', followers: ['20', 'latest'] }]);
    expect(outcomes).toHaveLength(1);
  });

  test('that are new take what the others stand for, whatever their order', async () => {
    const rounds = await importedOnce({ tags: [{ ...scheduled('v1'), name: '20.0' }] });
    rounds.stream = edited(rounds.stream, { tags: chain });
    const { outcomes } = await rounds.look();
    for (const tag of ['20', 'latest']) expect(digestsOf(rounds.stream, tag)).toEqual([digest(1)]);
    expect(outcomes).toMatchObject([{ tag: '20', followers: ['latest'] }]);
    expect(planOf(rounds.stream).tasks).toEqual([]);
  });

  test('a tag that is still to come are answered, and no failure', async () => {
    const rounds = roundsOf({ tags: [follows('v1', 'v0')] });
    const { outcomes } = await rounds.look();
    expect(outcomes).toEqual([]);
    expect(tagOf(rounds.stream, 'v1')).toMatchObject({
      items: [],
      conditions: [],
      observed: { generation: 3 },
    });
    expect(planOf(rounds.stream).tasks).toEqual([]);
  });

  test('are not asked of any registry', async () => {
    const rounds = roundsOf({ tags: [follows('v1', 'v0')] });
    await rounds.look();
    expect(rounds.registry.take()).toEqual([]);
  });
});

describe('copies', () => {
  const base = 'a1'.padEnd(64, '0');
  const os = streamOf({
    namespace: 'base',
    name: 'os',
    status: [
      {
        tag: '9',
        items: [
          {
            created: '2024-01-01T00:00:00Z',
            dockerImageReference: `int.test/base/os@sha256:${base}`,
            image: `sha256:${base}`,
            generation: 8,
          },
        ],
      },
    ],
  });
  const copying = (tag: object) => {
    const rounds = roundsOf({
      tags: [tag],
      status: [
        {
          tag: 'old',
          items: [{ dockerImageReference: `${source}@${digest(5)}`, image: digest(5), generation: 1 }],
        },
      ],
    });
    rounds.others.set('base/os', os);
    rounds.settings = settingsWith({ internalRegistryHostname: 'int.test' });
    return rounds;
  };
  const byImage = (name: string, more: object = {}) => ({
    name: 'v1',
    from: { kind: 'ImageStreamImage', name, ...more },
  });

  test.each<[string, object, object]>([
    [
      'a tag of another stream, re-addressed, with its age and the own generation',
      follows('v1', 'os:9', { namespace: 'base' }),
      {
        created: '2024-01-01T00:00:00Z',
        dockerImageReference: `int.test/demo/web@sha256:${base}`,
        image: `sha256:${base}`,
        generation: 3,
      },
    ],
    [
      'an image of another stream by the beginning of its digest, tagged now',
      byImage('os@a1', { namespace: 'base' }),
      {
        created: now,
        dockerImageReference: `int.test/demo/web@sha256:${base}`,
        image: `sha256:${base}`,
        generation: 3,
      },
    ],
    [
      'an image of the own history',
      byImage(digest(5)),
      { created: now, dockerImageReference: `${source}@${digest(5)}`, image: digest(5), generation: 3 },
    ],
    [
      'a tag of the own history',
      follows('v1', 'old'),
      { created: now, dockerImageReference: `${source}@${digest(5)}`, image: digest(5), generation: 3 },
    ],
  ])('%s', async (_title, tag, event) => {
    const rounds = copying(tag);
    expect(kinds((await rounds.look()).outcomes)).toEqual(['moved']);
    expect(tagOf(rounds.stream, 'v1').items).toEqual([event]);
    expect(planOf(rounds.stream).tasks).toEqual([]);
  });

  test.each<[string, object, string, string]>([
    [
      'a tag that is missing',
      follows('v1', 'os:8', { namespace: 'base' }),
      'NotFound',
      'image stream "os" in namespace "base" has no tag "8" yet',
    ],
    [
      'a stream that is missing',
      follows('v1', 'nix:8'),
      'NotFound',
      'there is no image stream "nix" in namespace "demo"',
    ],
    [
      'an image that is missing',
      byImage('os@ff', { namespace: 'base' }),
      'Invalid',
      'no image "ff" in the history of image stream "os" in namespace "base"',
    ],
  ])('of %s fail', async (_title, tag, reason, message) => {
    const rounds = copying(tag);
    expect((await rounds.look()).outcomes).toMatchObject([{ kind: 'failed', failure: { reason, message } }]);
    expect(tagOf(rounds.stream, 'v1').conditions).toMatchObject([{ reason, message }]);
    expect(await rounds.look(again, later)).toEqual({ status: undefined, outcomes: [] });
  });

  test('of an image that comes with the same answers are made', async () => {
    const rounds = roundsOf({ tags: [byImage(digest(1)), { ...imported('v1'), name: 'v2' }] });
    await rounds.look();
    expect([digestsOf(rounds.stream, 'v1'), digestsOf(rounds.stream, 'v2')]).toEqual([
      [digest(1)],
      [digest(1)],
    ]);
  });

  test('of what stands there again write nothing', async () => {
    const rounds = copying(follows('v1', 'os:9', { namespace: 'base' }));
    await rounds.look();
    rounds.stream = edited(rounds.stream, { annotations: request('import', 'a') });
    await rounds.look();
    expect(await rounds.look(again, later)).toEqual({ status: undefined, outcomes: [] });
    expect(tagOf(rounds.stream, 'v1').observed?.requestedAt).toBe('a');
  });
});

describe('requests', () => {
  test.each<[string, (rounds: Rounds) => unknown]>([
    ['what is there already', () => undefined],
    ['a failure', (rounds) => rounds.registry.fail(source, 'denied')],
  ])('for an import are answered by %s, too, and once', async (_title, prepare) => {
    const rounds = await importedOnce();
    prepare(rounds);
    rounds.stream = edited(rounds.stream, { annotations: request('import', 'a v1') });
    await rounds.look();
    expect(tagOf(rounds.stream, 'v1').observed?.requestedAt).toBe('a');
    expect(planOf(rounds.stream).tasks).toEqual([]);
  });

  test('a later look without one keeps the last', async () => {
    const rounds = await importedOnce();
    rounds.stream = edited(rounds.stream, { annotations: request('import', 'a') });
    await rounds.look();
    rounds.stream = edited(rounds.stream, { annotations: {} });
    moveTo(rounds, 2);
    await rounds.look(inTurn);
    expect(tagOf(rounds.stream, 'v1').observed?.requestedAt).toBe('a');
  });

  const deleting = (text: string, specTags: readonly object[] = []) => {
    const items = [{ dockerImageReference: `${source}@${digest(1)}`, image: digest(1), generation: 1 }];
    const status = ['v1', 'v2', 'v3'].map((tag) => ({ tag, items }));
    return roundsOf({ tags: specTags, status, annotations: request('delete', text) });
  };

  test.each<[string, string, readonly object[], readonly string[]]>([
    ['those that they name', 'a v1 v3', [], ['v2']],
    ['none without names', 'a', [], ['v1', 'v2', 'v3']],
    ['not what is in the spec', 'a v1 v2', [follows('v2', 'v3')], ['v2', 'v3']],
    ['not what is not there', 'a v9', [], ['v1', 'v2', 'v3']],
  ])('to delete tags: %s', (_title, text, specTags, left) => {
    const rounds = deleting(text, specTags);
    const { outcomes } = rounds.apply({ tags: [] });
    expect(rounds.stream.status.tags.map(({ tag }) => tag)).toEqual(left);
    expect(rounds.stream.status.observed).toEqual({ deleteRequestedAt: 'a' });
    const tags = ['v1', 'v2', 'v3'].filter((tag) => !left.includes(tag));
    expect(outcomes).toEqual(tags.length === 0 ? [] : [{ kind: 'deleted', tags }]);
  });

  test('to delete a tag are answered once: what comes back stays', async () => {
    const rounds = deleting('a v1');
    rounds.apply({ tags: [] });
    rounds.stream = edited(rounds.stream, { tags: [imported('v1')], annotations: request('delete', 'a v1') });
    await rounds.look();
    expect(digestsOf(rounds.stream, 'v1')).toEqual([digest(1)]);
  });
});

describe('a history limit', () => {
  test.each([
    [0, [3, 2, 1]],
    [2, [3, 2]],
    [1, [3]],
  ])('%s', async (historyLimit, left) => {
    const rounds = await importedOnce();
    for (const number of [2, 3]) {
      moveTo(rounds, number);
      await rounds.look(inTurn);
    }
    rounds.settings = settingsWith({ historyLimit });
    const { outcomes } = rounds.apply({ tags: [] });
    expect(outcomes).toEqual([]);
    expect(digestsOf(rounds.stream, 'v1')).toEqual(left.map(digest));
    expect(planOf(rounds.stream, undefined, rounds.settings).upkeep).toBe(false);
  });
});

describe('a whole repository', () => {
  const task: RepositoryResult['task'] = {
    name: source,
    cause: 'spec',
    token: undefined,
    reference: { registry: 'reg.acme.test', namespace: 'crew', name: 'web', tag: '', id: '' },
    insecure: false,
  };
  const failure = { reason: 'NotFound' as const, message: 'm' };
  const roundsWith = (name = source, more: object = {}) =>
    roundsOf({ repository: source, observed: { repository: { name, conditions: [], ...more } } });

  test('that was listed notes how many tags it has beyond', () => {
    const rounds = roundsOf({ repository: source });
    rounds.apply({
      tags: [],
      repository: { task: { ...task, token: 'a' }, additionalTags: 7, failure: undefined },
    });
    expect(rounds.stream.status.observed?.repository).toEqual({
      name: source,
      generation: 3,
      requestedAt: 'a',
      additionalTags: 7,
      conditions: [],
    });
    expect(planOf(rounds.stream).repository).toBeUndefined();
  });

  test('that fails says why, once, and keeps what it knew', () => {
    const rounds = roundsWith(source, { additionalTags: 7 });
    const results = { tags: [], repository: { task, additionalTags: 0, failure } };
    expect(rounds.apply(results).outcomes).toEqual([{ kind: 'repositoryFailed', source, failure }]);
    expect(rounds.stream.status.observed?.repository).toMatchObject({
      additionalTags: 7,
      conditions: [{ type: 'ImportSuccess', reason: 'NotFound' }],
    });
    expect(rounds.apply(results, later)).toEqual({ status: undefined, outcomes: [] });
    rounds.apply({ tags: [], repository: { task, additionalTags: 1, failure: undefined } });
    expect(rounds.stream.status.observed?.repository).toMatchObject({ additionalTags: 1, conditions: [] });
  });

  test('that fails knows nothing of the one before', () => {
    const rounds = roundsWith('other.test/x', { additionalTags: 7 });
    rounds.apply({ tags: [], repository: { task, additionalTags: 0, failure } });
    expect(rounds.stream.status.observed?.repository).toMatchObject({ name: source, additionalTags: 0 });
  });

  test('that the spec no longer names is passed over', () => {
    const rounds = roundsWith();
    const results = {
      tags: [],
      repository: { task: { ...task, name: 'other.test/x' }, additionalTags: 0, failure },
    };
    expect(rounds.apply(results)).toEqual({ status: undefined, outcomes: [] });
  });
});

test('tags come in the order of their names', async () => {
  const rounds = roundsOf({ tags: [follows('b', 'v1'), imported('v1'), follows('a', 'v1')] });
  await rounds.look();
  expect(rounds.stream.status.tags.map(({ tag }) => tag)).toEqual(['a', 'b', 'v1']);
});

test('a status tag that holds nothing is dropped', () => {
  const stream = streamOf({ status: [{ tag: 'v1', items: null }] });
  expect(applyResults(stream, { tags: [] }, settingsWith(), now).status?.tags).toEqual([]);
});
