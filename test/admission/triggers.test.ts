import { describe, expect, it, test } from '@jest/globals';
import jsonpatch from 'fast-json-patch';
import { decide } from '../../src/admission/decide.ts';
import type { AdmissionDecision } from '../../src/admission/decision.ts';
import { readReview } from '../../src/admission/review.ts';
import { resolvedImagesAnnotation } from '../../src/admission/resolved-images.ts';
import { parseConfiguration } from '../../src/config/parse.ts';
import { admissionSettings } from '../../src/config/settings.ts';
import { ObjectIndex } from '../../src/store/object-index.ts';
import { triggersAnnotation } from '../../src/trigger/annotation.ts';
import { triggerFieldManager } from '../../src/trigger/follow.ts';
import { kindNamed } from '../../src/workload/kinds.ts';
import { groupOf } from '../../src/workload/metadata.ts';
import { closedStream, digest, namespace, pinned } from '../support/objects.ts';
import { workloadObject, type MadeWorkload } from '../support/workloads.ts';

/** What `web:v1` stands for, and stood for. */
const current = pinned('web', 'b');
const earlier = pinned('web', 'a');
const foreign = pinned('other', 'f');

const moved = {
  metadata: { namespace: 'shop', name: 'web' },
  status: {
    tags: [
      {
        tag: 'v1',
        items: [
          { dockerImageReference: current, image: digest('b'), generation: 4 },
          { dockerImageReference: earlier, image: digest('a'), generation: 2 },
        ],
      },
      {
        tag: 'ref',
        items: [{ dockerImageReference: 'quay.example.com/acme/web:1', image: '', generation: 1 }],
      },
    ],
  },
};

interface Asked {
  readonly oldObject?: object;
  readonly configuration?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly phase?: 'mutate' | 'validate';
  readonly fieldManager?: string;
}

function admit(object: object, asked: Asked = {}): AdmissionDecision {
  const { oldObject, configuration = '', labels = {}, phase = 'mutate', fieldManager } = asked;
  const index = new ObjectIndex();
  // No stream is open for lookup.
  for (const stream of [moved, closedStream('base', 'web', ['v1'])]) index.put('ImageStream', stream);
  index.put('Namespace', namespace('shop', labels));
  const { apiVersion, kind } = object as { apiVersion: string; kind: string };
  const found = kindNamed(groupOf(apiVersion), kind);
  if (found === undefined) throw new Error(`${kind} is no workload`);
  const request = {
    operation: oldObject === undefined ? 'CREATE' : 'UPDATE',
    resource: { group: found.group, resource: found.resource },
    subResource: '',
    kind,
    namespace: 'shop',
    name: 'web',
    object,
    ...(oldObject && { oldObject }),
    ...(fieldManager === undefined ? {} : { fieldManager }),
  };
  const settings = admissionSettings(parseConfiguration(configuration, 'test'));
  return decide(request, phase, { images: index, namespaces: index, settings });
}

const paths: Readonly<Record<string, string>> = {
  Pod: 'spec',
  CronJob: 'spec.jobTemplate.spec.template.spec',
};
const entry = (kind: string, more: object = {}) => ({
  from: { kind: 'ImageStreamTag', name: 'web:v1' },
  fieldPath: `${paths[kind] ?? 'spec.template.spec'}.containers[?(@.name=="web")].image`,
  ...more,
});
const annotation = (...entries: readonly object[]) => ({ [triggersAnnotation]: JSON.stringify(entries) });

function workload(image: string, { annotations, ...made }: MadeWorkload = {}, kind = 'Deployment'): object {
  return workloadObject(kind, 'web', {
    images: { web: image },
    annotations: { ...annotation(entry(kind)), ...annotations },
    ...made,
  });
}
const deployments = '{group: apps, resource: deployments}';
const enforced = { annotations: { 'pinstream.dev/trigger-mode': 'enforce' } };
const without = (image: string) => workloadObject('Deployment', 'web', { images: { web: image } });
const patched = (object: object, { patch }: AdmissionDecision): object =>
  jsonpatch.applyPatch(object, [...patch], true, false).newDocument;

/** What the first container comes to, and why. */
function outcome(decision: AdmissionDecision): readonly [string | undefined, string | undefined] {
  const resolution = decision.images[0]?.resolution;
  return [resolution?.outcome === 'rewritten' ? resolution.to : resolution?.from, resolution?.reason];
}

describe('at creation a triggered container gets its tag’s image', () => {
  it.each(['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'ReplicationController', 'Pod', 'Job'])(
    '%s',
    (kind) => {
      expect(outcome(admit(workload(' ', {}, kind)))).toEqual([current, 'Trigger']);
    },
  );

  it.each([' ', 'web:v1', 'nginx', 'quay.io/other/web:9', foreign, earlier])(
    'whatever it holds: "%s"',
    (image) => {
      expect(outcome(admit(workload(image)))).toEqual([current, 'Trigger']);
    },
  );

  it('where it names no image at all', () => {
    const { spec, ...rest } = workload(' ') as { spec: { template: { spec: object } } };
    const object = {
      ...rest,
      spec: { template: { spec: { ...spec.template.spec, containers: [{ name: 'web' }] } } },
    };
    const decision = admit(object);
    expect(decision.patch[0]).toEqual({
      op: 'add',
      path: '/spec/template/spec/containers/0/image',
      value: current,
    });
    expect(decision.images[0]?.slot).toMatchObject({
      key: 'containers.0',
      field: 'spec.template.spec.containers[0].image',
    });
    expect(admit(patched(object, decision)).patch).toEqual([]);
  });

  it('says which tag, and records what it was called', () => {
    const decision = admit(workload('web:placeholder'));
    const source = { kind: 'ImageStreamTag', namespace: 'shop', name: 'web:v1', generation: 4 };
    const message = 'image stream tag shop/web:v1, generation 4, which a trigger names';
    expect(decision.images[0]?.resolution).toMatchObject({ message, source });
    const record = JSON.stringify({
      web: { from: 'web:placeholder', to: current, source, reason: 'Trigger' },
    });
    expect(decision.patch).toContainEqual(expect.objectContaining({ value: record }));
    expect(decision.warnings).toEqual([]);
  });

  it('a reference tag’s as it is written', () => {
    const from = { kind: 'ImageStreamTag', name: 'web:ref' };
    const object = workload(' ', { annotations: annotation(entry('Deployment', { from })) });
    expect(outcome(admit(object))).toEqual(['quay.example.com/acme/web:1', 'Trigger']);
    expect(admit(patched(object, admit(object))).patch).toEqual([]);
  });

  it.each<[string, MadeWorkload]>([
    ['its trigger is paused', { annotations: annotation(entry('Deployment', { paused: true })) }],
    [
      'its tag stands for nothing yet',
      { annotations: annotation(entry('Deployment', { from: { kind: 'ImageStreamTag', name: 'web:v2' } })) },
    ],
    ['an annotation asks to skip the object', { annotations: { 'pinstream.dev/skip': 'true' } }],
    ['an annotation asks to skip the container', { annotations: { 'pinstream.dev/skip-containers': 'web' } }],
    ['a controller manages it', { owner: 'Operator/op' }],
  ])('but not where %s', (_title, made) => {
    expect(outcome(admit(workload('nginx', made)))[0]).toBe('nginx');
  });

  it.each(['ReplicaSet', 'DeploymentConfig'])('but not of a %s', (kind) => {
    expect(outcome(admit(workload('nginx', {}, kind)))[0]).toBe('nginx');
  });

  it.each<[string, Asked]>([
    ['is exempt', { configuration: 'lookup: {exemptNamespaces: [shop]}' }],
    ['has lookup disabled', { labels: { 'pinstream.dev/image-lookup': 'disabled' } }],
    [
      'has images that the policy does not resolve',
      {
        configuration: `imagePolicy: {resolutionRules: [{targetResource: ${deployments}, policy: DoNotAttempt}]}`,
      },
    ],
  ])('but not where the namespace %s', (_title, asked) => {
    expect(outcome(admit(workload('nginx'), asked))[0]).toBe('nginx');
  });

  it('though the namespace asks only registries', () => {
    const labels = { 'pinstream.dev/image-lookup': 'fallback' };
    expect(outcome(admit(workload('nginx'), { labels }))).toEqual([current, 'Trigger']);
  });

  it('and validation rewrites nothing', () => {
    const decision = admit(workload('nginx'), { phase: 'validate' });
    expect(decision).toMatchObject({ patch: [], warnings: [] });
    expect(outcome(decision)[0]).toBe('nginx');
  });
});

describe('rules judge what a trigger writes', () => {
  it.each([
    ['a blocked registry', 'registrySources: {blockedRegistries: [quay.example.com]}', 'RegistryBlocked'],
    [
      'an execution rule',
      `imagePolicy: {executionRules: [{name: no, reject: true, onResources: [${deployments}], matchRegistries: [quay.example.com]}]}`,
      'ExecutionRule',
    ],
  ])('%s', (_title, configuration, reason) => {
    const decision = admit(workload('nginx'), { configuration });
    expect(decision.denial?.code).toBe(422);
    expect(decision.images[0]?.resolution.reason).toBe(reason);
  });

  it('and not the placeholder that is gone', () => {
    const configuration =
      'registrySources: {blockedRegistries: [docker.io]}\nimagePolicy: {resolveImages: Required}';
    expect(outcome(admit(workload('nginx'), { configuration }))).toEqual([current, 'Trigger']);
  });
});

describe('a stream of another namespace', () => {
  const from = { kind: 'ImageStreamTag', name: 'web:v1', namespace: 'base' };
  const made = { annotations: annotation(entry('Deployment', { from })) };
  const search = 'registrySources: {containerRuntimeSearchRegistries: [docker.io]}';

  it.each([
    ['a placeholder is left to the controller, which may ask who is allowed', 'web:v1', 'Trigger'],
    ['a digest stays', foreign, 'AlreadyPinned'],
  ])('%s', (_title, image, reason) => {
    const decision = admit(workload(image, made), {
      labels: { 'pinstream.dev/image-lookup': 'all' },
      configuration: search,
    });
    expect(outcome(decision)).toEqual([image, reason]);
    expect(decision.patch).toEqual([]);
  });
});

describe('on an update', () => {
  const stored = (image: string, made: MadeWorkload = {}) => workload(image, made);

  it.each<[string, string, string, MadeWorkload, string, string]>([
    ['a re-applied placeholder gets the tag’s image', current, 'web:v1', {}, current, 'Trigger'],
    ['also after a rollback', earlier, 'web:v1', {}, current, 'Trigger'],
    ['an image that stays is left alone', earlier, earlier, {}, earlier, 'UnchangedOnUpdate'],
    ['a rollback stays', current, earlier, {}, earlier, 'AlreadyPinned'],
    ['another image of a person stays', current, foreign, {}, foreign, 'AlreadyPinned'],
    ['enforced: a rollback is written back', current, earlier, enforced, current, 'Trigger'],
    [
      'enforced: an image that stays is left to the controller',
      earlier,
      earlier,
      enforced,
      earlier,
      'UnchangedOnUpdate',
    ],
    ['the tag’s image itself is right', earlier, current, {}, current, 'Trigger'],
  ])('%s', (_title, old, image, made, to, reason) => {
    expect(outcome(admit(workload(image, made), { oldObject: stored(old, made) }))).toEqual([to, reason]);
  });

  it.each<[string, object, object, string]>([
    ['a new trigger acts at once', without(foreign), workload(foreign), current],
    ['also with another image', without('nginx'), workload(foreign), current],
    [
      'a trigger that is no longer paused acts at once',
      workload(foreign, { annotations: annotation(entry('Deployment', { paused: true })) }),
      workload(foreign),
      current,
    ],
    [
      '"rollout undo" brings an old annotation back with an old image',
      workload(current, { annotations: annotation(entry('Deployment', { extra: 1 })) }),
      workload(earlier),
      earlier,
    ],
    [
      'a trigger that is taken away does nothing',
      workload(current),
      without('quay.io/other/web:9'),
      'quay.io/other/web:9',
    ],
  ])('%s', (_title, oldObject, object, to) => {
    expect(outcome(admit(object, { oldObject }))[0]).toBe(to);
  });

  it.each([
    ['a move that is not known here yet', pinned('web', 'c'), 'AlreadyPinned'],
    ['the same of a reference tag', 'quay.example.com/acme/web:2', 'Trigger'],
  ])('the controller is not corrected: %s', (_title, image, reason) => {
    const asked = { oldObject: stored(current, enforced), fieldManager: triggerFieldManager };
    expect(outcome(admit(workload(image, enforced), asked))).toEqual([image, reason]);
  });

  it('a Job that is applied again keeps what its trigger gave it', () => {
    const manifest = workload('web:placeholder', {}, 'Job');
    const oldObject = patched(manifest, admit(manifest));
    expect(outcome(admit(manifest, { oldObject }))).toEqual([current, 'ImmutableKind']);
    expect(outcome(admit(workload(foreign, {}, 'Job'), { oldObject }))[0]).toBe(foreign);
  });
});

test.each<[string, object, Asked]>([
  ['a creation', workload('nginx'), {}],
  ['an enforced creation', workload(earlier, enforced), {}],
  ['an update', workload('web:v1'), { oldObject: workload(earlier) }],
  ['a new trigger', workload(foreign), { oldObject: without(foreign) }],
])('deciding twice is deciding once: %s', (_title, object, asked) => {
  const once = patched(object, admit(object, asked));
  expect(JSON.stringify(once)).toContain(resolvedImagesAnnotation);
  expect(admit(once, asked).patch).toEqual([]);
});

describe('triggers that cannot be followed', () => {
  const missing = entry('Deployment', { fieldPath: 'spec.template.spec.containers[?(@.name=="db")].image' });
  const bad = { annotations: annotation(missing) };
  const field = `metadata.annotations[${triggersAnnotation}][0].fieldPath`;
  const message =
    'no such container: spec.template.spec.containers[?(@.name=="db")].image; write spec.template.spec.containers[?(@.name=="NAME")].image, with a name of: web';

  it.each(['mutate', 'validate'] as const)('are refused with their place: %s', (phase) => {
    const { denial, patch } = admit(workload('nginx', bad), { phase });
    expect(patch).toEqual([]);
    expect(denial).toEqual({
      code: 422,
      reason: 'Invalid',
      message: `image triggers cannot be followed: ${field}: ${message}`,
      causes: [{ reason: 'FieldValueInvalid', field, message }],
    });
  });

  it('are refused together with an image that is', () => {
    const configuration = 'registrySources: {blockedRegistries: [docker.io]}';
    const { denial } = admit(workload('nginx', bad), { configuration });
    expect(denial?.causes.map(({ reason }) => reason)).toEqual(['FieldValueInvalid', 'FieldValueForbidden']);
    expect(denial?.message).toContain('; container "web", image "nginx"');
  });

  it('are warned about where that is configured, once', () => {
    const configuration = 'triggers: {onInvalid: warn}';
    const { denial, warnings } = admit(workload('nginx', bad), { configuration });
    expect(denial).toBeUndefined();
    expect(warnings).toEqual([
      expect.stringMatching(/^triggers\[0\]\.fieldPath: no such container: .{60,}…$/),
    ]);
    expect(admit(workload('nginx', bad), { configuration, phase: 'validate' }).warnings).toEqual([]);
  });

  it('do not stop the others where that is configured', () => {
    const annotations = annotation(missing, entry('Deployment'));
    const decision = admit(workload('nginx', { annotations }), {
      configuration: 'triggers: {onInvalid: warn}',
    });
    expect(outcome(decision)).toEqual([current, 'Trigger']);
  });

  it('of many a few are listed', () => {
    const entries = Array.from({ length: 30 }, (_, index) => ({ ...missing, fieldPath: `nowhere${index}` }));
    const { denial } = admit(workload('nginx', { annotations: annotation(...entries) }));
    expect(denial?.causes).toHaveLength(10);
    expect(denial?.message).toMatch(/\(and 29 more\)$/);
  });

  it.each<[string, object, object, boolean]>([
    ['a changed annotation', without('nginx'), workload('nginx', bad), true],
    [
      'a container that was renamed',
      workload('nginx'),
      workload('nginx', { images: { api: 'nginx' } }),
      true,
    ],
    [
      'a label of one that was stored so',
      workload('nginx', bad),
      workload('nginx', { ...bad, spec: { replicas: 2 } }),
      false,
    ],
    ['another image in one that was stored so', workload('nginx', bad), workload(foreign, bad), false],
    [
      'a container more in one that was stored so',
      workload('nginx', bad),
      workload('nginx', { ...bad, images: { web: 'nginx', side: 'a' } }),
      false,
    ],
    [
      'a second mistake',
      workload('nginx', bad),
      workload('nginx', { annotations: annotation(missing, { ...missing, fieldPath: '' }) }),
      true,
    ],
    ['the correction', workload('nginx', bad), workload('nginx'), false],
  ])('on an update only what is new counts: %s', (_title, oldObject, object, denied) => {
    for (const phase of ['mutate', 'validate'] as const) {
      expect(admit(object, { oldObject, phase }).denial !== undefined).toBe(denied);
    }
  });

  it.each<[string, object, object | undefined, number]>([
    [
      'at creation',
      workload(current, { annotations: { 'pinstream.dev/trigger-mode': 'always' } }),
      undefined,
      1,
    ],
    [
      'not each time',
      workload(current, { annotations: { 'pinstream.dev/trigger-mode': 'always' } }),
      workload(current, { annotations: { 'pinstream.dev/trigger-mode': 'always' } }),
      0,
    ],
    ['not where it is known', workload(current, enforced), undefined, 0],
  ])('an unknown mode is warned about: %s', (_title, object, oldObject, count) => {
    const { warnings, denial } = admit(object, { ...(oldObject && { oldObject }) });
    expect(denial).toBeUndefined();
    expect(warnings).toHaveLength(count);
  });
});

it.each([
  [{ options: { fieldManager: triggerFieldManager } }, triggerFieldManager],
  [{ options: null }, undefined],
  [{}, undefined],
])('a review says who writes: %j', (more, fieldManager) => {
  const request = { uid: '1', operation: 'UPDATE', resource: { resource: 'pods' }, ...more };
  const review = readReview({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request });
  expect(review.ok && review.request.fieldManager).toBe(fieldManager);
});
