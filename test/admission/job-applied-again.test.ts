import { describe, expect, test } from '@jest/globals';
import jsonpatch from 'fast-json-patch';
import { decide } from '../../src/admission/decide.ts';
import { admissionSettings } from '../../src/config/settings.ts';
import { parseConfiguration } from '../../src/config/parse.ts';
import { ObjectIndex } from '../../src/store/object-index.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const pinned = (letter: string) => `quay.io/acme/app@${digest(letter)}`;

/** A cluster whose stream `app` has the tag `v1` at the image of that letter. */
function context(letter: string) {
  const index = new ObjectIndex();
  index.put('ImageStream', {
    metadata: { namespace: 'shop', name: 'app' },
    spec: { lookupPolicy: { local: true } },
    status: {
      tags: [{ tag: 'v1', items: [{ image: digest(letter), dockerImageReference: pinned(letter) }] }],
    },
  });
  return { images: index, namespaces: index, settings: admissionSettings(parseConfiguration('', 'test')) };
}

const job = (image: string, annotations: object = {}) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'once', namespace: 'shop', annotations },
  spec: { template: { spec: { containers: [{ name: 'app', image }] } } },
});

function admit(object: object, oldObject: object | undefined, letter: string): ReturnType<typeof job> {
  const request = {
    operation: oldObject === undefined ? 'CREATE' : 'UPDATE',
    resource: { group: 'batch', resource: 'jobs' },
    subResource: '',
    kind: 'Job',
    namespace: 'shop',
    name: 'once',
    object,
    oldObject,
  };
  const { patch } = decide(request, 'mutate', context(letter));
  return jsonpatch.applyPatch(object, [...patch], true, false).newDocument as ReturnType<typeof job>;
}

const imageOf = (object: ReturnType<typeof job>) => object.spec.template.spec.containers[0]?.image;

describe('applying the manifest of a Job again', () => {
  const created = admit(job('app:v1'), undefined, 'a');

  test.each([
    ['the tag has not moved', 'a'],
    ['the tag has moved', 'b'],
  ])('%s: keeps the Job as it was created, record and all', (_title, letter) => {
    expect(imageOf(created)).toBe(pinned('a'));
    expect(admit(job('app:v1', created.metadata.annotations), created, letter)).toEqual(created);
  });

  test.each([
    ['another tag', job('app:v2', created.metadata.annotations), created],
    ['a Job that was stored before there was a record', job('app:v1'), job(pinned('a'))],
    [
      'the Job asks to be skipped',
      job('app:v1', { ...created.metadata.annotations, 'pinstream.dev/skip': 'true' }),
      created,
    ],
  ])('%s: left alone, for the API server to judge', (_title, applied, stored) => {
    expect(imageOf(admit(applied, stored, 'a'))).toBe(imageOf(applied));
  });
});
