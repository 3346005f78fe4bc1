import { describe, expect, it } from '@jest/globals';
import { workloadNamed } from '../../src/commands/kinds.ts';
import { asText } from '../../src/json/untyped.ts';
import { triggersAnnotation } from '../../src/trigger/annotation.ts';
import { annotationsOf } from '../../src/workload/metadata.ts';
import { memoryObjects } from '../support/memory-objects.ts';
import { verbRun } from '../support/verb-run.ts';

interface Made {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly triggers?: string;
  readonly containers?: readonly string[];
  readonly spec?: object;
}

function workload(name: string, made: Made = {}): object {
  const { apiVersion = 'apps/v1', kind = 'Deployment', triggers, containers = ['web'], spec = {} } = made;
  const podSpec = {
    containers: containers.map((container) => ({ name: container, image: 'x' })),
    initContainers: [{ name: 'prep', image: 'x' }],
  };
  const annotations = triggers === undefined ? {} : { annotations: { [triggersAnnotation]: triggers } };
  const template = { spec: podSpec };
  return {
    apiVersion,
    kind,
    metadata: { namespace: 'shop', name, ...annotations },
    spec: { ...spec, ...(kind === 'CronJob' ? { jobTemplate: { spec: { template } } } : { template }) },
  };
}

const path = (container: string) => `spec.template.spec.containers[?(@.name==\\"${container}\\")].image`;
const entry = (from: string, container: string, more = '') =>
  `{"from":{"kind":"ImageStreamTag",${from}},"fieldPath":"${path(container)}"${more}}`;
const web1 = '"name":"web:1"';
const paused = ',"paused":true';

const objectsOf = (made: Made) => memoryObjects([workload('web', made)]);

const set = (words: string, objects = memoryObjects()) =>
  verbRun(['set', 'triggers', ...words.split(' ').filter((word) => word !== '')], { objects });

describe('the table', () => {
  const heading = 'NAME             TYPE    VALUE  AUTO\n';
  it.each([
    ['without triggers', {}, `${heading}deployments/web  config         true\n`],
    [
      'of a paused deployment',
      { spec: { paused: true } },
      `${heading}deployments/web  config         false\n`,
    ],
    [
      'with image triggers',
      { triggers: `[${entry('"name":"web:v1","namespace":"base"', 'web')},${entry(web1, 'prep', paused)}]` },
      `NAME             TYPE    VALUE              AUTO
deployments/web  config                     true
deployments/web  image   base/web:v1 (web)  true
deployments/web  image   web:1 (prep)       false
`,
    ],
    [
      'of the own namespace, written out',
      { triggers: `[${entry('"name":"web:1","namespace":"shop"', 'web')}]` },
      `NAME             TYPE    VALUE        AUTO
deployments/web  config               true
deployments/web  image   web:1 (web)  true
`,
    ],
    [
      'with a container that there is not',
      {
        triggers:
          '[{"from":{"kind":"ImageStreamTag","name":"web:1"},"fieldPath":"spec.template.spec.containers[9].image"}]',
      },
      `NAME             TYPE    VALUE                                                              AUTO
deployments/web  config                                                                     true
deployments/web  image   web:1 (no such container: spec.template.spec.containers[9].image)  false
`,
    ],
    [
      'that cannot be read',
      { triggers: '[{"paused":"false"}]' },
      'NAME             TYPE     VALUE  AUTO\ndeployments/web  <error>         false\n',
    ],
  ])('%s', async (_, made, out) => {
    expect(await set('deploy/web', objectsOf(made))).toEqual({ code: 0, out, err: '' });
  });

  it('is of all of a type', async () => {
    const objects = memoryObjects([workload('web'), workload('db', { kind: 'StatefulSet' })]);
    const { out } = await set('deploy,sts --all', objects);
    expect(out.split('\n').map((line) => line.split(' ')[0])).toEqual([
      'NAME',
      'deployments/web',
      'statefulsets/db',
      '',
    ]);
  });
});

describe('a change', () => {
  const one = `[${entry(web1, 'web')}]`;
  const two = `[${entry(web1, 'a')},${entry(web1, 'b')}]`;
  const ab = ['a', 'b', 'c'];
  it.each<[string, string, Made, string | undefined]>([
    ['the only container', '--from-image web:1', {}, one],
    ['a named container', '--from-image web:1 -c web', {}, one],
    ['an init container', '--from-image web:1 -c prep', {}, `[${entry(web1, 'prep')}]`],
    ['several', '--from-image web:1 -c a,b', { containers: ab }, two],
    [
      'of another namespace',
      '--from-image base/web:1',
      {},
      `[${entry('"name":"web:1","namespace":"base"', 'web')}]`,
    ],
    ['of the own namespace', '--from-image shop/web:1', {}, one],
    ['a stream with a dot', '--from-image my.web:1', {}, `[${entry('"name":"my.web:1"', 'web')}]`],
    ['manual', '--from-image web:1 --manual', {}, `[${entry(web1, 'web', paused)}]`],
    [
      'one that is there',
      '--from-image web:1 --manual',
      { triggers: one },
      `[${entry(web1, 'web', paused)}]`,
    ],
    ['and again', '--from-image web:1 --auto', { triggers: `[${entry(web1, 'web', paused)}]` }, one],
    [
      'to other containers',
      '--from-image web:1 -c b',
      { containers: ab, triggers: `[${entry(web1, 'a')}]` },
      `[${entry(web1, 'b')}]`,
    ],
    [
      'to more containers',
      '--from-image web:1 -c a,b',
      { containers: ab, triggers: `[${entry(web1, 'a')}]` },
      two,
    ],
    [
      'one of several',
      '--from-image web:1 -c b --manual',
      { containers: ab, triggers: two },
      `[${entry(web1, 'a')},${entry(web1, 'b', paused)}]`,
    ],
    [
      'all that follow it',
      '--from-image web:1 --manual',
      { containers: ab, triggers: two },
      `[${entry(web1, 'a', paused)},${entry(web1, 'b', paused)}]`,
    ],
    [
      'removal',
      '--from-image web:1 --remove',
      { triggers: `[${entry(web1, 'web')},${entry('"name":"x:1"', 'prep')}]` },
      `[${entry('"name":"x:1"', 'prep')}]`,
    ],
    [
      'removal of one container',
      '--from-image web:1 -c a --remove',
      { containers: ab, triggers: two },
      `[${entry(web1, 'b')}]`,
    ],
    ['removal of the last', '--from-image web:1 --remove', { triggers: one }, undefined],
    ['removal of all', '--remove-all', { triggers: one }, undefined],
    ['removal of what cannot be read', '--remove-all', { triggers: '{' }, undefined],
    [
      'all manual',
      '--manual',
      { containers: ab, triggers: two },
      `[${entry(web1, 'a', paused)},${entry(web1, 'b', paused)}]`,
    ],
    [
      'what is not understood',
      '--manual',
      { triggers: `[${entry(web1, 'web', ',"pause":true,"x":{"y":1}')}]` },
      `[${entry(web1, 'web', ',"pause":true,"x":{"y":1},"paused":true')}]`,
    ],
    [
      'an entry that leads nowhere',
      '--from-image web:1',
      { triggers: '[{"fieldPath":"x","from":{"name":"old:1"}}]' },
      `[{"fieldPath":"x","from":{"name":"old:1"}},${entry(web1, 'web')}]`,
    ],
  ])('%s', async (_, words, made, expected) => {
    const objects = objectsOf(made);
    const out = 'deployment.apps/web triggers updated\n';
    expect(await set(`deploy/web ${words}`, objects)).toEqual({ code: 0, out, err: '' });
    expect(annotationOf(objects, 'deploy')).toEqual(expected);
  });

  it.each<[string, Made]>([
    ['--from-image web:1', { triggers: one }],
    ['--from-image web:1 -c web', { triggers: ` ${one}` }],
    ['--auto', { triggers: one }],
    ['--manual', { triggers: `[${entry(web1, 'web', paused)}]`, spec: { paused: true } }],
    ['--from-image other:1 --remove', { triggers: one }],
    ['--from-image base/web:1 --remove', { triggers: one }],
    ['--from-config', {}],
    ['--remove-all', { spec: { paused: true } }],
  ])('%s has nothing to do', async (words, made) => {
    const objects = objectsOf(made);
    expect(await set(`deploy/web ${words}`, objects)).toEqual({ code: 0, out: '', err: '' });
    expect(objects.writes).toEqual([]);
  });

  it.each<[string, string, object, unknown]>([
    ['deploy', '--manual', {}, true],
    ['deploy', '--auto', { paused: true }, undefined],
    ['deploy', '--remove-all', {}, true],
    ['deploy', '--from-config --remove', {}, true],
    ['deploy', '--from-config', { paused: true }, undefined],
    ['deploy', '--from-image web:1 --manual', {}, undefined],
    ['sts', '--manual', {}, undefined],
  ])('%s %s pauses or not', async (word, words, spec, expected) => {
    const objects = memoryObjects([
      workload('web', { spec, kind: word === 'sts' ? 'StatefulSet' : 'Deployment' }),
    ]);
    expect((await set(`${word}/web ${words}`, objects)).code).toBe(0);
    expect(specOf(objects, word).paused).toBe(expected);
  });

  it.each([
    ['ds', 'DaemonSet', 'apps/v1', 'spec.template.spec'],
    ['sts', 'StatefulSet', 'apps/v1', 'spec.template.spec'],
    ['cj', 'CronJob', 'batch/v1', 'spec.jobTemplate.spec.template.spec'],
  ])('knows the paths of %s', async (word, kind, apiVersion, start) => {
    const objects = objectsOf({ kind, apiVersion });
    await set(`${word}/web --from-image web:1`, objects);
    expect(JSON.parse(annotationOf(objects, word) ?? '')).toMatchObject([
      { fieldPath: `${start}.containers[?(@.name=="web")].image` },
    ]);
  });

  it('is made in a file, too', async () => {
    const files = { f: JSON.stringify(workload('web')) };
    const { out } = await verbRun(
      ['set', 'triggers', '-f', 'f', '--local', '--from-image', 'web:1', '-o', 'json'],
      { files },
    );
    expect(annotationsOf(JSON.parse(out))[triggersAnnotation]).toBe(one);
  });
});

describe('a DeploymentConfig', () => {
  const config = { type: 'ConfigChange' };
  const image = (more: object = {}) => ({
    type: 'ImageChange',
    imageChangeParams: {
      automatic: true,
      containerNames: ['web'],
      from: { kind: 'ImageStreamTag', name: 'web:1' },
      ...more,
    },
  });
  it.each<[string, readonly object[], readonly object[]]>([
    ['--from-image web:1', [config], [config, image()]],
    [
      '--from-image web:1 --manual',
      [image({ lastTriggeredImage: 'x' })],
      [image({ lastTriggeredImage: 'x', automatic: false })],
    ],
    [
      '--from-image base/web:1 -c prep',
      [],
      [
        image({
          containerNames: ['prep'],
          from: { kind: 'ImageStreamTag', name: 'web:1', namespace: 'base' },
        }),
      ],
    ],
    ['--from-image web:1 --remove', [config, image()], [config]],
    ['--from-config', [image()], [config, image()]],
    ['--from-config --remove', [config, image()], [image()]],
    ['--manual', [config, image()], [image({ automatic: false })]],
    ['--remove-all', [config, image()], []],
  ])('%s', async (words, old, expected) => {
    const objects = objectsOf({
      apiVersion: 'apps.openshift.io/v1',
      kind: 'DeploymentConfig',
      spec: { triggers: old },
    });
    const out = 'deploymentconfig.apps.openshift.io/web triggers updated\n';
    expect(await set(`dc/web ${words}`, objects)).toEqual({ code: 0, out, err: '' });
    expect(specOf(objects, 'dc').triggers).toEqual(expected);
  });

  it('is in the table', async () => {
    const objects = objectsOf({
      apiVersion: 'apps.openshift.io/v1',
      kind: 'DeploymentConfig',
      spec: { triggers: [image()] },
    });
    expect((await set('dc/web', objects)).out).toBe(`NAME                   TYPE    VALUE        AUTO
deploymentconfigs/web  config               false
deploymentconfigs/web  image   web:1 (web)  true
`);
  });
});

it('is no table where what is named is not there', async () => {
  const err = 'Error from server (NotFound): deployments.apps "gone" not found\n';
  expect(await set('deploy/gone')).toEqual({ code: 1, out: '', err });
});

describe('what is refused', () => {
  const taken = `[${entry('"name":"x:1"', 'web')}]`;
  it.each<[string, string, Made, string]>([
    ['two wishes', 'deploy/web --auto --manual', {}, 'you must specify at most one of --auto or --manual'],
    [
      'two removals',
      'deploy/web --remove --remove-all',
      {},
      'you must specify either --remove or --remove-all',
    ],
    [
      'removing all and more',
      'deploy/web --remove-all --auto',
      {},
      '--remove-all may not be used with any other flag',
    ],
    [
      'removing nothing',
      'deploy/web --remove',
      {},
      '--remove requires a flag defining a trigger type to be specified',
    ],
    [
      'two kinds',
      'deploy/web --from-config --from-image a:1',
      {},
      'you may only set one trigger type at a time',
    ],
    [
      'no tag',
      'deploy/web --from-image a',
      {},
      'the value of --from-image must include the tag you wish to pull from',
    ],
    [
      'a registry',
      'deploy/web --from-image quay.io/a/b:1',
      {},
      'the value of --from-image must point to an image stream tag on this server',
    ],
    [
      'a digest',
      `deploy/web --from-image a@sha256:${'a'.repeat(64)}`,
      {},
      'the value of --from-image must point to an image stream tag',
    ],
    [
      'no reference',
      'deploy/web --from-image A:1',
      {},
      'the value of --from-image does not appear to be a valid reference to an image',
    ],
    ['containers alone', 'deploy/web -c a', {}, '--containers goes with --from-image'],
    [
      'a container of several',
      'deploy/web --from-image a:1',
      { containers: ['b', 'a'] },
      'deployments/web you must specify --containers when setting --from-image (accepts: a, b, prep)',
    ],
    [
      'no such container',
      'deploy/web --from-image a:1 -c z,y',
      {},
      'deployments/web not all container names exist: y, z (accepts: prep, web)',
    ],
    [
      'a container with a trigger',
      'deploy/web --from-image a:1',
      { triggers: taken },
      'deployments/web only one trigger may reference each container: web; remove the other one first (--from-image x:1 --remove)',
    ],
    [
      'what cannot be read',
      'deploy/web --auto',
      { triggers: '{}' },
      'deployments/web the annotation image.openshift.io/triggers cannot be read: it is not a list; correct it, or take it away with --remove-all',
    ],
    [
      'a web hook',
      'deploy/web --from-github',
      {},
      'web hooks trigger builds, which Pinstream has nothing to do with',
    ],
    ['nothing named', '', {}, 'name an object, TYPE/NAME, or a file with -f'],
    ['a type alone', 'deploy', {}, 'resource(s) were provided, but no name was specified'],
    ['a name alone', 'web', {}, 'the server doesn\'t have a resource type "web"'],
    [
      'a kind without triggers',
      'rs/web',
      { kind: 'ReplicaSet' },
      'replicasets/web does not support triggers',
    ],
  ])('%s', async (_, words, made, message) => {
    const objects = objectsOf(made);
    const { code, out, err } = await set(words, objects);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err.startsWith(`error: ${message}`) ? message : err).toBe(message);
    expect(objects.writes).toEqual([]);
  });
});

function annotationOf(objects: ReturnType<typeof memoryObjects>, word: string): string | undefined {
  const value = annotationsOf(stored(objects, word))[triggersAnnotation];
  return value === undefined ? undefined : asText(value);
}

function specOf(
  objects: ReturnType<typeof memoryObjects>,
  word: string,
): { paused?: unknown; triggers?: unknown } {
  return (stored(objects, word) as { spec: object }).spec;
}

function stored(objects: ReturnType<typeof memoryObjects>, word: string): object | undefined {
  const kind = workloadNamed(word);
  return kind && objects.get(kind, { namespace: 'shop', name: 'web' });
}
