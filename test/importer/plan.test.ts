import { describe, expect, test } from '@jest/globals';
import { planStream, type DueTags } from '../../src/importer/plan.ts';
import type { ImportTask } from '../../src/importer/task.ts';
import type { ImportSettings } from '../../src/importer/settings.ts';
import { vectorGroup } from '../support/vectors.ts';
import {
  follows,
  imported,
  planOf,
  request,
  scheduled,
  settingsWith,
  source,
  streamOf,
  type StreamParts,
} from './fixture.ts';
import { digest } from './scripted-registry.ts';

const item = (number: number, generation = 3) => ({
  created: '2024-01-01T00:00:00Z',
  dockerImageReference: `${source}@${digest(number)}`,
  image: digest(number),
  generation,
});
const from = (tag: string) => ({ kind: 'DockerImage', name: `${source}:${tag}` });

/** A status tag that answers `imported(tag)`. */
const answered = (tag: string, observed: object = {}, more: object = {}) => ({
  tag,
  items: [item(1)],
  observed: { from: from(tag), importMode: 'Legacy', generation: 3, digest: digest(1), ...observed },
  ...more,
});
const failed = { type: 'ImportSuccess', status: 'False', reason: 'NotFound', message: 'm', generation: 3 };

const due = (retry: readonly string[], schedule = false): DueTags => ({ retry: new Set(retry), schedule });

const tasksOf = (parts: StreamParts, when?: DueTags, settings?: ImportSettings) =>
  planOf(streamOf(parts), when, settings).tasks.map(({ kind, tag, cause }) => `${kind} ${tag} ${cause}`);

interface NeededVector {
  readonly id: string;
  readonly specTag: { readonly generation: number | null };
  readonly newestStatusItem: object | null;
  readonly condition: object | null;
  readonly expect: { readonly import: boolean };
}

describe('what a stream needs', () => {
  // imp-05: a tag without a generation is what every tag of our CRD is; it counts as new.
  const rows = vectorGroup<NeededVector>('importNeeded').filter(([id]) => id !== 'imp-05');
  test.each(rows)('%s', (_id, { specTag, newestStatusItem, condition, expect: expected }) => {
    const items = newestStatusItem === null ? [] : [{ ...item(1), ...newestStatusItem }];
    const status = [{ tag: 'v1', items, conditions: condition === null ? [] : [condition] }];
    const tasks = tasksOf({ tags: [{ name: 'v1', ...specTag }], status });
    expect(tasks.some((task) => task.startsWith('import '))).toBe(expected.import);
  });

  test.each<[string, StreamParts, DueTags, readonly string[]]>([
    ['a new tag', { tags: [imported('v1')] }, due([]), ['import v1 spec']],
    [
      'a tag with another source',
      { tags: [imported('v1')], status: [answered('v1', { from: from('v0') })] },
      due([]),
      ['import v1 spec'],
    ],
    ['nothing where status has answered', { tags: [imported('v1')], status: [answered('v1')] }, due([]), []],
    ['nothing for a tag without a source', { tags: [{ name: 'v1' }] }, due(['v1'], true), []],
    ['a reference tag', { tags: [imported('v1', { reference: true })] }, due([]), ['record v1 spec']],
    ['a tag of another stream', { tags: [follows('v1', 'os:9')] }, due([]), ['copy v1 spec']],
    [
      'an image of another stream',
      { tags: [{ name: 'v1', from: { kind: 'ImageStreamImage', name: 'os@12' } }] },
      due([]),
      ['copy v1 spec'],
    ],
    [
      'a source that does not parse',
      { tags: [{ name: 'v1', from: { kind: 'DockerImage', name: 'Bad Name' } }] },
      due([]),
      ['refuse v1 spec'],
    ],
    [
      'a kind that is none',
      { tags: [{ name: 'v1', from: { kind: 'Pod', name: 'x' } }] },
      due([]),
      ['refuse v1 spec'],
    ],
    [
      'all tags that a request without tags is for',
      {
        tags: [imported('v1'), follows('v2', 'v1')],
        status: [answered('v1'), answered('v2', { from: { kind: 'ImageStreamTag', name: 'v1' } })],
        annotations: request('import', 'a'),
      },
      due([]),
      ['import v1 request', 'copy v2 request'],
    ],
    [
      'the tags that a request names',
      {
        tags: [imported('v1'), imported('v2')],
        status: [answered('v1'), answered('v2')],
        annotations: request('import', 'a v2'),
      },
      due([]),
      ['import v2 request'],
    ],
    [
      'nothing for a request that is answered',
      {
        tags: [imported('v1')],
        status: [answered('v1', { requestedAt: 'a' })],
        annotations: request('import', 'a'),
      },
      due([]),
      [],
    ],
    [
      'the next request',
      {
        tags: [imported('v1')],
        status: [answered('v1', { requestedAt: 'a' })],
        annotations: request('import', 'b'),
      },
      due([]),
      ['import v1 request'],
    ],
    [
      'a failed tag whose pause is over',
      {
        tags: [imported('v1'), imported('v2')],
        status: [answered('v1', {}, { conditions: [failed] }), answered('v2', {}, { conditions: [failed] })],
      },
      due(['v1']),
      ['import v1 retry'],
    ],
    [
      'scheduled tags in their turn',
      { tags: [scheduled('v1'), imported('v2')], status: [answered('v1'), answered('v2')] },
      due([], true),
      ['import v1 schedule'],
    ],
    ['scheduled tags, not before', { tags: [scheduled('v1')], status: [answered('v1')] }, due([]), []],
    [
      'of several causes the first: spec',
      { tags: [scheduled('v1')], annotations: request('import', 'a') },
      due(['v1'], true),
      ['import v1 spec'],
    ],
    [
      'of several causes the first: request',
      { tags: [scheduled('v1')], status: [answered('v1')], annotations: request('import', 'a') },
      due(['v1'], true),
      ['import v1 request'],
    ],
    [
      'of several causes the first: retry',
      { tags: [scheduled('v1')], status: [answered('v1')] },
      due(['v1'], true),
      ['import v1 retry'],
    ],
  ])('%s', (_title, parts, when, expected) => {
    expect(tasksOf(parts, when)).toEqual(expected);
  });

  test('a task says what its answer is for', () => {
    const parts = {
      tags: [imported('v1', { importPolicy: { importMode: 'PreserveOriginal' } })],
      annotations: request('import', 'a v1'),
    };
    expect(planOf(streamOf(parts)).tasks).toMatchObject([
      {
        from: from('v1'),
        mode: 'PreserveOriginal',
        reference: false,
        token: 'a',
        origin: 'tag',
        known: undefined,
        current: undefined,
        source: {
          name: `${source}:v1`,
          mode: 'PreserveOriginal',
          reference: { registry: 'reg.acme.test', tag: 'v1' },
        },
      },
    ]);
  });

  test('and what the tag stood for when it was looked at last', () => {
    const { tasks } = planOf(streamOf({ tags: [scheduled('v1')], status: [answered('v1')] }), due([], true));
    expect(tasks).toMatchObject([{ token: undefined, known: digest(1), current: { image: digest(1) } }]);
  });

  test('a tag without a mode is imported in the configured one', () => {
    const settings = settingsWith({ defaultMode: 'PreserveOriginal' });
    expect(planOf(streamOf({ tags: [imported('v1')] }), due([]), settings).tasks).toMatchObject([
      { mode: 'PreserveOriginal' },
    ]);
  });
});

const rules = (more: Partial<ImportSettings['registrySources']>) =>
  settingsWith({
    registrySources: { allowedRegistries: [], blockedRegistries: [], insecureRegistries: [], ...more },
  });

describe('rules on imports', () => {
  test.each<[string, object, StreamParts['annotations'], ImportSettings, boolean]>([
    ['by its tag', imported('v1', { importPolicy: { insecure: true } }), {}, settingsWith(), true],
    [
      'by its stream',
      imported('v1'),
      { 'openshift.io/image.insecureRepository': 'true' },
      settingsWith(),
      true,
    ],
    ['by the rules', imported('v1'), {}, rules({ insecureRegistries: ['reg.acme.test'] }), true],
    [
      'not by a rule for another registry',
      imported('v1'),
      {},
      rules({ insecureRegistries: ['other.test'] }),
      false,
    ],
    [
      'not by a rule for another port',
      imported('v1'),
      {},
      rules({ insecureRegistries: ['reg.acme.test:5000'] }),
      false,
    ],
    [
      'not by an annotation that does not say true',
      imported('v1'),
      { 'openshift.io/image.insecureRepository': 'yes' },
      settingsWith(),
      false,
    ],
    ['not by itself', imported('v1'), {}, settingsWith(), false],
  ])('insecure %s', (_title, tag, annotations = {}, settings, insecure) => {
    const { tasks } = planOf(streamOf({ tags: [tag], annotations }), due([]), settings);
    expect(tasks).toMatchObject([{ kind: 'import', source: { insecure } }]);
  });

  test('a blocked registry is refused', () => {
    const settings = rules({ blockedRegistries: ['reg.acme.test'] });
    expect(planOf(streamOf({ tags: [imported('v1')] }), due([]), settings).tasks).toMatchObject([
      {
        kind: 'refuse',
        failure: { reason: 'Forbidden', message: 'forbidden: registry reg.acme.test blocked' },
      },
    ]);
  });

  test('allowed registries are for pulls, not for imports', () => {
    expect(
      tasksOf({ tags: [imported('v1')] }, due([]), rules({ allowedRegistries: ['other.test'] })),
    ).toEqual(['import v1 spec']);
  });

  test('what may not be imported is refused with the reason, and nothing is asked of it', () => {
    const settings = settingsWith({
      refusal: ({ reference }) => (reference.registry === 'reg.acme.test' ? 'not from there' : undefined),
    });
    const elsewhere = { name: 'v2', from: { kind: 'DockerImage', name: 'other.test/web:v2' } };
    expect(planOf(streamOf({ tags: [imported('v1'), elsewhere] }), due([]), settings).tasks).toMatchObject([
      { kind: 'refuse', tag: 'v1', failure: { reason: 'Forbidden', message: 'not from there' } },
      { kind: 'import', tag: 'v2' },
    ]);
  });

  test('a reference tag is recorded though its registry is blocked', () => {
    const settings = rules({ blockedRegistries: ['reg.acme.test'] });
    expect(tasksOf({ tags: [imported('v1', { reference: true })] }, due([]), settings)).toEqual([
      'record v1 spec',
    ]);
  });
});

describe('which platform a tag asks for', () => {
  const wishes = {
    'importer.image.openshift.io/prefer-arch': 'arm64',
    'importer.image.openshift.io/prefer-os': 'windows',
  };
  const pinned = { name: 'v1', from: { kind: 'DockerImage', name: `${source}@${digest(1)}` } };
  test.each<[string, object, string]>([
    ['its wishes', imported('v1', { annotations: wishes }), 'windows/arm64'],
    [
      'one wish',
      imported('v1', { annotations: { 'importer.image.openshift.io/prefer-arch': 's390x' } }),
      'linux/s390x',
    ],
    ['the configured one without wishes', imported('v1'), 'linux/amd64'],
    [
      'the configured one for a digest, whatever it wishes',
      { ...pinned, annotations: wishes },
      'linux/amd64',
    ],
  ])('%s', (_title, tag, expected) => {
    const [task] = planOf(streamOf({ tags: [tag] })).tasks;
    const { architecture, os } = (task as ImportTask).source.platform;
    expect(`${os}/${architecture}`).toBe(expected);
  });
});

describe('a whole repository', () => {
  const observed = (more: object = {}) => ({ repository: { name: source, conditions: [], ...more } });
  const planned = (parts: StreamParts, when = due([]), settings = settingsWith()) =>
    planStream(streamOf({ repository: source, ...parts }), settings, when).repository;

  test.each<[string, StreamParts, DueTags, object | undefined]>([
    ['never listed', {}, due([]), { cause: 'spec', token: undefined, insecure: false }],
    ['listed', { observed: observed() }, due([], true), undefined],
    ['another was listed', { observed: observed({ name: 'other.test/x' }) }, due([]), { cause: 'spec' }],
    [
      'requested',
      { observed: observed(), annotations: request('import', 'a') },
      due([]),
      { cause: 'request', token: 'a' },
    ],
    [
      'requested and answered',
      { observed: observed({ requestedAt: 'a' }), annotations: request('import', 'a') },
      due([]),
      undefined,
    ],
    [
      'not by a request for some tags',
      { observed: observed(), annotations: request('import', 'a v1') },
      due([]),
      undefined,
    ],
    ['to be tried again', { observed: observed() }, due(['']), { cause: 'retry' }],
    ['none', { repository: '' }, due(['']), undefined],
    [
      'insecure by the stream',
      { annotations: { 'openshift.io/image.insecureRepository': 'true' } },
      due([]),
      { insecure: true },
    ],
    ['with a tag', { repository: `${source}:v1` }, due([]), { failure: { reason: 'Invalid' } }],
    ['with a digest', { repository: `${source}@${digest(1)}` }, due([]), { failure: { reason: 'Invalid' } }],
    ['that does not parse', { repository: 'Bad Name' }, due([]), { failure: { reason: 'Invalid' } }],
  ])('%s', (_title, parts, when, expected) => {
    const task = planned(parts, when);
    if (expected === undefined) expect(task).toBeUndefined();
    else expect(task).toMatchObject(expected);
  });

  test('of a blocked registry is refused', () => {
    expect(planned({}, due([]), rules({ blockedRegistries: ['reg.acme.test'] }))).toMatchObject({
      failure: { reason: 'Forbidden' },
    });
  });
});

describe('requests that no registry is asked for', () => {
  const reference = { tag: 'ref', items: [{ dockerImageReference: 'x.test/y:1', image: '', generation: 3 }] };
  const status = [answered('v1'), answered('v2'), reference, { tag: 'v3', items: [], conditions: [failed] }];

  test.each<[string, string, object, string[] | undefined]>([
    ['of all images', 'a', {}, ['v1', 'v2']],
    ['of those of some tags', 'a v2 ref', {}, ['v2']],
    ['of tags that have none', 'a ref', {}, []],
    ['that is answered', 'a', { checkRequestedAt: 'a' }, undefined],
  ])('a check %s', (_title, text, observed, expected) => {
    const { check } = planOf(streamOf({ status, observed, annotations: request('check', text) }));
    expect(check?.tasks.map(({ tag }) => tag)).toEqual(expected);
  });

  test.each<[string, string, readonly string[]]>([
    ['of an older image', `a v1@${digest(1)}`, [`v1 ${digest(1)}`]],
    ['of one that it stands for', `a v1@${digest(2)}`, [`v1 ${digest(2)}`]],
    ['of a tag and an older image', `a v1 v1@${digest(1)}`, [`v1 ${digest(2)}`, `v1 ${digest(1)}`]],
    ['of an image that it never stood for', `a v1@${digest(9)}`, []],
    ['of an image of another tag', `a v2@${digest(1)}`, []],
  ])('a check %s', (_title, text, expected) => {
    const history = [
      { tag: 'v1', items: [item(2), item(1)] },
      { tag: 'v2', items: [item(3)] },
    ];
    const { check } = planOf(streamOf({ status: history, annotations: request('check', text) }));
    expect(check?.tasks.map(({ tag, event }) => `${tag} ${event.image}`)).toEqual(expected);
  });

  test('a check asks for the very image, where it was found, as the tag says', () => {
    const tags = [imported('v1', { importPolicy: { insecure: true } })];
    const { check } = planOf(streamOf({ tags, status, annotations: request('check', 'a v1') }));
    expect(check).toMatchObject({
      token: 'a',
      tasks: [
        {
          event: { image: digest(1) },
          insecure: true,
          reference: { registry: 'reg.acme.test', tag: '', id: digest(1) },
        },
      ],
    });
  });

  test.each<[string, StreamParts, number, boolean]>([
    ['a deletion', { annotations: request('delete', 'a v9') }, 0, true],
    [
      'a deletion that is answered',
      { annotations: request('delete', 'a v9'), observed: { deleteRequestedAt: 'a' } },
      0,
      false,
    ],
    ['a history over its limit', { status: [{ tag: 'v1', items: [item(2), item(1)] }] }, 1, true],
    ['a history at its limit', { status: [{ tag: 'v1', items: [item(2), item(1)] }] }, 2, false],
    ['a history without limit', { status: [{ tag: 'v1', items: [item(2), item(1)] }] }, 0, false],
  ])('upkeep: %s', (_title, parts, historyLimit, expected) => {
    expect(planOf(streamOf(parts), due([]), settingsWith({ historyLimit })).upkeep).toBe(expected);
  });
});
