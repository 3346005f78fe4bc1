import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { eventually } from '../support/eventually.ts';
import { closedStream, namespace, openStream, pinned } from '../support/objects.ts';
import { reviewOf, startServer, type HttpAnswer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    objects: [
      openStream('shop', 'app', ['v1', 'v2']),
      openStream('other', 'app', ['v1']),
      closedStream('shop', 'closed', ['v1']),
      namespace('off', { 'pinstream.dev/image-lookup': 'disabled' }),
    ],
    config: { registrySources: { blockedRegistries: ['evil.example'] } },
  });
});
afterAll(() => server.stop());

interface Shown {
  readonly kind: string;
  readonly allowed: boolean;
  readonly notes?: readonly string[];
  readonly objects: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly allowed: boolean;
    readonly message?: string;
    readonly images: readonly { readonly to: string; readonly reason: string }[];
  }[];
}

async function shown(body: unknown, query = '?namespace=shop'): Promise<Shown> {
  const answer = await server.post(`/dry-run${query}`, body);
  expect(answer.code).toBe(200);
  return answer.json() as Shown;
}

const pod = (image: string, own?: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'x', ...(own === undefined ? {} : { namespace: own }) },
  spec: { containers: [{ name: 'c', image }] },
});

test('the JSON answer has the shape of the contract, and nothing else', async () => {
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { template: { spec: { containers: [{ name: 'web', image: 'app:v2' }] } } },
  };
  const answer = await server.post('/dry-run', deployment);
  const source = { kind: 'ImageStreamTag', namespace: 'shop', name: 'app:v2', generation: 1 };
  const to = pinned('app', '2');
  const record = { web: { from: 'app:v2', to, source, reason: 'ImageStreamTag' } };
  const path = '/spec/template/spec/containers/0/image';
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  expect(answer.json()).toEqual({
    apiVersion: 'pinstream.dev/v1',
    kind: 'DryRunResult',
    allowed: true,
    objects: [
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        namespace: 'shop',
        name: 'web',
        allowed: true,
        images: [
          {
            container: 'web',
            path,
            from: 'app:v2',
            to,
            outcome: 'rewritten',
            reason: 'ImageStreamTag',
            message: 'image stream tag shop/app:v2, generation 1',
            source,
          },
        ],
        patch: [
          { op: 'replace', path, value: to },
          {
            op: 'add',
            path: '/metadata/annotations',
            value: { 'pinstream.dev/resolved-images': JSON.stringify(record) },
          },
        ],
        warnings: [],
      },
    ],
  });
});

describe('what is asked about', () => {
  test.each<[string, unknown, readonly [string, string][]]>([
    ['an empty body', '', []],
    [
      'YAML',
      'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: app:v1\n',
      [['shop', 'ImageStreamTag']],
    ],
    ['JSON', pod('app:v1'), [['shop', 'ImageStreamTag']]],
    [
      'many documents',
      [pod('app:v1'), pod('none:v1')].map((object) => JSON.stringify(object)).join('\n---\n'),
      [
        ['shop', 'ImageStreamTag'],
        ['shop', 'NoStream'],
      ],
    ],
    [
      'a List',
      { kind: 'List', items: [pod('app:v1'), pod('app:v1', 'other')] },
      [
        ['shop', 'ImageStreamTag'],
        ['other', 'ImageStreamTag'],
      ],
    ],
    ['an object with a namespace of its own', pod('app:v2', 'other'), [['other', 'NotTagged']]],
    ['an object in a namespace that is left alone', pod('app:v1', 'off'), [['off', 'LookupDisabled']]],
    ['what has no images', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } }, [['shop', '']]],
    [
      'a kind of nobody knows what',
      { apiVersion: 'example.com/v1', kind: 'Thing', spec: { containers: [] } },
      [['shop', '']],
    ],
  ])('%s', async (_title, body, expected) => {
    const { objects } = await shown(body);
    const reasons = objects.map((object) => [object.namespace, object.images[0]?.reason ?? '']);
    expect(reasons).toEqual(expected);
  });

  test('without a namespace anywhere it is the namespace default, as everywhere in Kubernetes', async () => {
    expect((await shown(pod('app:v1'), '')).objects[0]).toMatchObject({ namespace: 'default' });
  });

  test('an AdmissionReview: its own operation and namespace count', async () => {
    const request = {
      uid: 'u',
      operation: 'UPDATE',
      namespace: 'shop',
      resource: { group: '', resource: 'pods' },
      object: pod('app:v1'),
      oldObject: pod('app:v1'),
    };
    const { objects } = await shown(reviewOf(request), '?namespace=other');
    expect(objects[0]).toMatchObject({ namespace: 'shop', images: [{ reason: 'UnchangedOnUpdate' }] });
  });

  test('a denial is an answer, not an error', async () => {
    const answer = await shown({ kind: 'List', items: [pod('evil.example/a/b:1'), pod('app:v1')] });
    expect(answer.allowed).toBe(false);
    expect(answer.objects.map(({ allowed }) => allowed)).toEqual([false, true]);
    expect(answer.objects[0]?.message).toMatch(/container "c", image "evil\.example\/a\/b:1".*evil\.example/);
  });
});

describe('what cannot be answered', () => {
  test.each<[string, unknown, Readonly<Record<string, string>>, number, RegExp]>([
    [
      'YAML that does not parse',
      'a: 1\n---\nb: 2\n---\nc: 1\nc: 2\n',
      {},
      400,
      /^document 3, line 6, column 1: .*unique/,
    ],
    ['a text', 'nonsense', {}, 400, /^document 1, line 1, column 1: not a Kubernetes object$/],
    ['an AdmissionReview without uid', reviewOf({ operation: 'CREATE' }), {}, 400, /request\.uid: missing/],
    ['a form', 'x', { 'content-type': 'multipart/form-data; boundary=x' }, 415, /--data-binary @FILE/],
    ['an unknown packing', 'x', { 'content-encoding': 'zstd' }, 415, /use gzip/],
    ['too much', ' '.repeat(16 * 1024 * 1024 + 1), {}, 413, /larger than 16777216 bytes/],
    [
      'objects deeper than any',
      `{"kind":"Pod","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      {},
      400,
      /nested deeper/,
    ],
  ])('%s', async (_title, body, headers, code, message) => {
    const answer = await server.post('/dry-run', body, headers);
    expect(answer.json()).toMatchObject({ kind: 'Status', code, message: expect.stringMatching(message) });
    expect(answer.code).toBe(code);
  });
});

describe('the answer’s form follows the Accept header', () => {
  const ask = (accept: string, body: unknown = pod('app:v1')): Promise<HttpAnswer> =>
    server.post('/dry-run?namespace=shop', body, { accept });

  test.each([
    ['*/*', 'application/json; charset=utf-8'],
    ['application/json', 'application/json; charset=utf-8'],
    ['application/yaml', 'application/yaml; charset=utf-8'],
    ['text/plain', 'text/plain; charset=utf-8'],
    ['text/html, text/plain;q=0.5', 'text/plain; charset=utf-8'],
    ['image/png', 'application/json; charset=utf-8'],
  ])('%s', async (accept, type) => {
    const answer = await ask(accept);
    expect([answer.code, answer.headers['content-type']]).toEqual([200, type]);
  });

  test('YAML is the objects as they would be admitted, each with its warnings; a denied one is a comment', async () => {
    const answer = await ask('application/yaml', {
      kind: 'List',
      items: [pod('app:v1'), pod('closed:v1'), pod('evil.example/a:1')],
    });
    const documents = parseAllDocuments(answer.text);
    if (!Array.isArray(documents)) throw new Error('no documents');
    const [first, second, third] = documents.map(
      (document) => document.toJS() as ReturnType<typeof pod> | null,
    );
    expect(first?.spec.containers[0]?.image).toBe(pinned('app', '1'));
    expect(second).toEqual(pod('closed:v1'));
    expect(third).toBeNull();
    expect(answer.text).toMatch(/^# warning: .*image stream shop\/closed is not open/m);
    expect(answer.text).toMatch(/^# Pod x would be denied: .*evil\.example/m);
  });

  test('a table', async () => {
    expect((await ask('text/plain')).text).toBe(
      `
Pod x in shop: allowed, 1 of 1 image rewritten
  CONTAINER   REASON           IMAGE
  c           ImageStreamTag   app:v1 (generation 1)
                               → quay.example.com/acme/app@sha256:111111111111…
`.trimStart(),
    );
  });
});

test('a broken file is noted in every answer until it is whole again', async () => {
  await server.writeObjects('broken.yaml', 'kind: ImageStream\nspec: [\n');
  const describe = 'the note of the broken file';
  await eventually(
    async () => {
      expect((await shown(pod('app:v1'))).notes).toEqual([
        expect.stringMatching(/^broken\.yaml:3:1: .*last good version stays in force\)$/),
      ]);
    },
    { describe, timeoutMs: 10_000 },
  );
  await server.writeObjects('broken.yaml', 'kind: ConfigMap\n');
  await eventually(async () => expect(await shown(pod('app:v1'))).not.toHaveProperty('notes'), {
    describe,
    timeoutMs: 10_000,
  });
});

test.each([
  ['an empty body', ''],
  ['comments alone, which is what curl -d makes of a file that begins with one', '# a Podkind: Pod'],
])('%s: nothing is allowed, and it is said', async (_title, body) => {
  const notes = [expect.stringMatching(/^the input holds no object .*--data-binary/)];
  expect(await shown(body)).toMatchObject({ allowed: true, objects: [], notes });
  const yaml = await server.post('/dry-run', body, { accept: 'application/yaml' });
  expect(yaml.text).toMatch(/^# note: the input holds no object .*\n$/);
});

test.each<[string, string, string, RegExp]>([
  ['an object without a kind', '', 'apiVersion: v1\n', /^object 1: not a Kubernetes object: it has no kind$/],
  ['two namespaces in the query', '?namespace=a&namespace=b', 'kind: Pod\n', /more than one namespace/],
])('%s: 400', async (_title, query, body, message) => {
  const answer = await server.post(`/dry-run${query}`, body);
  expect(answer.json()).toMatchObject({ kind: 'Status', code: 400, message: expect.stringMatching(message) });
});
