import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import {
  followedTags,
  followTriggers,
  hasTriggers,
  isMovePending,
  type ContainerChange,
  type FindTag,
  type FollowCause,
  type TagFacts,
} from '../../src/trigger/follow.ts';
import { triggersAnnotation } from '../../src/trigger/annotation.ts';
import { triggerModeAnnotation } from '../../src/trigger/mode.ts';
import { kindNamed, workloadKinds, type WorkloadKind } from '../../src/workload/kinds.ts';
import { digest, pinned } from '../support/objects.ts';
import { workloadObject } from '../support/workloads.ts';

const current = pinned('web', 'b');
const earlier = pinned('web', 'a');
const foreign = pinned('other', 'f');
/** An older event that names no image: of a reference tag. */
const earlierReference = 'quay.example.com/acme/web:1';

const facts = (triggered?: number): TagFacts => ({
  pullSpec: current,
  generation: 3,
  earlier: [earlier, earlierReference],
  triggered,
});
const findWeb =
  (triggered?: number): FindTag =>
  ({ stream, tag }) =>
    stream === 'web' && tag === 'v1' ? facts(triggered) : undefined;

const path = (container: string) => `spec.template.spec.containers[?(@.name=="${container}")].image`;
const entry = (container: string, more: object = {}) => ({
  from: { kind: 'ImageStreamTag', name: 'web:v1' },
  fieldPath: path(container),
  ...more,
});

function kindOf(kind: string): WorkloadKind {
  const found = workloadKinds.find((candidate) => candidate.kind === kind);
  if (found === undefined) throw new Error(`no kind ${kind}`);
  return found;
}
const deployments = kindOf('Deployment');

function deployment(images: Readonly<Record<string, string>>, entries: unknown, mode?: string): object {
  const annotations = {
    [triggersAnnotation]: JSON.stringify(entries),
    ...(mode === undefined ? {} : { [triggerModeAnnotation]: mode }),
  };
  return workloadObject('Deployment', 'web', { images, annotations });
}

const changesOf = (object: object, findTag: FindTag, cause: FollowCause) =>
  followTriggers(deployments, object, 'shop', findTag, cause).changes.map(({ container, to }) => [
    container,
    to,
  ]);

describe('whether the image of a followed container makes way for the tag', () => {
  type Row = readonly [held: string, image: string, created: boolean, updated: boolean, present: boolean];

  const onMove = (recorded: boolean): readonly Row[] => [
    ['the tag’s own image', current, false, false, false],
    ['no image', '', true, true, true],
    ['a placeholder', ' ', true, true, true],
    ['a short name', 'web:v1', true, true, true],
    ['the same place with a tag', 'quay.example.com/acme/web:9', true, true, true],
    ['a digest that is none', 'quay.example.com/acme/web@sha256:abc', true, true, true],
    ['an older image of the tag', earlier, true, false, !recorded],
    ['the older image, from a mirror', `mirror.example/web@${digest('a')}`, true, false, !recorded],
    ['an older reference without a digest', earlierReference, true, false, !recorded],
    ['an image that a person chose', foreign, true, false, !recorded],
  ];
  const look = (object: object, triggered: number | undefined) =>
    (['created', 'updated', 'present'] as const).map(
      (cause) => changesOf(object, findWeb(triggered), cause).length > 0,
    );

  it.each(onMove(true))('on-move, all have followed: %s (%s)', (_held, image, ...expected) => {
    expect(look(deployment({ web: image }, [entry('web')]), 3)).toEqual(expected);
  });

  it.each(onMove(false))('on-move, the tag has moved since: %s (%s)', (_held, image, ...expected) => {
    expect(look(deployment({ web: image }, [entry('web')], 'on-move'), 2)).toEqual(expected);
  });

  it.each(onMove(true).map(([held, image]) => [held, image, image !== current] as const))(
    'enforce: %s (%s)',
    (_held, image, changes) => {
      expect(look(deployment({ web: image }, [entry('web')], 'enforce'), 3)).toEqual(Array(3).fill(changes));
    },
  );

  it.each([
    ['an older image of the tag stays', earlier, false],
    ['the newest one from elsewhere stays', `mirror.example/web@${digest('b')}`, false],
    ['an image that the tag never had is replaced', foreign, true],
    ['a placeholder is replaced', 'web:v1', true],
  ])('on-move, no move of the tag was ever recorded: %s', (_title, image, changes) => {
    const [, , present] = look(deployment({ web: image }, [entry('web')]), undefined);
    expect(present).toBe(changes);
  });
});

it.each([
  ['nothing recorded', undefined, true],
  ['an older move recorded', 2, true],
  ['this one recorded', 3, false],
  ['a larger generation recorded: it took over that of the tag it follows', 9, true],
])('whether a move is pending: %s', (_title, triggered, pending) => {
  expect(isMovePending(facts(triggered))).toBe(pending);
});

test('a change says what, where, and by which tag', () => {
  const object = deployment({ side: foreign, web: 'web:v1' }, [entry('web')]);
  expect(followTriggers(deployments, object, 'shop', findWeb(), 'created')).toEqual({
    mode: 'on-move',
    problems: [],
    changes: [
      {
        container: 'web',
        list: 'containers',
        index: 1,
        pointer: '/spec/template/spec/containers/1/image',
        from: 'web:v1',
        to: current,
        tag: { namespace: 'shop', stream: 'web', tag: 'v1' },
        generation: 3,
      },
    ],
  });
});

describe('entries', () => {
  const two: FindTag = ({ stream }) =>
    stream === 'gone' ? undefined : { ...facts(), pullSpec: pinned(stream, 'c') };
  const named = (name: string, more: object = {}) =>
    entry('web', { from: { kind: 'ImageStreamTag', name }, ...more });
  const byIndex = { fieldPath: 'spec.template.spec.containers[0].image' };

  it.each<[string, unknown, readonly string[]]>([
    ['paused: nothing', [entry('web', { paused: true })], []],
    ['an unknown kind of source: nothing', [entry('web', { from: { kind: 'Image', name: 'web:v1' } })], []],
    ['a tag that stands for nothing: nothing', [named('gone:v1')], []],
    ['no tag at all: nothing', [named('web')], []],
    ['a path of another kind: nothing', [entry('web', { fieldPath: 'spec.containers[0].image' })], []],
    ['a container that is missing: nothing', [entry('db')], []],
    ['bad ones do not stop the others', [entry('db'), named('web:v1', byIndex)], [pinned('web', 'c')]],
    ['two for a container: the last one', [named('one:v1'), named('two:v1', byIndex)], [pinned('two', 'c')]],
    [
      'of two the one that stands for an image',
      [named('one:v1'), named('gone:v1', byIndex)],
      [pinned('one', 'c')],
    ],
    [
      'of two the one that is not paused',
      [named('one:v1'), named('two:v1', { ...byIndex, paused: true })],
      [pinned('one', 'c')],
    ],
    ['one that cannot be read: none', [named('one:v1'), { paused: 'false' }], []],
  ])('%s', (_title, entries, expected) => {
    const changes = changesOf(deployment({ web: ' ' }, entries), two, 'created');
    expect(changes.map(([, to]) => to)).toEqual(expected);
  });
});

describe('the tags that are followed', () => {
  const from = (name: string, more: object = {}) => ({ kind: 'ImageStreamTag', name, ...more });
  it.each<[string, readonly object[], readonly string[]]>([
    ['an empty tag is latest', [{ from: from('web:') }], ['shop/web:latest']],
    ['another namespace', [{ from: from('web:v1', { namespace: 'base' }) }], ['base/web:v1']],
    ['each once', [{ from: from('web:v1'), fieldPath: 'a' }, { from: from('web:v1') }], ['shop/web:v1']],
    ['none of paused entries', [{ from: from('web:v1'), paused: true }], []],
    ['none without a colon', [{ from: from('web') }], []],
    ['none with an apiVersion', [{ from: from('web:v1', { apiVersion: 'v1' }) }], []],
  ])('%s', (_title, entries, expected) => {
    const tags = followedTags(deployment({}, entries), 'shop');
    expect(tags.map(({ namespace, stream, tag }) => `${namespace}/${stream}:${tag}`)).toEqual(expected);
  });
});

it('follows the kinds of docs/triggers.md, in their groups', () => {
  const followed = workloadKinds.filter(hasTriggers).map(({ group, kind }) => `${group}/${kind}`);
  expect(followed.sort()).toEqual([
    '/Pod',
    '/ReplicationController',
    'apps/DaemonSet',
    'apps/Deployment',
    'apps/StatefulSet',
    'batch/CronJob',
    'batch/Job',
    'extensions/DaemonSet',
    'extensions/Deployment',
  ]);
});

it('changes nothing of a kind whose triggers are not followed', () => {
  const kind = kindNamed('apps', 'ReplicaSet');
  const object = deployment({ web: ' ' }, [entry('web')]);
  expect(kind && followTriggers(kind, object, 'shop', findWeb(), 'created').changes).toEqual([]);
});

describe('for any workload', () => {
  const image = fc.constantFrom(
    ' ',
    'web:v1',
    current,
    earlier,
    earlierReference,
    foreign,
    pinned('db', 'a'),
  );
  const names = ['a', 'b', 'c'] as const;
  const trigger = fc.record({
    from: fc.record({
      kind: fc.constantFrom('ImageStreamTag', 'ImageStreamTag', 'ImageStreamImage'),
      name: fc.constantFrom('web:v1', 'db:v1', 'gone:v1', 'web'),
    }),
    fieldPath: fc.oneof(
      fc.constantFrom(...names, 'none').map(path),
      fc.integer({ min: -1, max: 3 }).map((index) => `spec.template.spec.containers[${index}].image`),
      fc.integer({ min: 0, max: 1 }).map((index) => `spec.template.spec.initContainers[${index}].image`),
    ),
    paused: fc.boolean(),
  });
  const triggers = fc.uniqueArray(trigger, { maxLength: 5, selector: ({ fieldPath }) => fieldPath });
  const images = fc.tuple(image, image, image);
  const mode = fc.constantFrom('enforce', 'on-move', undefined);
  const cause = fc.constantFrom<FollowCause>('created', 'updated', 'present');
  const generation = fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined });
  const findAny =
    (triggered: number | undefined): FindTag =>
    ({ stream }) =>
      stream === 'gone' ? undefined : { ...facts(triggered), pullSpec: pinned(stream, 'b') };

  const workload = (held: readonly string[], entries: readonly object[], chosen: string | undefined) =>
    deployment(Object.fromEntries(names.map((name, at) => [name, held[at] ?? ''])), entries, chosen);

  function applied(object: object, changes: readonly ContainerChange[]): object {
    const copy = structuredClone(object) as {
      spec: { template: { spec: Record<ContainerChange['list'], { image: string }[]> } };
    };
    for (const { list, index, to } of changes) {
      const container = copy.spec.template.spec[list][index];
      if (container === undefined) throw new Error(`no container at ${list}[${index}]`);
      container.image = to;
    }
    return copy;
  }

  test('what was changed once is right: looking again changes nothing', () => {
    fc.assert(
      fc.property(images, triggers, mode, cause, generation, (held, entries, chosen, why, triggered) => {
        const object = workload(held, entries, chosen);
        const find = findAny(triggered);
        const { changes } = followTriggers(deployments, object, 'shop', find, why);
        const next = applied(object, changes);
        const again = followTriggers(deployments, next, 'shop', find, why);
        expect(again.changes).toEqual([]);
        const present = followTriggers(deployments, next, 'shop', find, 'present');
        const settled = applied(next, present.changes);
        expect(followTriggers(deployments, settled, 'shop', find, 'present').changes).toEqual([]);
      }),
    );
  });

  test('paused entries change nothing', () => {
    fc.assert(
      fc.property(images, triggers, mode, cause, (held, entries, chosen, why) => {
        const paused = entries.map((each) => ({ ...each, paused: true }));
        const all = followTriggers(deployments, workload(held, paused, chosen), 'shop', findAny(0), why);
        expect(all.changes).toEqual([]);
        const active = entries.filter((each) => !each.paused);
        const without = followTriggers(deployments, workload(held, active, chosen), 'shop', findAny(0), why);
        const mixed = followTriggers(deployments, workload(held, entries, chosen), 'shop', findAny(0), why);
        expect(mixed.changes).toEqual(without.changes);
      }),
    );
  });

  test('no object whatever makes it throw', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...workloadKinds),
        fc.jsonValue(),
        fc.jsonValue(),
        (kind, value, annotation) => {
          const object = {
            metadata: { annotations: { [triggersAnnotation]: JSON.stringify(annotation) } },
            spec: value,
          };
          followTriggers(kind, object, 'shop', findAny(1), 'present');
          followTriggers(kind, value, 'shop', findAny(1), 'present');
          followedTags(object, 'shop');
        },
      ),
    );
  });
});
