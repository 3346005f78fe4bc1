import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decideAsking } from '../../src/admission/ask.ts';
import { askedObject } from '../../src/admission/asked-object.ts';
import { startTimer } from '../../src/cli/decide.ts';
import { clientSettings, openDecisions } from '../../src/client/decisions.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { StatusError } from '../../src/kube/status-error.ts';
import { makeFolder, type TestFolder } from '../cli/folder-run.ts';
import { closedStream, digest, namespace, openStream, pinned } from '../support/objects.ts';

/** What a path answers: an object, a list of them, or a refusal. */
type Answers = Readonly<Record<string, object | readonly object[] | 403 | 404 | 500>>;

/** An API server that knows these paths and no others; `asked` are the paths of all requests. */
function cluster(answers: Answers): { readonly client: KubeClient; readonly asked: readonly string[] } {
  const asked: string[] = [];
  const never = () => Promise.reject(new Error('nothing is written here'));
  const client: KubeClient = {
    get: (path) => {
      const [plain = ''] = path.split('?');
      asked.push(plain);
      const answer = answers[plain] ?? 404;
      if (typeof answer === 'number')
        return Promise.reject(
          new StatusError({ code: answer, reason: '', message: `${plain}: ${answer}`, said: 'no' }),
        );
      if (!Array.isArray(answer)) return Promise.resolve(answer);
      return Promise.resolve({ metadata: { resourceVersion: '1' }, items: answer });
    },
    create: never,
    replace: never,
    patch: never,
    delete: never,
    watch: () => {
      throw new Error('nothing is watched here');
    },
  };
  return { client, asked };
}

const configPath = '/api/v1/namespaces/pinstream-system/configmaps/pinstream-config';
const streamsOf = (name: string) => `/apis/image.openshift.io/v1/namespaces/${name}/imagestreams`;
const openshift = '/apis/config.openshift.io/v1';
const ofOpenShift = { [openshift]: { resources: [{ name: 'images' }, { name: 'imagetagmirrorsets' }] } };
const config = (yaml: string) => ({ data: { 'config.yaml': yaml } });
const serves = (...names: string[]) => ({ resources: names.map((name) => ({ name })) });
const usual: Answers = {
  '/apis/image.openshift.io/v1': serves('imagestreams', 'images'),
  [configPath]: config(''),
  [streamsOf('shop')]: [openStream('shop', 'app', ['v1']), closedStream('shop', 'closed', ['v1'])],
  '/api/v1/namespaces/shop': namespace('shop'),
};

let folder: TestFolder;
beforeAll(async () => {
  folder = await makeFolder({ 'config.yaml': 'internalRegistryHostname: of.the.file:5000\n' });
});
afterAll(() => folder.remove());

/** What becomes of an image of a Pod in the namespace `shop`, and what is said besides. */
async function decided(answers: Answers, image: string, flags: { readonly config?: string } = {}) {
  const { client, asked } = cluster(answers);
  const decisions = await openDecisions({ client }, flags, ['shop']);
  const pod = { kind: 'Pod', apiVersion: 'v1', spec: { containers: [{ name: 'c', image }] } };
  const reading = askedObject(pod, 'shop');
  if (!reading.ok) throw new Error(reading.message);
  const { context, fallback, notes } = decisions;
  const { images } = await decideAsking(reading.asked.request, context, fallback, startTimer);
  await decisions.close();
  return { resolution: images[0]?.resolution, notes, asked };
}

describe('decisions on a cluster', () => {
  test('are made by the streams of the asked namespaces, and nothing else is read', async () => {
    const { resolution, notes, asked } = await decided(usual, 'app:v1');
    expect(resolution).toMatchObject({ outcome: 'rewritten', to: pinned('app', '1') });
    expect(notes).toEqual([]);
    expect(asked.toSorted()).toEqual(
      ['/api/v1/namespaces/shop', configPath, streamsOf('shop'), openshift].sort(),
    );
  });

  test('heed the labels of the namespace', async () => {
    const answers = {
      ...usual,
      '/api/v1/namespaces/shop': namespace('shop', { 'pinstream.dev/image-lookup': 'all' }),
    };
    expect((await decided(answers, 'closed:v1')).resolution).toMatchObject({ to: pinned('closed', '1') });
  });

  test("are made by the server's configuration", async () => {
    const answers = {
      ...usual,
      [configPath]: config('registrySources: {blockedRegistries: [evil.example]}'),
    };
    expect((await decided(answers, 'evil.example/x')).resolution).toMatchObject({
      reason: 'RegistryBlocked',
    });
  });

  test('are made by what config.openshift.io says of registries', async () => {
    const answers = {
      ...usual,
      ...ofOpenShift,
      [`${openshift}/images/cluster`]: {
        metadata: { name: 'cluster' },
        spec: { registrySources: { blockedRegistries: ['evil.example'] } },
      },
    };
    expect((await decided(answers, 'evil.example/x')).resolution).toMatchObject({
      reason: 'RegistryBlocked',
    });
  });

  test.each<[string, Answers, string]>([
    [
      'without a configuration',
      { [configPath]: 404 },
      "Pinstream's configuration was not found in pinstream-system: decided with the defaults",
    ],
    [
      'with a ConfigMap that holds none',
      { [configPath]: { data: {} } },
      "Pinstream's configuration was not found in pinstream-system: decided with the defaults",
    ],
    [
      'in a namespace that does not exist',
      { '/api/v1/namespaces/shop': 404 },
      'namespace shop does not exist: decided as if it had no labels',
    ],
    [
      'in a namespace that may not be read',
      { '/api/v1/namespaces/shop': 403 },
      'namespace shop may not be read by you: decided as if it had no labels',
    ],
    [
      'without the right to read rules of registries',
      { ...ofOpenShift, [`${openshift}/images/cluster`]: 403, [`${openshift}/imagetagmirrorsets`]: [] },
      'images.config.openshift.io may not be read by you: what it says of registries is left out',
    ],
  ])('%s say so', async (_what, answers, note) => {
    const { resolution, notes } = await decided({ ...usual, ...answers }, 'app:v1');
    expect(resolution).toMatchObject({ to: pinned('app', '1') });
    expect(notes).toEqual([note]);
  });

  test.each<[string, 403 | 404]>([
    ['of an admin', 404],
    ['of a user, who may not list what is not there', 403],
  ])('on a cluster without image streams say so: the question %s', async (_who, code) => {
    const answers = { ...usual, [streamsOf('shop')]: code, '/apis/image.openshift.io/v1': 404 as const };
    const { resolution, notes } = await decided(answers, 'app:v1');
    expect(resolution).toMatchObject({ reason: 'NoStream' });
    expect(notes).toEqual([
      'this cluster serves no image streams (image.openshift.io/v1): no name is looked up in any',
    ]);
  });

  test('ask for nothing of OpenShift that is not served, since that would be refused', async () => {
    const refused = {
      [`${openshift}/images/cluster`]: 403 as const,
      [`${openshift}/imagedigestmirrorsets`]: 403 as const,
      [`${openshift}/imagetagmirrorsets`]: 403 as const,
    };
    expect((await decided({ ...usual, ...refused }, 'app:v1')).notes).toEqual([]);
  });

  test.each<[string, Answers, string]>([
    [
      'the configuration may not be read',
      { [configPath]: 403 },
      "Pinstream's configuration, the ConfigMap pinstream-config in pinstream-system, may not be read by you; --config FILE",
    ],
    [
      'it is not valid',
      { [configPath]: config('lookup: {missing: x}') },
      'the configuration the ConfigMap pinstream-config in pinstream-system is not usable:',
    ],
    ['streams may not be read', { [streamsOf('shop')]: 403 }, `${streamsOf('shop')}: 403`],
    ['the API server fails', { '/api/v1/namespaces/shop': 500 }, '/api/v1/namespaces/shop: 500'],
    [
      'it fails at the rules of registries',
      { ...ofOpenShift, [`${openshift}/imagetagmirrorsets`]: 500 },
      `${openshift}/imagetagmirrorsets: 500`,
    ],
  ])('are not made where %s', async (_what, answers, message) => {
    await expect(decided({ ...usual, ...answers }, 'app:v1')).rejects.toThrow(message);
  });

  test('take the configuration of --config, and then do not ask for another', async () => {
    const { resolution, asked } = await decided(
      { ...usual, [configPath]: 403 },
      'of.the.file:5000/shop/app:v1',
      {
        config: `${folder.path}/config.yaml`,
      },
    );
    expect(resolution).toMatchObject({ reason: 'InternalRegistry' });
    expect(asked).not.toContain(configPath);
  });
});

describe('rules that look into images', () => {
  const rules = config(`
imagePolicy:
  executionRules:
    - {name: vetted, matchImageLabels: [{matchLabels: {vetted: "yes"}}]}
`);
  const name = digest('1');
  const image = { metadata: { name, labels: { vetted: 'yes' } } };

  test.each([
    ['our kinds', name.replace(':', '-'), {}],
    [
      "OpenShift's",
      encodeURIComponent(name),
      { '/apis/image.openshift.io/v1': { resources: [{ name: 'imagestreamtags' }] } },
    ],
  ])('get them by the name that %s have', async (_what, written, served) => {
    const answers = {
      ...usual,
      [configPath]: rules,
      [`/apis/image.openshift.io/v1/images/${written}`]: image,
      ...served,
    };
    const { resolution, notes } = await decided(answers, 'app:v1');
    expect(resolution).toMatchObject({ outcome: 'rewritten' });
    expect(notes).toEqual([]);
  });

  test('judge as if nothing were known where they may not be read, and say so', async () => {
    const answers = {
      ...usual,
      [configPath]: rules,
      [`/apis/image.openshift.io/v1/images/${name.replace(':', '-')}`]: 403 as const,
    };
    const { resolution, notes } = await decided(answers, 'app:v1');
    expect(resolution).toMatchObject({ reason: 'ExecutionRule' });
    expect(notes).toEqual([
      'images may not be read by you: execution rules are decided as if nothing were known of them',
    ]);
  });
});

test('a policy that requires known digests says which are known here', async () => {
  const { notes } = await decided(
    { ...usual, [configPath]: config('imagePolicy: {resolveImages: Required}') },
    'app:v1',
  );
  expect(notes).toEqual([
    'the image policy requires known digests: only those that the streams of shop name count as known here',
  ]);
});

describe('the settings that texts depend on', () => {
  const builtIn = {
    internalRegistryHostname: '',
    localRegistry: [],
    defaultMode: 'Legacy',
    exemptNamespaces: new Set([
      'default',
      'kube-system',
      'kube-public',
      'openshift',
      'openshift-infra',
      'openshift-node',
    ]),
  };
  test.each<[string, Answers, object]>([
    [
      "are the server's",
      {
        [configPath]: config(
          'internalRegistryHostname: here:5000\nimport: {mode: PreserveOriginal}\nlookup: {exemptNamespaces: [x]}',
        ),
      },
      {
        ...builtIn,
        internalRegistryHostname: 'here:5000',
        defaultMode: 'PreserveOriginal',
        exemptNamespaces: new Set(['x']),
      },
    ],
    [
      "are the cluster's, where the configuration says nothing",
      {
        ...ofOpenShift,
        [`${openshift}/images/cluster`]: {
          metadata: { name: 'cluster' },
          status: { internalRegistryHostname: 'its:5000' },
        },
      },
      { ...builtIn, internalRegistryHostname: 'its:5000' },
    ],
    ['are the built-in ones where there are none', {}, builtIn],
    ['are the built-in ones where those may not be read', { [configPath]: 403 }, builtIn],
  ])('%s', async (_what, answers, settings) => {
    expect(await clientSettings(cluster(answers), {})).toEqual(settings);
  });
});
