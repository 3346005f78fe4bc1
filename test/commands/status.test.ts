import { describe, expect, it } from '@jest/globals';
import { statusOf, type Status, type StatusFacts } from '../../src/commands/status.ts';
import type { JsonObject } from '../../src/json/untyped.ts';
import { digest, namespace, pinned } from '../support/objects.ts';
import { workloadObject, type MadeWorkload } from '../support/workloads.ts';

interface MadeStream {
  readonly namespace?: string;
  readonly local?: boolean;
  readonly spec?: object;
  readonly status?: object;
  /** Tag → the images it had, by their digits, newest first. */
  readonly tags?: Readonly<Record<string, readonly string[]>>;
}

function stream(name: string, made: MadeStream = {}): object {
  const { namespace: place = 'shop', local = true, spec = {}, status = {}, tags = {} } = made;
  const lists = Object.entries(tags).map(([tag, digits]) => ({
    tag,
    items: digits.map((digit, index) => ({
      created: `2026-05-0${9 - index}T00:00:00Z`,
      dockerImageReference: pinned(name, digit),
      image: digest(digit),
    })),
  }));
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { namespace: place, name },
    spec: { lookupPolicy: { local }, ...spec },
    status: { tags: lists, ...status },
  };
}

const web = stream('web', { tags: { '1': ['3', '2', '1'] } });
const record = (container: string, to: string, name = 'web:1', place = 'shop') => ({
  'pinstream.dev/resolved-images': JSON.stringify({
    [container]: {
      from: 'x',
      to,
      source: { kind: 'ImageStreamTag', namespace: place, name },
      reason: 'ImageStreamTag',
    },
  }),
});
const trigger = (name: string) => ({
  'image.openshift.io/triggers': JSON.stringify([
    { from: { kind: 'ImageStreamTag', name }, fieldPath: 'spec.template.spec.containers[0].image' },
  ]),
});

type Made = Partial<Omit<StatusFacts, 'streams'>> & { readonly streams?: readonly object[] };

function statusWith(objects: readonly object[], more: Made = {}): Status {
  return statusOf({
    namespaces: new Map([['shop', namespace('shop') as JsonObject]]),
    unreadable: new Set(),
    places: { internalRegistryHostname: '', localRegistry: [] },
    exemptNamespaces: new Set(),
    importer: 'cluster',
    ...more,
    streams: (more.streams ?? [web]) as readonly JsonObject[],
    objects: objects as readonly JsonObject[],
  });
}

const deployment = (made: MadeWorkload) => workloadObject('Deployment', 'app', made);
const tag1 = { namespace: 'shop', stream: 'web', tag: '1' };

describe('the tag of a container', () => {
  const local = { spec: { tags: [{ name: '1', referencePolicy: { type: 'Local' } }] }, tags: { '1': ['3'] } };
  it.each<[string, MadeWorkload, object | undefined, (readonly object[])?]>([
    [
      'by the record',
      { images: { c: pinned('web', '3') }, annotations: record('c', pinned('web', '3')) },
      { knownBy: 'record', tag: tag1 },
    ],
    [
      'by a record of something else',
      { images: { c: 'busybox' }, annotations: record('c', pinned('web', '3')) },
      undefined,
    ],
    [
      'by a trigger',
      { images: { c: ' ' }, annotations: trigger('web:1') },
      { knownBy: 'trigger', tag: tag1 },
    ],
    ['by the pull spec', { images: { c: pinned('web', '2') } }, { knownBy: 'pullSpec', tag: tag1 }],
    [
      'by the integrated registry',
      { images: { c: `reg.local:5000/shop/web@${digest('3')}` } },
      { knownBy: 'pullSpec', tag: tag1 },
      [stream('web', local)],
    ],
    [
      'by a cache',
      { images: { c: `cache.local/q/acme/web@${digest('3')}` } },
      { knownBy: 'pullSpec', tag: tag1 },
      [stream('web', local)],
    ],
    [
      'by its name',
      { images: { c: 'web:1' } },
      { knownBy: 'name', tag: tag1, state: { kind: 'unresolved' } },
    ],
    [
      'by a name without a tag',
      { images: { c: 'web' } },
      { knownBy: 'name', tag: { ...tag1, tag: 'latest' } },
    ],
    [
      'by the name of a closed stream',
      { images: { c: 'web:1' } },
      undefined,
      [stream('web', { local: false, tags: { '1': ['3'] } })],
    ],
    ['not', { images: { c: 'quay.io/other/web:1' } }, undefined],
    [
      'the one where it is newest',
      { images: { c: pinned('web', '2') } },
      { tag: { ...tag1, tag: '0' } },
      [stream('web', { tags: { '1': ['3', '2'], '0': ['2'] } })],
    ],
    [
      'a name that says more than latest',
      { images: { c: pinned('web', '2') } },
      { tag: tag1 },
      [stream('web', { tags: { latest: ['2'], '1': ['2'] } })],
    ],
  ])('is known %s', (_, made, expected, streams = [web]) => {
    const places = {
      internalRegistryHostname: 'reg.local:5000',
      localRegistry: [{ source: 'quay.example.com', target: 'cache.local/q' }],
    };
    const { workloads } = statusWith([deployment(made)], { streams, places });
    expect(workloads).toHaveLength(expected === undefined ? 0 : 1);
    if (expected !== undefined) expect(workloads[0]).toMatchObject(expected);
  });

  it.each([
    ['all', true],
    ['fallback', false],
    ['disabled', false],
  ])('by its name, in a namespace that says %s', (mode, expected) => {
    const facts = new Map([
      ['shop', namespace('shop', { 'pinstream.dev/image-lookup': mode }) as JsonObject],
    ]);
    const streams = [stream('web', { local: mode !== 'all', tags: { '1': ['3'] } })];
    const { workloads } = statusWith([deployment({ images: { c: 'web:1' } })], {
      namespaces: facts,
      streams,
    });
    expect(workloads.length > 0).toBe(expected);
  });
});

describe('the state', () => {
  it.each<[string, MadeWorkload, object, Made?]>([
    ['current', { images: { c: pinned('web', '3') } }, { kind: 'current' }],
    [
      'one behind',
      { images: { c: pinned('web', '2') } },
      { kind: 'behind', by: 1, since: '2026-05-09T00:00:00Z' },
    ],
    [
      'two behind',
      { images: { c: pinned('web', '1') } },
      { kind: 'behind', by: 2, since: '2026-05-08T00:00:00Z' },
    ],
    [
      'from a mirror',
      {
        images: { c: `mirror.example/web@${digest('2')}` },
        annotations: record('c', `mirror.example/web@${digest('2')}`),
      },
      { kind: 'behind', by: 1 },
    ],
    [
      'not in the history',
      { images: { c: pinned('web', '9') }, annotations: record('c', pinned('web', '9')) },
      { kind: 'unrelated' },
    ],
    [
      'no such tag',
      { images: { c: pinned('web', '9') }, annotations: record('c', pinned('web', '9'), 'web:2') },
      { kind: 'noTag' },
    ],
    [
      'no such stream',
      { images: { c: pinned('web', '9') }, annotations: record('c', pinned('web', '9'), 'gone:1') },
      { kind: 'noTag' },
    ],
    [
      'not yet imported',
      { images: { c: ' ' }, annotations: trigger('new:1') },
      { kind: 'noImage' },
      { streams: [stream('new', { spec: { tags: [{ name: '1' }] } })] },
    ],
    ['not triggered', { images: { c: ' ' }, annotations: trigger('web:1') }, { kind: 'unresolved' }],
    [
      'of a stream out of sight',
      { images: { c: 'x' }, annotations: record('c', 'x', 'php:8', 'base') },
      { kind: 'unknown' },
      { unreadable: new Set(['base/php']) },
    ],
  ])('%s', (_, made, state, more = {}) => {
    const { workloads } = statusWith([deployment(made)], more);
    expect(workloads.map((row) => row.state)).toMatchObject([state]);
  });
});

describe('what runs', () => {
  const current = { images: { c: pinned('web', '3') } };
  const old = { images: { c: pinned('web', '2') } };
  const set = (name: string, made: MadeWorkload) =>
    workloadObject('ReplicaSet', name, { ...made, owner: 'Deployment/app' });
  const pod = (name: string, owner: string, made: MadeWorkload) =>
    workloadObject('Pod', name, { ...made, owner });

  it('is what the pods of its ReplicaSets run', () => {
    const objects = [
      deployment(current),
      set('app-1', old),
      set('app-2', current),
      pod('a', 'ReplicaSet/app-1', old),
      pod('b', 'ReplicaSet/app-2', current),
      pod('c', 'ReplicaSet/app-2', current),
    ];
    expect(statusWith(objects).workloads).toMatchObject([
      {
        name: 'app',
        runs: [
          { image: pinned('web', '2'), pods: 1 },
          { image: pinned('web', '3'), pods: 2 },
        ],
        state: { kind: 'behind', by: 1 },
        rollingOut: true,
      },
    ]);
  });

  it.each<[string, MadeWorkload]>([
    ['done', { ...old, status: { phase: 'Succeeded' } }],
    ['failed', { ...old, status: { phase: 'Failed' } }],
    ['on their way out', { ...old, deletionTimestamp: '2026-05-01T00:00:00Z' }],
  ])('does not count pods that are %s', (_, made) => {
    const objects = [deployment(current), set('app-1', old), pod('a', 'ReplicaSet/app-1', made)];
    expect(statusWith(objects).workloads).toMatchObject([
      { runs: [], state: { kind: 'current' }, rollingOut: false },
    ]);
  });

  it('is known from the pods where only they are resolved', () => {
    const asWritten = { images: { c: 'web:1' } };
    const objects = [
      deployment(asWritten),
      set('app-1', asWritten),
      pod('a', 'ReplicaSet/app-1', { ...old, annotations: record('c', pinned('web', '2')) }),
    ];
    const expected = {
      knownBy: 'record',
      image: 'web:1',
      state: { kind: 'behind', by: 1 },
      rollingOut: false,
    };
    expect(statusWith(objects).workloads).toMatchObject([expected]);
  });

  it.each<[string, readonly object[], readonly string[]]>([
    ['a pod of its own', [workloadObject('Pod', 'p', current)], ['Pod/p']],
    ['a pod whose owner is out of sight', [pod('p', 'ReplicaSet/gone', current)], ['Pod/p']],
    ['a pod that is done', [workloadObject('Pod', 'p', { ...current, status: { phase: 'Succeeded' } })], []],
    ['a job', [workloadObject('Job', 'j', current), pod('p', 'Job/j', current)], ['Job/j']],
    [
      'a job that is done',
      [
        workloadObject('Job', 'j', {
          ...current,
          status: { conditions: [{ type: 'Complete', status: 'True' }] },
        }),
      ],
      [],
    ],
    [
      'a cron job',
      [
        workloadObject('CronJob', 'n', current),
        workloadObject('Job', 'j', { ...current, owner: 'CronJob/n' }),
        pod('p', 'Job/j', current),
      ],
      ['CronJob/n'],
    ],
    ['an old ReplicaSet without its Deployment', [set('app-1', { ...current, spec: { replicas: 0 } })], []],
    ['owners in a circle', [workloadObject('Pod', 'p', { ...current, owner: 'Pod/p' })], ['Pod/p']],
  ])('lists %s', (_, objects, expected) => {
    expect(statusWith(objects).workloads.map(({ kind, name }) => `${kind}/${name}`)).toEqual(expected);
  });
});

describe('failing imports', () => {
  const from = { kind: 'DockerImage', name: 'quay.io/a/web:1' };
  const failed = {
    type: 'ImportSuccess',
    status: 'False',
    reason: 'NotFound',
    message: 'no',
    lastTransitionTime: '2026-05-31T00:00:00Z',
  };
  const failing = (specTags: readonly object[], conditions: readonly object[] = [failed]) => [
    stream('web', { spec: { tags: specTags }, status: { tags: [{ tag: '1', conditions }] } }),
  ];
  const scheduled = { name: '1', from, importPolicy: { scheduled: true } };

  it.each<[string, readonly object[], StatusFacts['importer'], readonly object[]]>([
    [
      'are told',
      failing([{ name: '1', from }]),
      'cluster',
      [
        {
          stream: 'web',
          tag: '1',
          from: from.name,
          since: '2026-05-31T00:00:00Z',
          reason: 'NotFound',
          message: 'no',
          nextTry: 'within 30 minutes',
        },
      ],
    ],
    [
      'are never tried again on OpenShift',
      failing([{ name: '1', from }]),
      'openshift',
      [{ nextTry: 'never' }],
    ],
    ['but for what is scheduled', failing([scheduled]), 'openshift', [{ nextTry: 'within 15 minutes' }]],
    ['nor on a folder', failing([scheduled]), 'directory', [{ nextTry: 'never' }]],
    ['are over with their spec tag', failing([]), 'cluster', []],
    ['are none of a reference', failing([{ name: '1', from, reference: true }]), 'cluster', []],
    [
      'are those of images that are gone',
      failing([], [{ ...failed, type: 'ImagePresent' }]),
      'cluster',
      [{ tag: '1', nextTry: 'never' }],
    ],
    [
      'are those of a repository',
      [
        stream('web', {
          spec: { dockerImageRepository: 'quay.io/a/web' },
          status: { observed: { repository: { name: 'quay.io/a/web', conditions: [failed] } } },
        }),
      ],
      'cluster',
      [{ stream: 'web', from: 'quay.io/a/web', reason: 'NotFound' }],
    ],
    [
      'are none of other namespaces',
      [
        stream('php', {
          namespace: 'base',
          spec: { tags: [{ name: '1', from }] },
          status: { tags: [{ tag: '1', conditions: [failed] }] },
        }),
      ],
      'cluster',
      [],
    ],
  ])('%s', (_, streams, importer, expected) => {
    const { failingImports } = statusWith([], { streams, importer });
    expect(failingImports).toHaveLength(expected.length);
    expect(failingImports).toMatchObject(expected);
  });

  it('stand beside scheduled tags', () => {
    const { scheduledTags } = statusWith([], { streams: failing([scheduled]) });
    expect(scheduledTags).toEqual([{ namespace: 'shop', stream: 'web', tag: '1', from: from.name }]);
  });
});
