import { describe, expect, it } from '@jest/globals';
import { imageStreams, namespaces, workloadNamed } from '../../src/commands/kinds.ts';
import type { ObjectKind } from '../../src/commands/object-client.ts';
import { isLookupEnabled } from '../../src/commands/lookup.ts';
import { memoryObjects } from '../support/memory-objects.ts';
import { closedStream, namespace, openStream } from '../support/objects.ts';
import { verbRun } from '../support/verb-run.ts';

const lookupKey = 'pinstream.dev/image-lookup';

function workload(apiVersion: string, kind: string, name: string, spec: object, labels: object = {}): object {
  return { apiVersion, kind, metadata: { namespace: 'shop', name, labels }, spec };
}

const podSpec = { containers: [{ name: 'web', image: 'web:1' }] };
const template = { metadata: { labels: { app: 'web' } }, spec: podSpec };
const asking = {
  metadata: { annotations: { 'alpha.image.policy.openshift.io/resolve-names': '*' } },
  spec: podSpec,
};

const all = [
  namespace('shop'),
  openStream('shop', 'api', ['1']),
  closedStream('shop', 'web', ['1']),
  openStream('base', 'php', ['8']),
  workload('apps/v1', 'Deployment', 'web', { template }, { app: 'web' }),
  workload('apps/v1', 'StatefulSet', 'db', { template: asking }),
  workload('batch/v1', 'CronJob', 'nightly', { jobTemplate: { spec: { template } } }),
  workload('v1', 'Pod', 'once', podSpec),
];

const set = (words: string, options: Parameters<typeof verbRun>[1] = {}) =>
  verbRun(['set', 'image-lookup', ...words.split(' ').filter((word) => word !== '')], {
    objects: memoryObjects(all),
    ...options,
  });

describe('the table', () => {
  it.each([
    ['all streams', '', 'NAME  LOCAL\napi   true\nweb   false\n'],
    ['of another namespace', '-n base', 'NAME  LOCAL\nphp   true\n'],
    ['where there is none', '-n empty', 'NAME  LOCAL\n'],
    ['a stream', '--list web', 'NAME  LOCAL\nweb   false\n'],
    ['a workload', '--list deploy/web', 'NAME             LOCAL\ndeployments/web  false\n'],
    ['a type', '--list sts', 'NAME             LOCAL\nstatefulsets/db  true\n'],
    [
      'of several types',
      '--list is,po',
      'NAME       LOCAL\napi        true\nweb        false\npods/once  false\n',
    ],
    ['by labels', '--list deploy,sts -l app=web', 'NAME             LOCAL\ndeployments/web  false\n'],
  ])('%s', async (_, words, out) => {
    expect(await set(words)).toEqual({ code: 0, out, err: '' });
  });

  it.each([
    ['all', 'NAME  LOCAL  EFFECTIVE\napi   true   true\nweb   false  true (all)\n'],
    ['fallback', 'NAME  LOCAL  EFFECTIVE\napi   true   false (fallback)\nweb   false  false\n'],
    ['disabled', 'NAME  LOCAL  EFFECTIVE\napi   true   false (disabled)\nweb   false  false\n'],
    ['enabled', 'NAME  LOCAL\napi   true\nweb   false\n'],
    ['aal', 'NAME  LOCAL\napi   true\nweb   false\n'],
  ])('in a namespace whose label says %s', async (mode, out) => {
    const objects = memoryObjects([namespace('shop', { [lookupKey]: mode }), ...all.slice(1)]);
    expect(await set('', { objects })).toMatchObject({ out });
  });

  it('is as oc has it for who may not read namespaces', async () => {
    const options = { forbidden: ['namespaces'] };
    const objects = memoryObjects([namespace('shop', { [lookupKey]: 'all' }), ...all.slice(1)], options);
    const out = 'NAME  LOCAL\napi   true\nweb   false\n';
    expect(await set('', { objects })).toEqual({ code: 0, out, err: '' });
  });
});

const kind = (word: string): ObjectKind => workloadNamed(word) ?? imageStreams;
const updated = (name: string) => `${name} image lookup updated\n`;

describe('a change', () => {
  it.each([
    ['a stream', 'web', updated('imagestream.image.openshift.io/web'), 'is', 'web', true],
    ['a stream, by type', 'is/web', updated('imagestream.image.openshift.io/web'), 'is', 'web', true],
    [
      'a stream, in full',
      'imagestreams.image.openshift.io/web',
      updated('imagestream.image.openshift.io/web'),
      'is',
      'web',
      true,
    ],
    ['a stream that is open', 'api', '', 'is', 'api', true],
    ['closing it', 'api --enabled=false', updated('imagestream.image.openshift.io/api'), 'is', 'api', false],
    ['closing what is closed', 'web --enabled=false', '', 'is', 'web', false],
    ['a deployment', 'deploy/web', updated('deployment.apps/web'), 'deploy', 'web', true],
    ['a cron job', 'cronjob/nightly', updated('cronjob.batch/nightly'), 'cj', 'nightly', true],
    ['a pod', 'pod/once', updated('pod/once'), 'po', 'once', true],
    ['one that asks', 'sts/db', '', 'sts', 'db', true],
    ['no longer', 'sts/db --enabled=false', updated('statefulset.apps/db'), 'sts', 'db', false],
  ])('%s', async (_, words, out, word, name, enabled) => {
    const objects = memoryObjects(all);
    expect(await set(words, { objects })).toEqual({ code: 0, out, err: '' });
    const object = objects.get(kind(word), { namespace: 'shop', name });
    expect(object && isLookupEnabled(kind(word), object)).toBe(enabled);
    expect(objects.writes).toHaveLength(out === '' ? 0 : 1);
  });

  it.each([
    ['all streams', '--all', updated('imagestream.image.openshift.io/web')],
    ['all streams, closing', '--all --enabled=false', updated('imagestream.image.openshift.io/api')],
    [
      'streams and workloads',
      'web deploy/web',
      updated('imagestream.image.openshift.io/web') + updated('deployment.apps/web'),
    ],
    ['by labels that none has', '-l app=none --enabled', ''],
    ['only shown', 'web --dry-run', 'imagestream.image.openshift.io/web image lookup updated (dry run)\n'],
    [
      'by the server',
      'web --dry-run=server',
      'imagestream.image.openshift.io/web image lookup updated (server dry run)\n',
    ],
    ['as a name', 'web -o name', 'imagestream.image.openshift.io/web\n'],
  ])('%s', async (_, words, out) => {
    expect(await set(words)).toEqual({ code: 0, out, err: '' });
  });

  it('leaves a dry run at that', async () => {
    const objects = memoryObjects(all);
    await set('web --dry-run', { objects });
    expect(objects.writes).toEqual([]);
  });

  it('goes on where one is missing', async () => {
    const objects = memoryObjects(all);
    expect(await set('gone web deploy/gone', { objects })).toEqual({
      code: 1,
      out: updated('imagestream.image.openshift.io/web'),
      err:
        'Error from server (NotFound): imagestreams.image.openshift.io "gone" not found\n' +
        'Error from server (NotFound): deployments.apps "gone" not found\n',
    });
  });
});

describe('files', () => {
  const yaml = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers: [{name: web, image: web:1}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
---
apiVersion: image.openshift.io/v1
kind: ImageStream
metadata: {name: web}
`;

  it('are changed without a cluster', async () => {
    const unreachable = new Proxy(memoryObjects(), {
      get: () => () => Promise.reject(new Error('asked the cluster')),
    });
    const run = await set('-f all.yaml --local -o yaml', {
      files: { 'all.yaml': yaml },
      objects: unreachable,
    });
    expect(run).toEqual({
      code: 0,
      err: '',
      out: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    metadata:
      annotations:
        alpha.image.policy.openshift.io/resolve-names: '*'
    spec:
      containers:
      - image: web:1
        name: web
---
apiVersion: image.openshift.io/v1
kind: ImageStream
metadata:
  name: web
spec:
  lookupPolicy:
    local: true
`,
    });
  });

  it('name what is changed on the cluster', async () => {
    const out = updated('deployment.apps/web') + updated('imagestream.image.openshift.io/web');
    expect(await set('-f all.yaml --enabled', { files: { 'all.yaml': yaml } })).toEqual({
      code: 0,
      out,
      err: '',
    });
  });

  it('are shown without a wish, as oc has it', async () => {
    const out = 'NAME             LOCAL\ndeployments/web  false\nweb              false\n';
    expect(await set('-f all.yaml', { files: { 'all.yaml': yaml } })).toEqual({ code: 0, out, err: '' });
  });
});

describe('what is refused', () => {
  it.each([
    ['a type that there is not', 'foo/web', /the server doesn't have a resource type "foo"/],
    ['a name missing', 'deploy/', /"deploy\/" has no name/],
    ['two slashes', 'deploy/a/b', /more than one slash/],
    ['--local without files', '--local', /--local works on files: name them with -f/],
    ['--local with names', 'web --local', /pass files with -f when using --local/],
    ['names and files', 'web -f x', /name objects or files/],
    ['names and labels', 'web -l a=b', /name cannot be provided when a selector is specified/],
    ['no selector', '--all -l a=b=c', /"a=b=c" is no label selector/],
    ['a file that is not there', '-f x', /the path "x" does not exist/],
    ['a file that does not parse', '-f bad', /bad: .*line 1/],
    ['a file of other things', '-f service', /service: there is no image stream or workload in it/],
  ])('%s', async (_, words, message) => {
    const files = { bad: '{', service: 'kind: Service\napiVersion: v1\nmetadata: {name: a}\n' };
    const { code, out, err } = await set(words, { files });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^error: /);
    expect(err).toMatch(message);
  });
});

it('never touches namespaces', async () => {
  const objects = memoryObjects(all);
  await set('--all', { objects });
  expect(objects.get(namespaces, { namespace: '', name: 'shop' })).toEqual(namespace('shop'));
});
