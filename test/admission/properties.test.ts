import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import jsonpatch from 'fast-json-patch';
import { decide } from '../../src/admission/decide.ts';
import { readReview, reviewVersion } from '../../src/admission/review.ts';
import { workloadReview } from '../../src/admission/review-members.ts';
import { resolvedImagesAnnotation } from '../../src/admission/resolved-images.ts';
import type { AdmissionContext } from '../../src/admission/settings.ts';
import { parseConfiguration } from '../../src/config/parse.ts';
import { admissionSettings } from '../../src/config/settings.ts';
import { pruner } from '../../src/json/prune.ts';
import { imagesOf } from '../../src/workload/images.ts';
import { workloadKinds, type WorkloadKind } from '../../src/workload/kinds.ts';
import { triggersAnnotation } from '../../src/trigger/annotation.ts';
import { triggerModeAnnotation } from '../../src/trigger/mode.ts';
import { ObjectIndex } from '../../src/store/object-index.ts';

const internal = 'registry.internal.example:5000';
const letter = fc.constantFrom('a', 'b', 'c', 'd');
const name = fc.constantFrom('app', 'web', 'base');
const tag = fc.constantFrom('v1', 'v2', 'latest');

/** References of all forms, most of which some stream concerns. */
const image = fc.oneof(
  fc.tuple(name, tag).map(([stream, version]) => `${stream}:${version}`),
  name,
  fc.tuple(name, tag).map(([stream, version]) => `${internal}/shop/${stream}:${version}`),
  fc.tuple(name, tag).map(([stream, version]) => `quay.io/acme/${stream}:${version}`),
  fc.tuple(name, letter).map(([stream, digit]) => `${stream}@sha256:${digit.repeat(64)}`),
  fc.constantFrom('', ' ', 'UPPER:1', 'docker.io/library/app:v1', 'my.app:v1', 'a/b/c:v1'),
);

const stream = fc.record({
  apiVersion: fc.constant('image.openshift.io/v1'),
  kind: fc.constant('ImageStream'),
  metadata: fc.record({ namespace: fc.constantFrom('shop', 'other'), name }),
  spec: fc.record({
    lookupPolicy: fc.record({ local: fc.boolean() }),
    tags: fc.uniqueArray(
      fc.record({ name: tag, referencePolicy: fc.record({ type: fc.constantFrom('Source', 'Local') }) }),
      { selector: (entry) => entry.name },
    ),
  }),
  status: fc.record(
    {
      dockerImageRepository: fc.constantFrom('', `${internal}/shop/app`),
      tags: fc.uniqueArray(
        fc.record({
          tag,
          items: fc.array(
            letter.map((digit) => ({
              image: `sha256:${digit.repeat(64)}`,
              dockerImageReference: `quay.io/acme/app@sha256:${digit.repeat(64)}`,
            })),
            { maxLength: 2 },
          ),
        }),
        { selector: (entry) => entry.tag },
      ),
    },
    { requiredKeys: ['tags'] },
  ),
});

const context: fc.Arbitrary<AdmissionContext> = fc
  .tuple(fc.array(stream, { maxLength: 4 }), fc.constantFrom('Attempt', 'AttemptRewrite'))
  .map(([streams, resolveImages]) => {
    const index = new ObjectIndex();
    for (const entry of streams) index.put('ImageStream', entry);
    const file = `{internalRegistryHostname: "${internal}", imagePolicy: {resolveImages: ${resolveImages}}, triggers: {onInvalid: warn}}`;
    return {
      images: index,
      namespaces: index,
      settings: admissionSettings(parseConfiguration(file, 'test')),
    };
  });

const podSpec = fc.record({
  initContainers: fc.array(image, { maxLength: 2 }).map((images) => named('i', images)),
  containers: fc.array(image, { minLength: 1, maxLength: 3 }).map((images) => named('c', images)),
  volumes: fc
    .array(image, { maxLength: 2 })
    .map((images) => images.map((reference, at) => ({ name: `v${at}`, image: { reference } }))),
});

function named(prefix: string, images: readonly string[]): object[] {
  return images.map((value, at) => ({
    name: `${prefix}${at}`,
    image: value,
    resources: { limits: { cpu: 1 } },
  }));
}

/** What the annotation that forces lookup is excluded for is told below. */
const annotations = fc.dictionary(
  fc.constantFrom('team', 'pinstream.dev/skip-containers', resolvedImagesAnnotation),
  fc.constantFrom('c0', '{}', 'nonsense', '{"c0":{"from":"x","to":"y","reason":"Skipped"}}'),
);

/** Triggers for some of the containers, some of which lead nowhere; in the kind of most workloads. */
const triggers = fc
  .uniqueArray(
    fc.record({
      from: fc.record({
        kind: fc.constant('ImageStreamTag'),
        name: fc.tuple(name, tag).map(([stream, version]) => `${stream}:${version}`),
        namespace: fc.constantFrom('', 'shop', 'other'),
      }),
      fieldPath: fc
        .tuple(fc.constantFrom('containers', 'initContainers'), fc.integer({ min: 0, max: 2 }))
        .map(([list, index]) => `spec.template.spec.${list}[${index}].image`),
      paused: fc.boolean(),
    }),
    { maxLength: 4, selector: ({ fieldPath }) => fieldPath },
  )
  .map((entries) => ({ [triggersAnnotation]: JSON.stringify(entries) }));

const triggered = fc
  .tuple(annotations, triggers, fc.constantFrom('enforce', 'on-move'))
  .map(([own, wanted, mode]) => ({ ...own, ...wanted, [triggerModeAnnotation]: mode }));

const kinds = workloadKinds.filter(({ build, resource }) => build !== true && resource !== 'podtemplates');

const subject = fc
  .tuple(fc.constantFrom(...kinds), podSpec, fc.oneof(fc.option(annotations, { nil: undefined }), triggered))
  .map(([kind, spec, own]) => ({ kind, object: objectOf(kind, spec, own) }));

function objectOf(kind: WorkloadKind, spec: object, own: object | undefined): object {
  const inner = (kind.template ?? []).toReversed();
  const pod: object = inner.reduce<object>((value, step) => ({ [step]: value }), { spec });
  return {
    kind: kind.kind,
    metadata: { name: 'x', namespace: 'shop', ...(own && { annotations: own }) },
    ...pod,
  };
}

function requestOf(kind: WorkloadKind, object: unknown) {
  const { group, resource } = kind;
  const operation = 'CREATE';
  return {
    operation,
    resource: { group, resource },
    subResource: '',
    kind: kind.kind,
    namespace: 'shop',
    name: 'x',
    object,
  };
}

const patched = (object: object, patch: readonly object[]): object =>
  jsonpatch.applyPatch(object, [...patch] as jsonpatch.Operation[], true, false).newDocument;

/** The object with every image and our annotation taken out. */
function withoutImages(kind: WorkloadKind, object: object): object {
  const copy = structuredClone(object) as { metadata: { annotations?: Record<string, string> } };
  const blank = imagesOf(kind, copy).map(({ pointer }) => ({ op: 'replace', path: pointer, value: '' }));
  delete copy.metadata.annotations?.[resolvedImagesAnnotation];
  if (Object.keys(copy.metadata.annotations ?? {}).length === 0) delete copy.metadata.annotations;
  return patched(copy, blank);
}

describe('for any streams and any object', () => {
  test('a patch changes images and our annotation, and nothing else', () => {
    fc.assert(
      fc.property(context, subject, (world, { kind, object }) => {
        const { patch } = decide(requestOf(kind, object), 'mutate', world);
        expect(withoutImages(kind, patched(object, patch))).toEqual(withoutImages(kind, object));
      }),
    );
  });

  test('deciding twice is deciding once: a patched object has no patch', () => {
    fc.assert(
      fc.property(context, subject, (world, { kind, object }) => {
        const once = patched(object, decide(requestOf(kind, object), 'mutate', world).patch);
        expect(decide(requestOf(kind, once), 'mutate', world).patch).toEqual([]);
      }),
    );
  });

  test('a pruned review comes to the same decision', () => {
    const prune = pruner(workloadReview);
    fc.assert(
      fc.property(context, subject, podSpec, (world, { kind, object }, spec) => {
        const { operation, resource, subResource, namespace, name: own } = requestOf(kind, object);
        const oldObject = objectOf(kind, spec, undefined);
        const request = {
          uid: 'x',
          operation,
          resource,
          subResource,
          namespace,
          name: own,
          object,
          oldObject,
        };
        const json = JSON.stringify({ kind: 'AdmissionReview', apiVersion: reviewVersion, request });
        const decided = (text: string) => {
          const review = readReview(JSON.parse(text));
          if (!review.ok) throw new Error(review.message);
          const { images, patch, warnings, denial } = decide(review.request, 'mutate', world);
          return { images, patch, warnings, denial };
        };
        expect(decided(prune(Buffer.from(json)))).toEqual(decided(json));
      }),
    );
  });

  test('the same of updates', () => {
    fc.assert(
      fc.property(context, subject, podSpec, (world, { kind, object }, spec) => {
        const { annotations: own } = (object as { metadata: { annotations?: object } }).metadata;
        const update = (next: object) => ({
          ...requestOf(kind, next),
          operation: 'UPDATE',
          oldObject: objectOf(kind, spec, own),
        });
        const once = patched(object, decide(update(object), 'mutate', world).patch);
        expect(decide(update(once), 'mutate', world).patch).toEqual([]);
      }),
    );
  });

  test('what is rewritten is pinned, unless the tag has no image', () => {
    fc.assert(
      fc.property(context, subject, (world, { kind, object }) => {
        for (const { resolution } of decide(requestOf(kind, object), 'mutate', world).images) {
          if (resolution.outcome !== 'rewritten' || resolution.reason === 'ImageStreamTagMissing') continue;
          expect(resolution.to).toMatch(/@sha256:[0-9a-f]{64}$/);
        }
      }),
    );
  });

  test('validation changes nothing, and refuses nothing that mutation let through', () => {
    fc.assert(
      fc.property(context, subject, (world, { kind, object }) => {
        const once = patched(object, decide(requestOf(kind, object), 'mutate', world).patch);
        expect(decide(requestOf(kind, once), 'validate', world)).toMatchObject({ patch: [], warnings: [] });
        expect(decide(requestOf(kind, once), 'validate', world).denial).toBeUndefined();
      }),
    );
  });
});

test('no object whatever makes it throw', () => {
  const anything = fc.jsonValue({ maxDepth: 6 });
  fc.assert(
    fc.property(
      context,
      fc.constantFrom(...workloadKinds),
      anything,
      anything,
      (world, kind, object, oldObject) => {
        for (const operation of ['CREATE', 'UPDATE', 'DELETE']) {
          for (const subResource of ['', 'ephemeralcontainers', 'status']) {
            decide({ ...requestOf(kind, object), operation, subResource, oldObject }, 'mutate', world);
          }
        }
      },
    ),
  );
});
