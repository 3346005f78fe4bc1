import { describe, expect, it } from '@jest/globals';
import { triggersAnnotation } from '../../src/trigger/annotation.ts';
import { followTriggers, triggerProblems } from '../../src/trigger/follow.ts';
import { triggerModeAnnotation } from '../../src/trigger/mode.ts';
import { workloadKinds } from '../../src/workload/kinds.ts';
import { workloadObject } from '../support/workloads.ts';

const [deployments] = workloadKinds.filter(({ kind }) => kind === 'Deployment');
if (deployments === undefined) throw new Error('no Deployments');

const from = { kind: 'ImageStreamTag', name: 'web:v1' };
const fieldPath = 'spec.template.spec.containers[?(@.name=="web")].image';
const wayOut = `write spec.template.spec.containers[?(@.name=="NAME")].image, with a name of: web`;
const place = `metadata.annotations[${triggersAnnotation}]`;

const annotated = (annotations: Readonly<Record<string, string>>) =>
  workloadObject('Deployment', 'web', { images: { web: ' ' }, annotations });
const problemsOf = (annotation: string) =>
  triggerProblems(deployments, annotated({ [triggersAnnotation]: annotation }));

describe('what is wrong with an annotation is told with its place', () => {
  it.each<[string, unknown, string, string]>([
    ['no list', {}, '', 'it is not a list'],
    [
      'a wrong type',
      [{ from, fieldPath, paused: 'false' }],
      '[0].paused',
      'entry 0: "paused" is not true or false',
    ],
    [
      'a path twice',
      [
        { from, fieldPath },
        { from, fieldPath },
      ],
      '[1].fieldPath',
      'duplicate triggers are not allowed',
    ],
    [
      'an unknown kind of source',
      [{ from: { ...from, kind: 'DockerImage' }, fieldPath }],
      '[0].from.kind',
      '"DockerImage" cannot be followed; write ImageStreamTag',
    ],
    [
      'an apiVersion',
      [{ from: { ...from, apiVersion: 'image.openshift.io/v1' }, fieldPath }],
      '[0].from.apiVersion',
      'with an apiVersion the tag is not followed; leave it out',
    ],
    [
      'a stream without a tag',
      [{ from: { ...from, name: 'web' }, fieldPath }],
      '[0].from.name',
      '"web" is no image stream tag; write STREAM:TAG',
    ],
    [
      'a namespace in the name',
      [{ from: { ...from, name: 'base/web:v1' }, fieldPath }],
      '[0].from.name',
      '"base/web:v1" is no image stream tag; write STREAM:TAG',
    ],
    [
      'the path of another kind',
      [{ from, fieldPath: 'spec.containers[0].image' }],
      '[0].fieldPath',
      `"spec.containers[0].image" is no path of a Deployment; ${wayOut}`,
    ],
    ['no path', [{ from }], '[0].fieldPath', `"" is no path of a Deployment; ${wayOut}`],
    [
      'a container that is missing',
      [{ from, fieldPath: 'spec.template.spec.containers[1].image' }],
      '[0].fieldPath',
      `no such container: spec.template.spec.containers[1].image; ${wayOut}`,
    ],
    [
      'a path that leads to no image',
      [{ from, fieldPath: 'spec.template.spec.containers[0].name' }],
      '[0].fieldPath',
      `field path is not valid: spec.template.spec.containers[0].name; ${wayOut}`,
    ],
  ])('%s', (_title, annotation, within, message) => {
    expect(problemsOf(JSON.stringify(annotation))).toEqual([{ field: `${place}${within}`, message }]);
  });

  it('each problem of each entry', () => {
    const entries = [{ from, fieldPath }, { from: { kind: 'Image', name: 'web' } }, { from, fieldPath: 'x' }];
    const fields = problemsOf(JSON.stringify(entries)).map(({ field }) => field.slice(place.length));
    expect(fields).toEqual(['[1].from.kind', '[1].from.name', '[1].fieldPath', '[2].fieldPath']);
  });
});

it.each<[string, string]>([
  ['one as oc writes it', JSON.stringify([{ from, fieldPath }])],
  ['single quotes', JSON.stringify([{ from, fieldPath: fieldPath.replaceAll('"', "'") }])],
  ['an empty tag', JSON.stringify([{ from: { ...from, name: 'web:' }, fieldPath }])],
  ['a paused entry that leads nowhere', JSON.stringify([{ from, fieldPath: 'nowhere', paused: true }])],
  ['none', '[]'],
])('nothing is wrong with %s', (_title, annotation) => {
  expect(problemsOf(annotation)).toEqual([]);
});

it('texts of any length and shape make short lines', () => {
  const name = `${'x'.repeat(5000)}\n`;
  const [source, path] = problemsOf(
    JSON.stringify([{ from: { kind: 'ImageStreamTag', name }, fieldPath: name }]),
  );
  expect(source?.message.length).toBeLessThan(120);
  expect(path?.message.length).toBeLessThan(300);
  expect(`${source?.message}${path?.message}`).not.toContain('\n');
});

it('an annotation with more entries than anybody needs is not read', () => {
  const entries = Array.from({ length: 1001 }, (_, index) => ({ from, fieldPath: String(index) }));
  const message = 'it has more than 1000 entries';
  expect(problemsOf(JSON.stringify(entries))).toEqual([{ field: place, message }]);
});

it.each([
  ['enforce', 'enforce', 0],
  ['on-move', 'on-move', 0],
  ['Enforce', 'on-move', 1],
  ['', 'on-move', 1],
])('trigger mode "%s" is %s', (value, mode, problems) => {
  const object = annotated({ [triggerModeAnnotation]: value });
  const followed = followTriggers(deployments, object, 'shop', () => undefined, 'present');
  expect(followed.mode).toBe(mode);
  expect(followed.problems).toHaveLength(problems);
});
