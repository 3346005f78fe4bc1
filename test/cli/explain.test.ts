import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startImageRegistry, type ImageRegistry } from '../webhook/fallback-fixture.ts';
import { closedStream, digest, namespace, openStream, pinned } from '../support/objects.ts';
import { makeFolder, type TestFolder } from './folder-run.ts';

let folder: TestFolder;
let registry: ImageRegistry;
beforeAll(async () => {
  registry = await startImageRegistry({ 'nginx:1': 'a' });
  const { host } = registry;
  folder = await makeFolder({
    'streams/open.json': openStream('shop', 'app', ['v1', 'v2']),
    'streams/closed.json': closedStream('shop', 'closed', ['v1']),
    'streams/empty.json': closedStream('shop', 'empty', []),
    'streams/all.json': closedStream('all', 'app', ['v1']),
    'streams/off.json': openStream('off', 'app', ['v1']),
    'streams/other.json': openStream('other', 'app', ['v1']),
    'streams/local.json': stream('local', 'quay.io/acme/app', ''),
    'streams/repository.json': stream(
      'repository',
      'quay.io/acme/app',
      'registry.internal:5000/shop/repository',
    ),
    'streams/namespaces.json': {
      kind: 'List',
      apiVersion: 'v1',
      items: [
        namespace('shop'),
        namespace('all', { 'pinstream.dev/image-lookup': 'all' }),
        namespace('off', { 'pinstream.dev/image-lookup': 'disabled' }),
        namespace('other', { 'pinstream.dev/image-lookup': 'fallback' }),
        namespace('odd', { 'pinstream.dev/image-lookup': 'yes' }),
      ],
    },
    'plain.yaml': 'internalRegistryHostname: registry.internal:5000\n',
    'search.yaml': {
      registrySources: { containerRuntimeSearchRegistries: [host], insecureRegistries: [host] },
    },
    'rules.yaml': { registrySources: { allowedRegistries: ['quay.example.com/acme/app'] } },
    'cache.yaml': { localRegistry: [{ source: 'quay.io', target: 'cache.example' }] },
    'policy.yaml': {
      imagePolicy: {
        resolveImages: 'RequiredRewrite',
        executionRules: [{ name: 'any', matchRegistries: [] }],
      },
    },
    'no.yaml': { imagePolicy: { executionRules: [{ name: 'none', reject: true }] } },
  });
});
afterAll(async () => {
  await registry.stop();
  await folder.remove();
});

/** Open, with reference policy Local. */
function stream(name: string, repository: string, own: string): object {
  const items = [{ image: digest('5'), dockerImageReference: `${repository}@${digest('5')}`, generation: 3 }];
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { namespace: 'shop', name },
    spec: {
      lookupPolicy: { local: true },
      tags: [
        {
          name: 'v1',
          from: { kind: 'DockerImage', name: `${repository}:v1` },
          referencePolicy: { type: 'Local' },
        },
      ],
    },
    status: { dockerImageRepository: own, tags: [{ tag: 'v1', items }] },
  };
}

async function explained(words: string, config = 'plain') {
  const all = ['explain', '--objects', 'DIR/streams', '--config', `DIR/${config}.yaml`, ...words.split(' ')];
  const { code, out, err } = await folder.run(all);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out.replaceAll(registry.host, 'HOST');
}

const oneByOne = 'its streams are opened one by one.';
const noLabel = `Namespace shop has no label pinstream.dev/image-lookup: ${oneByOne}`;
const isOpen = 'Image stream shop/app is open: its spec.lookupPolicy.local is true.';
const event = (character: string, day: number) =>
  `stands for ${digest(character)}: generation 1, since 2026-01-0${day}T00:00:00.000Z, from ${pinned('app', character)}.`;
const asRecorded = 'Its reference policy is Source: it is pulled from where it came from.';
const asksNobody = 'No registry is asked about it: the configuration names none to search.';
const toOpen = (name: string) => `To open the stream: pinstream set image-lookup ${name} -n shop`;

describe('a decision in sentences', () => {
  test.each<[string, string, string, string[], string[]]>([
    [
      'a tag of an open stream',
      'app:v1 -n shop',
      'plain',
      [
        '"app:v1" is a short name: it asks image stream "app" for tag v1.',
        noLabel,
        isOpen,
        `Its tag v1 ${event('1', 1)}`,
        asRecorded,
      ],
      [`=> ${pinned('app', '1')} (ImageStreamTag)`],
    ],
    [
      'a tag that there is not, in a stream without a repository',
      'app -n shop',
      'plain',
      [
        '"app" is a short name: it asks image stream "app" for tag latest, since it names none.',
        noLabel,
        isOpen,
        'Its tag latest names no image; tags: v2, v1.',
      ],
      [
        '=> app stays as it is (NotTagged)',
        'To give it that tag: pinstream tag REGISTRY/IMAGE:TAG app:latest -n shop',
      ],
    ],
    [
      'a tag that there is not, in a stream with one',
      'repository:v9 -n shop',
      'plain',
      [
        '"repository:v9" is a short name: it asks image stream "repository" for tag v9.',
        noLabel,
        'Image stream shop/repository is open: its spec.lookupPolicy.local is true.',
        'Its tag v9 names no image; tags: v1.',
        'As in OpenShift, the name becomes the repository of the stream with that tag, without a digest.',
      ],
      [
        '=> registry.internal:5000/shop/repository:v9 (ImageStreamTagMissing)',
        'To give it that tag: pinstream tag REGISTRY/IMAGE:TAG repository:v9 -n shop',
      ],
    ],
    [
      'reference policy Local with an integrated registry',
      'repository:v1 -n shop',
      'plain',
      [
        '"repository:v1" is a short name: it asks image stream "repository" for tag v1.',
        noLabel,
        'Image stream shop/repository is open: its spec.lookupPolicy.local is true.',
        `Its tag v1 stands for ${digest('5')}: generation 3, from quay.io/acme/app@${digest('5')}.`,
        'Its reference policy is Local: it is pulled through the integrated registry, from registry.internal:5000/shop/repository.',
      ],
      [`=> registry.internal:5000/shop/repository@${digest('5')} (ImageStreamTag)`],
    ],
    [
      'reference policy Local with a cache',
      'local:v1 -n shop',
      'cache',
      [
        '"local:v1" is a short name: it asks image stream "local" for tag v1.',
        noLabel,
        'Image stream shop/local is open: its spec.lookupPolicy.local is true.',
        `Its tag v1 stands for ${digest('5')}: generation 3, from quay.io/acme/app@${digest('5')}.`,
        'Its reference policy is Local: it is pulled through a cache, from cache.example/acme/app.',
      ],
      [`=> cache.example/acme/app@${digest('5')} (Mirror)`],
    ],
    [
      'reference policy Local with neither',
      'local:v1 -n shop',
      'plain',
      [
        '"local:v1" is a short name: it asks image stream "local" for tag v1.',
        noLabel,
        'Image stream shop/local is open: its spec.lookupPolicy.local is true.',
        `Its tag v1 stands for ${digest('5')}: generation 3, from quay.io/acme/app@${digest('5')}.`,
        'Its reference policy is Local, but there is no integrated registry and no cache for it: it is pulled from where it came from.',
      ],
      [`=> quay.io/acme/app@${digest('5')} (ImageStreamTag)`],
    ],
    [
      'a closed stream',
      'closed:v1 -n shop',
      'plain',
      [
        '"closed:v1" is a short name: it asks image stream "closed" for tag v1.',
        noLabel,
        'Image stream shop/closed is not open for short names: its spec.lookupPolicy.local is not true.',
        asksNobody,
      ],
      ['=> closed:v1 stays as it is (LookupClosed)', toOpen('closed')],
    ],
    [
      'a closed stream in a namespace that opens all',
      'app:v1 -n all',
      'plain',
      [
        '"app:v1" is a short name: it asks image stream "app" for tag v1.',
        'Namespace all has the label pinstream.dev/image-lookup: all, so each of its streams is open for short names.',
        'Image stream all/app is open: its namespace opens all.',
        `Its tag v1 ${event('1', 1)}`,
        asRecorded,
      ],
      [`=> ${pinned('app', '1')} (ImageStreamTag)`],
    ],
    [
      'a namespace that leaves all alone',
      'app:v1 -n off',
      'plain',
      [
        '"app:v1" is a short name: it asks image stream "app" for tag v1.',
        'Namespace off has the label pinstream.dev/image-lookup: disabled, so nothing is rewritten in it; rules judge all the same.',
        'Image stream off/app is open: its spec.lookupPolicy.local is true.',
        `Its tag v1 ${event('1', 1)}`,
        asRecorded,
      ],
      [
        '=> app:v1 stays as it is (LookupDisabled)',
        'To have its streams asked: pinstream set namespace-lookup enabled -n off',
      ],
    ],
    [
      'a namespace whose streams are not asked',
      'app:v1 -n other',
      'plain',
      [
        '"app:v1" is a short name: it asks image stream "app" for tag v1.',
        'Namespace other has the label pinstream.dev/image-lookup: fallback, so its streams are not asked.',
        asksNobody,
      ],
      [
        '=> app:v1 stays as it is (LookupDisabled)',
        'To have its streams asked: pinstream set namespace-lookup enabled -n other',
      ],
    ],
    [
      'a label that means nothing',
      'nginx -n odd',
      'plain',
      [
        '"nginx" is a short name: it asks image stream "nginx" for tag latest, since it names none.',
        `Namespace odd has the label pinstream.dev/image-lookup: yes, which is no value that is known: ${oneByOne}`,
        'There is no image stream "nginx" in namespace odd.',
        asksNobody,
      ],
      [
        '=> nginx stays as it is (NoStream)',
        'To give it a stream: pinstream import-image nginx:latest --from REGISTRY/IMAGE:TAG --confirm -n odd',
        'and then, to open it: pinstream set image-lookup nginx -n odd',
      ],
    ],
    [
      'a registry that has it',
      'nginx:1 -n shop',
      'search',
      [
        '"nginx:1" is a short name: it asks image stream "nginx" for tag 1.',
        noLabel,
        'There is no image stream "nginx" in namespace shop.',
        `Registry HOST is asked for HOST/nginx:1: it has ${digest('a')}.`,
      ],
      [`=> HOST/nginx@${digest('a')} (Fallback)`],
    ],
    [
      'registries that have none of a closed stream',
      'closed:v1 -n shop',
      'search',
      [
        '"closed:v1" is a short name: it asks image stream "closed" for tag v1.',
        noLabel,
        'Image stream shop/closed is not open for short names: its spec.lookupPolicy.local is not true.',
        'Registry HOST is asked for HOST/closed:v1: it has none, or none for us.',
      ],
      ['=> closed:v1 stays as it is (FallbackNotFound)', toOpen('closed')],
    ],
    [
      'a name in full',
      'docker.io/library/nginx:1 -n shop',
      'plain',
      [
        '"docker.io/library/nginx:1" names its registry, docker.io: no image stream is asked.',
        noLabel,
        'No registry is asked about it: the configuration does not say fallback.pinQualified: true.',
      ],
      [
        '=> docker.io/library/nginx:1 stays as it is (Qualified)',
        'To pin it, write the short name of an image stream, or set fallback.pinQualified in the configuration.',
      ],
    ],
    [
      'a path, looked up because an annotation says so',
      'acme/closed:v1 -n shop --resolve-names',
      'plain',
      [
        `The annotation alpha.image.policy.openshift.io/resolve-names has every name looked up here: "acme/closed:v1" asks image stream "closed" for tag v1.`,
        noLabel,
        'Image stream shop/closed is open: the annotation alpha.image.policy.openshift.io/resolve-names asks it all the same.',
        `Its tag v1 ${event('1', 1).replaceAll('acme/app', 'acme/closed')}`,
        asRecorded,
      ],
      [`=> ${pinned('closed', '1')} (ImageStreamTag)`],
    ],
    [
      'a pull spec of the internal registry',
      'registry.internal:5000/other/app:v1 -n shop',
      'plain',
      [
        '"registry.internal:5000/other/app:v1" is a pull spec of the internal registry: it asks image stream other/app for tag v1.',
        noLabel,
        'Image stream other/app exists; a full pull spec needs no open one.',
        `Its tag v1 ${event('1', 1)}`,
        asRecorded,
        'The image policy does not rewrite names in full.',
      ],
      [
        '=> registry.internal:5000/other/app:v1 stays as it is (InternalRegistry)',
        'Which images are rewritten is said in the configuration: imagePolicy (docs/configuration.md).',
      ],
    ],
    [
      'a digest',
      `app@${digest('1')} -n shop`,
      'plain',
      [`"app@${digest('1')}" names a digest, so it says already which image it is.`],
      [`=> app@${digest('1')} stays as it is (AlreadyPinned)`],
    ],
    [
      'what is no image',
      'Foo -n shop',
      'plain',
      ['"Foo" is not an image reference: repository name must be lowercase.'],
      [
        '=> Foo stays as it is (Unparseable)',
        'An image is written [REGISTRY[:PORT]/][PATH/]NAME[:TAG][@DIGEST], the name in lower case.',
      ],
    ],
    [
      'an exempt namespace',
      'app:v1 -n kube-system',
      'plain',
      ['Namespace "kube-system" is exempt from image policy.'],
      [
        '=> app:v1 stays as it is (ExemptNamespace)',
        'To have it looked at, take kube-system out of lookup.exemptNamespaces, and the label openshift.io/run-level off it.',
      ],
    ],
    [
      'registry rules that let it pass',
      'app:v1 -n shop',
      'rules',
      [
        '"app:v1" is a short name: it asks image stream "app" for tag v1.',
        noLabel,
        isOpen,
        `Its tag v1 ${event('1', 1)}`,
        asRecorded,
        'The registry rules let it pass.',
      ],
      [`=> ${pinned('app', '1')} (ImageStreamTag)`],
    ],
    [
      'registry rules that do not',
      'nginx:1 -n shop',
      'rules',
      [
        '"nginx:1" is a short name: it asks image stream "nginx" for tag 1.',
        noLabel,
        'There is no image stream "nginx" in namespace shop.',
        'The rules refuse it: docker.io/library/nginx is in none of the allowed registries (quay.example.com/acme/app).',
      ],
      [
        '=> denied (RegistryNotAllowed): docker.io/library/nginx is in none of the allowed registries (quay.example.com/acme/app)',
        'Registries are allowed and blocked in the configuration: registrySources (docs/configuration.md).',
      ],
    ],
    [
      'execution rules that let it pass',
      'app:v1 -n shop --kind Pod',
      'policy',
      [
        '"app:v1" is a short name: it asks image stream "app" for tag v1.',
        noLabel,
        isOpen,
        `Its tag v1 ${event('1', 1)}`,
        asRecorded,
        'The execution rules for pods let it pass.',
      ],
      [`=> ${pinned('app', '1')} (ImageStreamTag)`],
    ],
    [
      'a policy that requires an exact image',
      'quay.io/a/b:1 -n shop',
      'policy',
      [
        '"quay.io/a/b:1" names its registry, quay.io: no image stream is asked.',
        noLabel,
        'The image policy refuses it: the image policy requires an exact image: "quay.io/a/b:1" names its registry or repository in full.',
      ],
      [
        '=> denied (ResolutionRequired): the image policy requires an exact image: "quay.io/a/b:1" names its registry or repository in full',
        'What is required of images is said in the configuration: imagePolicy (docs/configuration.md).',
      ],
    ],
    [
      'an execution rule that refuses it',
      'app:v1 -n shop',
      'no',
      [
        '"app:v1" is a short name: it asks image stream "app" for tag v1.',
        noLabel,
        isOpen,
        `Its tag v1 ${event('1', 1)}`,
        asRecorded,
        'The image policy refuses it: execution rule "none" refuses "app:v1".',
      ],
      [
        '=> denied (ExecutionRule): execution rule "none" refuses "app:v1"',
        'What is required of images is said in the configuration: imagePolicy (docs/configuration.md).',
      ],
    ],
  ])('%s', async (_what, words, config, steps, end) => {
    const lines = [...steps.map((step, index) => `${index + 1}. ${step}`), ...end];
    expect(await explained(words, config)).toBe(lines.map((line) => `${line}\n`).join(''));
  });

  test('a registry that does not answer', async () => {
    const gone = await startImageRegistry();
    await gone.stop();
    const config = { registrySources: { containerRuntimeSearchRegistries: [gone.host] } };
    await folder.write({ 'gone.yaml': config });
    const { out } = await folder.run([
      'explain',
      'web:1',
      '-n',
      'shop',
      '--objects',
      'DIR/streams',
      '--config',
      'DIR/gone.yaml',
    ]);
    expect(out.replaceAll(gone.host, 'HOST')).toMatch(
      /\n4\. Registry HOST is asked for HOST\/web:1: it does not say \(.+\)\.\n=> web:1 stays as it is \(FallbackFailed\)\n/,
    );
  });
});

test('for programs it is one object', async () => {
  expect(JSON.parse(await explained('closed:v1 -n shop -o json'))).toEqual({
    image: 'closed:v1',
    namespace: 'shop',
    outcome: 'unchanged',
    reason: 'LookupClosed',
    message: 'image stream shop/closed is not open for lookup (spec.lookupPolicy.local)',
    to: 'closed:v1',
    steps: expect.arrayContaining([noLabel]),
    advice: [toOpen('closed')],
  });
});

test.each(['Deployment', 'deploy', 'cronjobs', 'Job', 'statefulset.apps', 'pod', 'dc'])(
  'in a %s it is the same image',
  async (kind) =>
    expect(await explained(`app:v2 -n shop --kind ${kind}`)).toContain(`=> ${pinned('app', '2')} `),
);

test.each([
  ['-n shop', 'error: an image is required, such as keycloak:20.0\n'],
  ['a b -n shop', 'error: one image at a time, not also "b"\n'],
  ['a -n shop --kind Service', 'error: --kind Service is no kind of workload, such as Deployment\n'],
  ['app:v1', 'error: DIR/streams has image streams of several namespaces'],
])('%s is refused', async (words, error) => {
  const { code, err } = await folder.run(['explain', ...words.split(' '), '--objects', 'DIR/streams']);
  expect(code).toBe(1);
  expect(err.slice(0, error.length)).toBe(error);
});
