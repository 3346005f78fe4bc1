import { describe, expect, test } from '@jest/globals';
import { askedObject } from '../../src/admission/asked-object.ts';
import { namespacesAsked } from '../../src/report/streams-asked.ts';
import { digest } from '../support/objects.ts';

const pod = (image: string, namespace = 'shop') => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace },
  spec: { containers: [{ name: 'c', image }] },
});
const build = (from: object) => ({
  apiVersion: 'build.openshift.io/v1',
  kind: 'Build',
  metadata: { namespace: 'shop' },
  spec: { strategy: { dockerStrategy: { from } } },
});

async function asked(objects: readonly object[]) {
  const readings = objects.map((object) => askedObject(object, 'default'));
  const questions: string[] = [];
  const namespaces = await namespacesAsked(
    readings.flatMap((reading) => (reading.ok ? [reading.asked] : [])),
    () => {
      questions.push('host');
      return Promise.resolve('registry.internal:5000');
    },
  );
  return { namespaces, questions: questions.length };
}

describe('the namespaces whose streams may be asked', () => {
  test.each<[string, object[], string[], number]>([
    ['those of the objects, each once', [pod('app'), pod('web'), pod('app', 'crew')], ['crew', 'shop'], 0],
    ['none of objects without images', [{ apiVersion: 'v1', kind: 'ConfigMap' }], [], 0],
    [
      'that of a pull spec of the internal registry',
      [pod('registry.internal:5000/crew/app:v1')],
      ['crew', 'shop'],
      1,
    ],
    ['none of other registries', [pod('quay.io/crew/app:v1')], ['shop'], 1],
    ['none of what names a digest', [pod(`registry.internal:5000/crew/app@${digest('1')}`)], ['shop'], 0],
    [
      'that of a build reference',
      [build({ kind: 'ImageStreamTag', name: 'app:v1', namespace: 'crew' })],
      ['crew', 'shop'],
      0,
    ],
    [
      'its own of a build reference without one',
      [build({ kind: 'ImageStreamTag', name: 'app:v1' })],
      ['shop'],
      0,
    ],
  ])('%s', async (_what, objects, namespaces, questions) => {
    expect(await asked(objects)).toEqual({ namespaces, questions });
  });
});
