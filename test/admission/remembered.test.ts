import { describe, expect, test } from '@jest/globals';
import { decide } from '../../src/admission/decide.ts';
import type { AdmissionDecision } from '../../src/admission/decision.ts';
import type { AdmissionRequest, Phase } from '../../src/admission/request.ts';
import { resolvedImagesAnnotation } from '../../src/admission/resolved-images.ts';
import type { AdmissionContext } from '../../src/admission/settings.ts';
import { parseConfiguration } from '../../src/config/parse.ts';
import { admissionSettings } from '../../src/config/settings.ts';
import { ObjectIndex } from '../../src/store/object-index.ts';
import type { StoreKind } from '../../src/store/object-sink.ts';
import { reviewAnswer } from '../../src/webhook/review.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const internal = 'registry.internal.example:5000';

interface Stream {
  readonly open?: boolean;
  readonly letters?: readonly string[];
  readonly policy?: 'Source' | 'Local';
  readonly annotations?: Readonly<Record<string, string>>;
  readonly repository?: string;
}

function stream(name: string, facts: Stream = {}): object {
  const { open = true, letters = ['a'], policy = 'Source', annotations = {}, repository } = facts;
  return {
    metadata: { namespace: 'shop', name },
    spec: {
      lookupPolicy: { local: open },
      tags: [{ name: 'v1', annotations, referencePolicy: { type: policy } }],
    },
    status: {
      ...(repository !== undefined && { dockerImageRepository: repository }),
      tags: [
        {
          tag: 'v1',
          items: letters.map((letter, at) => ({
            image: digest(letter),
            dockerImageReference: `quay.io/acme/${name}@${digest(letter)}`,
            generation: letters.length - at,
          })),
        },
      ],
    },
  };
}

/** What a cluster holds; the last of a kind and name counts. */
type Objects = readonly (readonly [kind: StoreKind, object: object])[];

const before: Objects = [
  ['ImageStream', stream('app')],
  ['ImageStream', stream('proxy', { letters: ['b'] })],
  ['Namespace', { metadata: { name: 'shop' } }],
];
const plain = `{internalRegistryHostname: ""}`;
const rules = (rule: string) =>
  `{imagePolicy: {resolveImages: Attempt, executionRules: [{name: no, reject: true, onResources: [{resource: pods}], ${rule}}]}}`;

function pod(change: { readonly [key: string]: unknown; readonly containers?: object[] } = {}): object {
  const { containers, ...metadata } = change;
  return {
    metadata: { name: 'web', namespace: 'shop', ...metadata },
    spec: {
      containers: containers ?? [
        { name: 'app', image: 'app:v1' },
        { name: 'proxy', image: 'proxy:v1' },
      ],
    },
  };
}

const request = (object: object, more: Partial<AdmissionRequest> = {}): AdmissionRequest => ({
  operation: 'CREATE',
  resource: { group: '', resource: 'pods' },
  subResource: '',
  kind: 'Pod',
  namespace: 'shop',
  name: 'web',
  object,
  oldObject: null,
  ...more,
});

interface World {
  readonly objects: Objects;
  readonly configuration: string;
  readonly request: AdmissionRequest;
  readonly phase: Phase;
}

const world: World = { objects: before, configuration: plain, request: request(pod()), phase: 'mutate' };

function contextOf(index: ObjectIndex, configuration: string): AdmissionContext {
  const settings = admissionSettings(parseConfiguration(configuration, 'test'));
  return { images: index, namespaces: index, settings };
}

function answered(asked: AdmissionRequest, decision: AdmissionDecision): unknown {
  return JSON.parse(reviewAnswer('uid', asked, decision));
}

/** The change of each row changes the decision, or the row could not fail. */
const changes: readonly (readonly [what: string, change: Partial<World>])[] = [
  ['the tag moves', { objects: [['ImageStream', stream('app', { letters: ['c', 'a'] })]] }],
  [
    'the tag of the second image moves',
    { objects: [['ImageStream', stream('proxy', { letters: ['c', 'b'] })]] },
  ],
  ['the stream closes', { objects: [['ImageStream', stream('app', { open: false })]] }],
  ['the tag loses its image', { objects: [['ImageStream', stream('app', { letters: [] })]] }],
  [
    'the reference policy becomes Local',
    {
      objects: [['ImageStream', stream('app', { policy: 'Local', repository: `${internal}/shop/app` })]],
    },
  ],
  [
    'the namespace disables lookup',
    {
      objects: [
        ['Namespace', { metadata: { name: 'shop', labels: { 'pinstream.dev/image-lookup': 'disabled' } } }],
      ],
    },
  ],
  ['a registry is blocked', { configuration: '{registrySources: {blockedRegistries: [quay.io]}}' }],
  [
    'the image policy changes',
    { configuration: '{imagePolicy: {resolveImages: DoNotAttempt, resolutionRules: []}}' },
  ],
  [
    'an execution rule refuses a label that the Image gets',
    {
      objects: [['Image', { metadata: { name: digest('a'), labels: { bad: 'yes' } } }]],
      configuration: rules('matchImageLabels: [{matchLabels: {bad: "yes"}}]'),
    },
  ],
  [
    'a container has another name',
    {
      request: request(
        pod({
          containers: [
            { name: 'other', image: 'app:v1' },
            { name: 'proxy', image: 'proxy:v1' },
          ],
        }),
      ),
    },
  ],
  [
    'the images change places',
    {
      request: request(
        pod({
          containers: [
            { name: 'app', image: 'proxy:v1' },
            { name: 'proxy', image: 'app:v1' },
          ],
        }),
      ),
    },
  ],
  ['there is one image less', { request: request(pod({ containers: [{ name: 'app', image: 'app:v1' }] })) }],
  ['the object has annotations', { request: request(pod({ annotations: { team: 'web' } })) }],
  [
    'an annotation skips a container',
    { request: request(pod({ annotations: { 'pinstream.dev/skip-containers': 'app' } })) },
  ],
  [
    'the object carries a record',
    { request: request(pod({ annotations: { [resolvedImagesAnnotation]: '{}' } })) },
  ],
  [
    'the stored object carries a record',
    {
      request: request(pod(), {
        operation: 'UPDATE',
        oldObject: pod({
          annotations: {
            [resolvedImagesAnnotation]: '{"proxy":{"from":"x","to":"proxy:v1","reason":"ImageStreamTag"}}',
          },
          containers: [{ name: 'proxy', image: 'proxy:v1' }],
        }),
      }),
    },
  ],
  [
    'the object has no metadata',
    { request: request({ spec: { containers: [{ name: 'app', image: 'app:v1' }] } }) },
  ],
  [
    'it is another kind',
    {
      request: request(
        { metadata: {}, spec: { template: pod() } },
        { resource: { group: 'apps', resource: 'deployments' }, kind: 'Deployment' },
      ),
    },
  ],
  ['it is the validating webhook', { phase: 'validate' }],
];

describe('what was decided once is decided anew when', () => {
  test.each(changes)('%s', (_what, change) => {
    const after: World = { ...world, ...change, objects: change.objects ?? [] };
    const index = new ObjectIndex();
    for (const [kind, object] of before) index.put(kind, object);
    const context = contextOf(index, world.configuration);
    const first = answered(world.request, decide(world.request, 'mutate', context));
    for (const [kind, object] of after.objects) index.put(kind, object);
    const changed = change.configuration === undefined ? context : contextOf(index, change.configuration);
    const second = answered(after.request, decide(after.request, after.phase, changed));

    const fresh = new ObjectIndex();
    for (const [kind, object] of [...before, ...after.objects]) fresh.put(kind, object);
    const expected = decide(after.request, after.phase, contextOf(fresh, after.configuration));
    expect(second).toEqual(answered(after.request, expected));
    expect(second).not.toEqual(first);
  });

  test('an Image gets the label that a rule refuses', () => {
    const index = new ObjectIndex();
    for (const [kind, object] of before) index.put(kind, object);
    const context = contextOf(index, rules('matchImageLabels: [{matchLabels: {bad: "yes"}}]'));
    const denied = () => decide(world.request, 'mutate', context).denial !== undefined;
    expect(denied()).toBe(false);
    index.put('Image', { metadata: { name: digest('a'), labels: { bad: 'yes' } } });
    expect(denied()).toBe(true);
  });

  test('the namespace ignores the rule that refused', () => {
    const index = new ObjectIndex();
    for (const [kind, object] of before) index.put(kind, object);
    const context = contextOf(index, rules('matchRegistries: [quay.io]'));
    const denied = () => decide(world.request, 'mutate', context).denial !== undefined;
    expect(denied()).toBe(true);
    const annotations = { 'alpha.image.policy.openshift.io/ignore-rules': 'no' };
    index.put('Namespace', { metadata: { name: 'shop', annotations } });
    expect(denied()).toBe(false);
  });
});

test('each review is answered with its own uid, whatever is remembered', () => {
  const index = new ObjectIndex();
  for (const [kind, object] of before) index.put(kind, object);
  const context = contextOf(index, plain);
  const uidOf = (uid: string): unknown =>
    JSON.parse(reviewAnswer(uid, world.request, decide(world.request, 'mutate', context)));
  expect(['one', 'two'].map(uidOf)).toEqual([
    expect.objectContaining({ response: expect.objectContaining({ uid: 'one' }) }),
    expect.objectContaining({ response: expect.objectContaining({ uid: 'two' }) }),
  ]);
});

test('Pods with the same images in the same places share a decision', () => {
  const index = new ObjectIndex();
  for (const [kind, object] of before) index.put(kind, object);
  const context = contextOf(index, plain);
  const other = request(pod({ name: 'another', labels: { team: 'web' } }));
  expect(decide(other, 'mutate', context)).toBe(decide(world.request, 'mutate', context));
});
