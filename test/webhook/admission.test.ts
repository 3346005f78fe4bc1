import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import jsonpatch from 'fast-json-patch';
import { closedStream, namespace, openStream, pinned } from '../support/objects.ts';
import { creation, deploymentOf, podOf, update, type Workload } from '../support/reviews.ts';
import { startServer, type ReviewRequest, type ReviewResponse, type TestServer } from '../support/server.ts';

/** What design.md and the spec say beside the vectors, asked of the program as an API server asks it. */
const resolvedImages = 'pinstream.dev/resolved-images';
const v1 = pinned('app', '1');
const v2 = pinned('app', '2');

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    objects: [
      openStream('shop', 'app', ['v1', 'v2']),
      openStream('shop', 'many', ['t1', 't2', 't3', 't4', 't5', 't6', 't7']),
      closedStream('shop', 'closed', ['v1']),
      ...['all', 'enabled', 'fallback', 'disabled', 'nonsense'].flatMap((mode) => [
        namespace(`is-${mode}`, { 'pinstream.dev/image-lookup': mode }),
        openStream(`is-${mode}`, 'app', ['v1']),
        closedStream(`is-${mode}`, 'closed', ['v1']),
      ]),
      openStream('kube-system', 'app', ['v1']),
      closedStream('kube-system', 'closed', ['v1']),
      namespace('run-level', { 'openshift.io/run-level': '1' }),
      openStream('run-level', 'app', ['v1']),
    ],
  });
});
afterAll(() => server.stop());

const mutate = (request: ReviewRequest): Promise<ReviewResponse> => server.review('/mutate', request);

/** The object as it is admitted. */
async function admitted(request: ReviewRequest): Promise<Workload> {
  const { patch } = await mutate(request);
  return jsonpatch.applyPatch(request.object as Workload, [...patch], true, false).newDocument;
}

const imageOf = (object: Workload): unknown => {
  const { template = object } = object.spec as { template?: { spec: object } };
  return (template.spec as { containers: { image: unknown }[] }).containers[0]?.image;
};
const recordOf = (object: Workload): unknown => {
  const record = object.metadata.annotations?.[resolvedImages];
  return record === undefined ? undefined : JSON.parse(record);
};
const entry = (from: string, to: string) => {
  const source = { kind: 'ImageStreamTag', namespace: 'shop', name: from, generation: 1 };
  return { from, to, source, reason: 'ImageStreamTag' };
};

describe('what is left alone on request', () => {
  test.each<[string, Workload, unknown]>([
    ['nothing asked', deploymentOf('app:v1'), v1],
    [
      'skip on the object',
      deploymentOf('app:v1', { annotations: { 'pinstream.dev/skip': 'true' } }),
      'app:v1',
    ],
    [
      'skip on the template',
      deploymentOf('app:v1', { templateAnnotations: { 'pinstream.dev/skip': 'true' } }),
      'app:v1',
    ],
    ['skip with another value', deploymentOf('app:v1', { annotations: { 'pinstream.dev/skip': 'yes' } }), v1],
    [
      'this container, on the object',
      deploymentOf('app:v1', { annotations: { 'pinstream.dev/skip-containers': 'a, c ,d' } }),
      'app:v1',
    ],
    [
      'this container, on the template',
      deploymentOf('app:v1', { templateAnnotations: { 'pinstream.dev/skip-containers': 'c' } }),
      'app:v1',
    ],
    [
      'another container',
      deploymentOf('app:v1', { annotations: { 'pinstream.dev/skip-containers': 'cc,C' } }),
      v1,
    ],
    ['skip on a Pod', podOf('app:v1', { annotations: { 'pinstream.dev/skip': 'true' } }), 'app:v1'],
  ])('%s', async (_title, object, image) => {
    const answer = await mutate(creation(object));
    expect(answer).toMatchObject({ allowed: true });
    expect(answer).not.toHaveProperty('warnings');
    expect(imageOf(await admitted(creation(object)))).toBe(image);
  });
});

describe('the namespace’s label says whose streams are asked', () => {
  test.each([
    ['is-enabled', v1, 'closed:v1'],
    ['is-all', v1, pinned('closed', '1')],
    ['is-fallback', 'app:v1', 'closed:v1'],
    ['is-disabled', 'app:v1', 'closed:v1'],
    ['is-nonsense', v1, 'closed:v1'],
    ['unheard-of', 'app:v1', 'closed:v1'],
  ])('%s', async (name, open, closed) => {
    expect(imageOf(await admitted(creation(podOf('app:v1'), name)))).toBe(open);
    expect(imageOf(await admitted(creation(podOf('closed:v1'), name)))).toBe(closed);
  });

  test('where it is disabled nobody is warned', async () => {
    expect(await mutate(creation(podOf('closed:v1'), 'is-disabled'))).not.toHaveProperty('warnings');
  });
});

describe('warnings', () => {
  test.each<[string, Workload, string, readonly RegExp[]]>([
    ['a name that no stream has', podOf('nginx:1'), 'shop', []],
    ['a name in full', podOf('quay.io/acme/app:v1'), 'shop', []],
    ['what was found', podOf('app:v1'), 'shop', []],
    ['a closed stream', podOf('closed:v1'), 'shop', [/"closed:v1".*shop\/closed is not open/]],
    [
      'a missing tag: the newest first, five, and how many more',
      podOf('many:t9'),
      'shop',
      [/shop\/many .*t7, t6, t5, t4, t3, \+2 more/],
    ],
    [
      'a missing tag of a stream with few',
      podOf('app'),
      'shop',
      [/"latest"; tags: v2, v1$|"latest".*tags: v2, v1/],
    ],
    [
      'an exempt namespace where a stream would have answered',
      podOf('app:v1'),
      'kube-system',
      [/kube-system.*exempt/],
    ],
    ['a namespace exempt by its run level', podOf('app:v1'), 'run-level', [/run-level.*exempt/]],
    ['an exempt namespace where none would', podOf('nginx:1'), 'kube-system', []],
    ['an exempt namespace whose stream is closed', podOf('closed:v1'), 'kube-system', []],
    ['an exempt namespace and a name in full', podOf('quay.io/acme/app:v1'), 'kube-system', []],
  ])('%s', async (_title, object, where, expected) => {
    const { allowed, warnings = [] } = await mutate(creation(object, where));
    expect(allowed).toBe(true);
    expect(warnings).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  });

  test('at most ten, each one line of at most 120 characters', async () => {
    const containers = Array.from({ length: 30 }, (_, at) => ({
      name: `c${at}`,
      image: `closed:v${at}-${'v'.repeat(100)}`,
    }));
    const { warnings = [] } = await mutate(creation(podOf('app:v1', { spec: { containers } })));
    expect(warnings).toHaveLength(10);
    for (const warning of warnings) expect(warning).toMatch(/^.{1,120}$/);
    expect(warnings[9]).toMatch(/^21 more images have warnings/);
  });

  test('the same twice is said once', async () => {
    const containers = ['a', 'b'].map((name) => ({ name, image: 'closed:v1' }));
    expect((await mutate(creation(podOf('', { spec: { containers } })))).warnings).toHaveLength(1);
  });
});

test('audit annotations: a line an image, keyed by its place', async () => {
  const spec = {
    initContainers: [
      { name: 'i0', image: 'nginx:1' },
      { name: 'i1', image: 'app:v2', restartPolicy: 'Always' },
    ],
    containers: [{ name: 'c', image: 'app:v1' }],
    volumes: [
      { name: 'data', emptyDir: {} },
      { name: 'model', image: { reference: 'app:v1' } },
    ],
  };
  expect((await mutate(creation(podOf('', { spec })))).auditAnnotations).toEqual({
    'initContainers.0': 'nginx:1 unchanged (NoStream)',
    'initContainers.1': `app:v2 -> ${v2} (ImageStreamTag shop/app:v2, generation 1)`,
    'containers.0': `app:v1 -> ${v1} (ImageStreamTag shop/app:v1, generation 1)`,
    'volumes.1': `app:v1 -> ${v1} (ImageStreamTag shop/app:v1, generation 1)`,
  });
});

describe('the record of original names', () => {
  const annotated = (image: string, record: unknown) =>
    podOf(image, { annotations: { [resolvedImages]: JSON.stringify(record) } });

  test.each<[string, ReviewRequest, unknown]>([
    ['is made on creation', creation(podOf('app:v1')), { c: entry('app:v1', v1) }],
    ['is not made where nothing changes', creation(podOf('nginx:1')), undefined],
    ['is on the object, for a template too', creation(deploymentOf('app:v1')), { c: entry('app:v1', v1) }],
    [
      'stays while the image does',
      update(annotated(v1, { c: entry('app:v1', v1) }), annotated(v1, { c: entry('app:v1', v1) })),
      { c: entry('app:v1', v1) },
    ],
    [
      'comes back when a client drops it',
      update(annotated(v1, { c: entry('app:v1', v1) }), podOf(v1)),
      { c: entry('app:v1', v1) },
    ],
    [
      'is as it was stored, whatever a client makes of it',
      update(annotated(v1, { c: entry('app:v1', v1) }), annotated(v1, { c: entry('other:v9', v1) })),
      { c: entry('app:v1', v1) },
    ],
    [
      'follows a new image',
      update(annotated(v1, { c: entry('app:v1', v1) }), annotated('app:v2', { c: entry('app:v1', v1) })),
      { c: entry('app:v2', v2) },
    ],
    [
      'loses the entry of an image that is set in full',
      update(
        annotated(v1, { c: entry('app:v1', v1) }),
        annotated('quay.io/a/b:1', { c: entry('app:v1', v1) }),
      ),
      {},
    ],
    [
      'keeps no entry that no image has',
      creation(annotated('nginx:1', { c: entry('app:v1', v1), d: entry('app:v1', v1) })),
      {},
    ],
    ['keeps nothing that is no entry', creation(annotated('nginx:1', { c: { to: 'nginx:1' } })), {}],
    [
      'takes the place of what is no record',
      creation(podOf('app:v1', { annotations: { [resolvedImages]: '{{{' } })),
      { c: entry('app:v1', v1) },
    ],
  ])('%s', async (_title, request, record) => {
    const object = await admitted(request);
    expect(recordOf(object)).toEqual(record);
    expect(JSON.stringify(object.spec)).not.toContain(resolvedImages);
  });

  test('names an image volume by its volume', async () => {
    const spec = { volumes: [{ name: 'model', image: { reference: 'app:v1' } }] };
    expect(recordOf(await admitted(creation(podOf('nginx:1', { spec }))))).toEqual({
      'volume:model': entry('app:v1', v1),
    });
  });
});

describe('image volumes', () => {
  const volumes = (reference: string) => ({ spec: { volumes: [{ name: 'model', image: { reference } }] } });
  const references = (object: Workload) => JSON.stringify(object).match(/"reference":"[^"]*"/g);

  test.each<[string, ReviewRequest, string]>([
    ['on creation of a Pod', creation(podOf('nginx:1', volumes('app:v1'))), v1],
    ['on creation of a Deployment', creation(deploymentOf('nginx:1', volumes('app:v1'))), v1],
    [
      'on update of a Deployment',
      update(deploymentOf('nginx:1', volumes('app:v2')), deploymentOf('nginx:1', volumes('app:v1'))),
      v1,
    ],
    [
      'not on update of a Deployment that has it already',
      update(deploymentOf('nginx:1', volumes('app:v1')), deploymentOf('nginx:2', volumes('app:v1'))),
      'app:v1',
    ],
    ['never on update of a Pod', update(podOf('nginx:1'), podOf('nginx:1', volumes('app:v1'))), 'app:v1'],
    [
      'not where a container of the volume’s name is skipped',
      creation(
        podOf('nginx:1', { ...volumes('app:v1'), annotations: { 'pinstream.dev/skip-containers': 'model' } }),
      ),
      v1,
    ],
    [
      'not where the volume is skipped',
      creation(
        podOf('nginx:1', {
          ...volumes('app:v1'),
          annotations: { 'pinstream.dev/skip-containers': 'volume:model' },
        }),
      ),
      'app:v1',
    ],
  ])('%s', async (_title, request, reference) => {
    expect(references(await admitted(request))).toEqual([`"reference":"${reference}"`]);
  });
});

describe('ephemeral containers come through a subresource', () => {
  const debugged = (images: readonly string[], owner?: { apiVersion: string; kind: string }) =>
    podOf(v1, {
      ...(owner && { owner }),
      spec: { ephemeralContainers: images.map((image, at) => ({ name: `debug-${at}`, image })) },
    });
  const through = (request: ReviewRequest): ReviewRequest => ({
    ...request,
    subResource: 'ephemeralcontainers',
  });

  test.each<[string, Workload, Workload]>([
    ['a new one', debugged([]), debugged(['app:v1'])],
    [
      'of a Pod that a ReplicaSet owns',
      debugged([], { apiVersion: 'apps/v1', kind: 'ReplicaSet' }),
      debugged(['app:v1'], { apiVersion: 'apps/v1', kind: 'ReplicaSet' }),
    ],
  ])('%s is resolved, and nothing else touched', async (_title, stored, object) => {
    const answer = await mutate(through(update(stored, object)));
    expect(answer.patch).toEqual([{ op: 'replace', path: '/spec/ephemeralContainers/0/image', value: v1 }]);
    expect(answer.auditAnnotations).toEqual({
      'ephemeralContainers.0': `app:v1 -> ${v1} (ImageStreamTag shop/app:v1, generation 1)`,
    });
  });

  test('those that are there already stay as they are', async () => {
    const answer = await mutate(through(update(debugged(['app:v1']), debugged(['app:v1', 'app:v2']))));
    expect(answer.patch).toEqual([{ op: 'replace', path: '/spec/ephemeralContainers/1/image', value: v2 }]);
  });

  test('and the Pod itself does not change them', async () => {
    expect((await mutate(update(debugged([]), debugged(['app:v1'])))).patch).toEqual([]);
  });
});

describe('updates', () => {
  test('an unchanged name stays, though its tag would say otherwise now', async () => {
    expect((await mutate(update(deploymentOf('app:v1'), deploymentOf('app:v1')))).patch).toEqual([]);
  });

  test('a Job keeps its images', async () => {
    const job = (image: string): Workload => ({
      ...deploymentOf(image),
      apiVersion: 'batch/v1',
      kind: 'Job',
    });
    expect(imageOf(await admitted(creation(job('app:v1'))))).toBe(v1);
    expect((await mutate(update(job('nginx:1'), job('app:v1')))).patch).toEqual([]);
  });
});

describe('reviews that are ordinary', () => {
  test('a server-side dry run is answered like the real thing', async () => {
    const request = creation(podOf('app:v1'));
    expect((await mutate({ ...request, dryRun: true })).patch).toEqual((await mutate(request)).patch);
  });

  test.each<[string, ReviewRequest]>([
    [
      'an unknown kind',
      creation({ apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'x' }, spec: {} }),
    ],
    ['a Pod without spec', creation({ ...podOf(''), spec: undefined } as unknown as Workload)],
    ['a Deployment without template', creation({ ...deploymentOf(''), spec: {} })],
    ['a deletion', { ...creation(podOf('app:v1')), operation: 'DELETE', object: null }],
    ['a connection', { ...creation(podOf('app:v1')), operation: 'CONNECT', subResource: 'exec' }],
    ['a status', { ...update(podOf('app:v1'), podOf('app:v1')), subResource: 'status' }],
    [
      'fields that nobody knows yet',
      {
        ...creation(podOf('nginx:1')),
        userInfo: { username: 'x' },
        options: {},
        requestKind: {},
        later: [1],
      },
    ],
  ])('%s: allowed as it is', async (_title, request) => {
    expect(await mutate(request)).toMatchObject({ allowed: true, patch: [] });
    expect(await server.review('/validate', request)).toMatchObject({ allowed: true, patch: [] });
  });

  test('a ReplicationController without template is refused, as upstream does', async () => {
    const object: Workload = {
      apiVersion: 'v1',
      kind: 'ReplicationController',
      metadata: { name: 'x' },
      spec: {},
    };
    const answer = await mutate(creation(object));
    expect(answer).toMatchObject({
      allowed: false,
      status: { kind: 'Status', code: 403, reason: 'Forbidden' },
    });
  });
});
