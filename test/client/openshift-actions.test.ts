import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { StreamActions } from '../../src/commands/stream-actions.ts';
import { newStream, withSpec, withSpecTag, type SpecTagObject } from '../../src/commands/stream-object.ts';
import type { JsonObject } from '../../src/json/untyped.ts';
import { vectorGroup } from '../support/vectors.ts';
import { key, startOpenShift, wait, webStream, type Answer, type OpenShift } from './openshift-server.ts';

const writing = { dryRun: 'none' } as const;
const tag: SpecTagObject = {
  name: '1',
  from: { kind: 'DockerImage', name: 'reg.test/web:1' },
  importPolicy: { scheduled: true, importMode: 'Legacy' },
  referencePolicy: { type: 'Source' },
};
const digest = `sha256:${'a'.repeat(64)}`;

let openShift: OpenShift | undefined;

async function on(
  script: Readonly<Record<string, Answer | readonly Answer[]>>,
): Promise<OpenShift & { readonly actions: StreamActions }> {
  return (openShift = await startOpenShift(script));
}

afterEach(async () => {
  await openShift?.stop();
  openShift = undefined;
});

describe('tagging on OpenShift asks what oc asks', () => {
  interface Vector {
    readonly id: string;
    readonly action: 'set' | 'delete';
    readonly serverAnswers: Readonly<Record<string, number>>;
    readonly expect: { readonly requests: readonly string[]; readonly exit: number };
  }
  it.each(vectorGroup<Vector>('ocTagRequests'))(
    '%s',
    async (_id, { action, serverAnswers, expect: expected }) => {
      const script = Object.fromEntries(
        Object.entries(serverAnswers).map(([call, code]) => [
          call,
          call === 'GET imagestreams' && code === 200 ? { code, body: webStream() } : code,
        ]),
      );
      const { actions, calls } = await on(script);
      const done =
        action === 'set' ? actions.setTag(key, tag, writing) : actions.removeTag(key, '1', writing);
      const exit = await done.then(
        () => 0,
        () => 1,
      );
      expect({ requests: calls(), exit }).toEqual(expected);
    },
  );
});

describe('setTag', () => {
  it('sends the whole spec tag, and generation 0 so that an image is imported now', async () => {
    const { actions, bodyOf, requests } = await on({ 'PUT imagestreamtags': 200 });
    await actions.setTag(key, { ...tag, annotations: { note: 'x' } }, writing);
    expect(requests[0]?.path).toBe('/apis/image.openshift.io/v1/namespaces/demo/imagestreamtags/web:1');
    expect(bodyOf('PUT imagestreamtags')).toEqual({
      apiVersion: 'image.openshift.io/v1',
      kind: 'ImageStreamTag',
      metadata: { name: 'web:1', namespace: 'demo', annotations: { note: 'x' } },
      tag: { ...tag, annotations: { note: 'x' }, generation: 0 },
    });
  });

  it('sends no generation for a source in a stream', async () => {
    const { actions, bodyOf } = await on({ 'PUT imagestreamtags': 200 });
    const alias = { ...tag, from: { kind: 'ImageStreamTag', name: 'web:2' } };
    await actions.setTag(key, alias, writing);
    expect(bodyOf('PUT imagestreamtags').tag).toEqual(alias);
  });

  it('replaces the spec tag of the stream on the old way, with the version that was read', async () => {
    const { actions, bodyOf } = await on({
      'PUT imagestreamtags': 403,
      'POST imagestreamtags': 405,
      'GET imagestreams': { code: 200, body: webStream() },
      'PUT imagestreams': 200,
    });
    await actions.setTag(key, tag, writing);
    expect(bodyOf('PUT imagestreams')).toEqual({
      ...webStream(),
      spec: { tags: [{ ...tag, generation: 0 }] },
    });
  });

  it.each([
    ['a conflict that passes', [409, 409, 200], 3, true],
    ['a conflict that stays', [409], 5, false],
  ])('tries again at %s', async (_what, answers, requests, isSet) => {
    const { actions, calls } = await on({ 'PUT imagestreamtags': answers });
    const done = actions.setTag(key, tag, writing);
    if (isSet) await done;
    else await expect(done).rejects.toThrow('Conflict (scripted)');
    expect(calls()).toHaveLength(requests);
  });

  it.each([
    ['client', []],
    ['server', [{ dryRun: 'All' }]],
  ] as const)('with a dry run at the %s sends %j', async (dryRun, queries) => {
    const { actions, requests } = await on({ 'PUT imagestreamtags': 200 });
    await actions.setTag(key, tag, { dryRun });
    expect(requests.map(({ query }) => query)).toEqual(queries);
  });
});

describe('createTag', () => {
  it('makes the tag as it is given', async () => {
    const { actions, bodyOf, calls } = await on({ 'POST imagestreamtags': 201 });
    await actions.createTag(key, tag, writing);
    expect(calls()).toEqual(['POST imagestreamtags']);
    expect(bodyOf('POST imagestreamtags').tag).toEqual(tag);
  });
});

describe('removeTag', () => {
  it.each([
    ['the server removes it', { 'DELETE imagestreamtags': 200 }, 'removed'],
    [
      'there is no stream on the old way',
      { 'DELETE imagestreamtags': 403, 'GET imagestreams': 404 },
      'noStream',
    ],
  ])('%s', async (_what, script, expected) => {
    const { actions } = await on(script);
    expect(await actions.removeTag(key, '1', writing)).toBe(expected);
  });

  it('takes the spec tag alone out of the stream on the old way', async () => {
    const { actions, bodyOf } = await on({
      'DELETE imagestreamtags': 405,
      'GET imagestreams': { code: 200, body: webStream() },
      'PUT imagestreams': 200,
    });
    await actions.removeTag(key, '1', writing);
    expect(bodyOf('PUT imagestreams').spec).toEqual({ tags: [] });
  });

  it('says which tag is missing on the old way', async () => {
    const { actions } = await on({
      'DELETE imagestreamtags': 405,
      'GET imagestreams': { code: 200, body: webStream() },
    });
    await expect(actions.removeTag(key, '2', writing)).rejects.toThrow(
      'destination tag demo/web:2 does not exist.',
    );
  });
});

describe('importImages', () => {
  const image = { metadata: { name: digest } };
  const imported = (status: JsonObject): Answer => ({ code: 201, body: { status } });
  const order = {
    key,
    change: (stream: JsonObject | undefined) => withSpecTag(stream ?? newStream(key), tag),
    tags: ['1'],
    lookOnly: false,
    wait,
  };

  it('sends the tags of the changed stream, and the version that they were made from', async () => {
    const { actions, bodyOf, calls } = await on({
      'GET imagestreams': { code: 200, body: webStream() },
      'POST imagestreamimports': imported({
        import: webStream(),
        images: [{ tag: '1', image, status: { status: 'Success' } }],
      }),
    });
    const answer = await actions.importImages(order);
    expect(calls()).toEqual(['GET imagestreams', 'POST imagestreamimports']);
    expect(bodyOf('POST imagestreamimports')).toEqual({
      apiVersion: 'image.openshift.io/v1',
      kind: 'ImageStreamImport',
      metadata: { name: 'web', namespace: 'demo', resourceVersion: '7' },
      spec: {
        import: true,
        images: [
          {
            from: { kind: 'DockerImage', name: 'reg.test/web:1' },
            to: { name: '1' },
            importPolicy: { scheduled: true, importMode: 'Legacy' },
            referencePolicy: { type: 'Source' },
          },
        ],
      },
    });
    expect(answer).toEqual({
      stream: webStream(),
      tags: [{ tag: '1', ok: true, image: { apiVersion: 'image.openshift.io/v1', kind: 'Image', ...image } }],
      notes: [],
    });
  });

  it('sends a whole repository with its policy, and names the tags that were too many', async () => {
    const { actions, bodyOf } = await on({
      'GET imagestreams': 404,
      'POST imagestreamimports': imported({
        import: webStream(),
        repository: {
          status: { status: 'Success' },
          images: [
            { tag: '1', image, status: { status: 'Success' } },
            { tag: '2', status: { status: 'Failure', reason: 'NotFound', message: 'gone' } },
          ],
          additionalTags: ['3', '4'],
        },
      }),
    });
    const answer = await actions.importImages({
      ...order,
      change: () => withSpec(newStream(key), { dockerImageRepository: 'reg.test/web' }),
      tags: 'repository',
      repositoryPolicy: {
        importPolicy: { importMode: 'PreserveOriginal' },
        referencePolicy: { type: 'Local' },
      },
    });
    expect(bodyOf('POST imagestreamimports')).toMatchObject({
      metadata: { name: 'web', namespace: 'demo' },
      spec: {
        import: true,
        repository: {
          from: { kind: 'DockerImage', name: 'reg.test/web' },
          importPolicy: { importMode: 'PreserveOriginal' },
          referencePolicy: { type: 'Local' },
        },
      },
    });
    expect(answer.tags.map((row) => (row.ok ? row.tag : `${row.tag}: ${row.message}`))).toEqual([
      '1',
      '2: gone',
    ]);
    expect(answer.additionalTags).toEqual({ count: 2, names: ['3', '4'] });
  });

  it.each<[string, JsonObject, object]>([
    [
      'a tag that failed',
      { images: [{ status: { status: 'Failure', message: 'no such image', reason: 'NotFound' } }] },
      { tags: [{ tag: '1', ok: false, message: 'no such image' }] },
    ],
    [
      'a tag without a word about it',
      { images: [{ tag: '1', status: { status: 'Success' } }] },
      { tags: [{ tag: '1', ok: false, message: 'unknown error prevented import' }] },
    ],
    [
      'a repository that failed',
      { repository: { status: { status: 'Failure', reason: 'Unauthorized', message: 'who are you' } } },
      { tags: [], repositoryFailure: 'who are you' },
    ],
  ])('tells of %s', async (_what, status, expected) => {
    const { actions } = await on({ 'GET imagestreams': 404, 'POST imagestreamimports': imported(status) });
    expect(await actions.importImages(order)).toEqual({ stream: undefined, notes: [], ...expected });
  });

  it('only looks where that is asked', async () => {
    const { actions, bodyOf } = await on({
      'GET imagestreams': 404,
      'POST imagestreamimports': imported({}),
    });
    await actions.importImages({ ...order, lookOnly: true });
    expect(bodyOf('POST imagestreamimports').spec).toMatchObject({ import: false });
  });

  it('accepts a registry that nobody vouches for where the stream says so', async () => {
    const insecure = { 'openshift.io/image.insecureRepository': 'true' };
    const stream = webStream({ metadata: { name: 'web', namespace: 'demo', annotations: insecure } });
    const { actions, bodyOf } = await on({
      'GET imagestreams': { code: 200, body: stream },
      'POST imagestreamimports': imported({}),
    });
    await actions.importImages(order);
    expect(bodyOf('POST imagestreamimports').spec).toMatchObject({
      images: [{ importPolicy: { insecure: true, scheduled: true } }],
    });
  });

  it('reads the stream again where somebody wrote it in between', async () => {
    const later = webStream({ metadata: { name: 'web', namespace: 'demo', resourceVersion: '8' } });
    const { actions, bodyOf } = await on({
      'GET imagestreams': [
        { code: 200, body: webStream() },
        { code: 200, body: later },
      ],
      'POST imagestreamimports': [409, imported({ import: later })],
    });
    expect((await actions.importImages(order)).stream).toEqual(later);
    expect(bodyOf('POST imagestreamimports').metadata).toMatchObject({ resourceVersion: '8' });
  });
});

describe('finishTag', () => {
  const withStatus = (...tags: readonly JsonObject[]): Answer => ({
    code: 200,
    body: webStream({ status: { tags } }),
  });
  const item = (generation: number) => ({
    generation,
    image: digest,
    dockerImageReference: `reg.test/web@${digest}`,
  });
  const failure = { type: 'ImportSuccess', status: 'False', reason: 'NotFound', message: 'no such image' };

  it.each<[string, readonly Answer[], object, number]>([
    [
      'an image of the generation asked for',
      [withStatus({ tag: '1', items: [item(2)] }), withStatus({ tag: '1', items: [item(3), item(2)] })],
      { tag: '1', ok: true, image: { metadata: { name: digest } } },
      2,
    ],
    [
      'a failure of the generation asked for',
      [
        withStatus({ tag: '1', items: [item(2)] }),
        withStatus({ tag: '1', items: [item(2)], conditions: [{ ...failure, generation: 3 }] }),
      ],
      { tag: '1', ok: false, message: 'no such image' },
      2,
    ],
  ])('waits for %s', async (_what, answers, expected, reads) => {
    const { actions, calls } = await on({
      'GET imagestreams': answers,
      'GET imagestreamimages': { code: 200, body: { image: { metadata: { name: digest } } } },
    });
    expect((await actions.finishTag(key, '1', wait)).tags).toEqual([expected]);
    expect(calls().filter((call) => call === 'GET imagestreams')).toHaveLength(reads);
  });

  it('waits for nothing where no import answers', async () => {
    const reference = {
      name: '1',
      reference: true,
      generation: 3,
      from: { kind: 'DockerImage', name: 'reg.test/web:1' },
    };
    const { actions } = await on({
      'GET imagestreams': { code: 200, body: webStream({ spec: { tags: [reference] } }) },
    });
    expect((await actions.finishTag(key, '1', wait)).tags).toEqual([
      { tag: '1', ok: true, image: undefined },
    ]);
  });

  it('gives up in time, and says what can be done', async () => {
    const onProgress = jest.fn<(text: string) => void>();
    const { actions } = await on({ 'GET imagestreams': withStatus() });
    await expect(actions.finishTag(key, '1', { ms: 100, onProgress })).rejects.toThrow(
      'demo/web:1 is not imported after 0.1s: it is set, and OpenShift imports it when it comes to it; ' +
        'pinstream import-image web:1 does it now, --request-timeout waits longer',
    );
    expect(onProgress).toHaveBeenCalledWith('the import of web:1');
  });
});

describe('presenceOf', () => {
  const stream = webStream({
    status: {
      tags: [
        {
          tag: '1',
          items: [{ image: digest, dockerImageReference: `reg.test/web@${digest}`, generation: 2 }],
        },
      ],
    },
  });
  const said = (status: JsonObject): Answer => ({ code: 201, body: { status: { images: [{ status }] } } });

  it.each<[string, Answer, string]>([
    ['has it', said({ status: 'Success' }), 'present'],
    ['does not have it', said({ status: 'Failure', reason: 'NotFound' }), 'gone'],
    ['does not say', said({ status: 'Failure', reason: 'Unauthorized' }), 'unknown'],
    ['may not be asked', 403, 'unknown'],
    ['is not on the list of those allowed', 422, 'unknown'],
  ])('a registry that %s', async (_what, answer, expected) => {
    const { actions, bodyOf } = await on({
      'GET imagestreams': { code: 200, body: stream },
      'POST imagestreamimports': answer,
    });
    expect(await actions.presenceOf(key, '1', digest, wait)).toBe(expected);
    expect(bodyOf('POST imagestreamimports').spec).toEqual({
      import: false,
      images: [
        {
          from: { kind: 'DockerImage', name: `reg.test/web@${digest}` },
          importPolicy: { importMode: 'PreserveOriginal' },
        },
      ],
    });
  });

  it('knows only images of the history', async () => {
    const { actions } = await on({ 'GET imagestreams': { code: 200, body: stream } });
    const other = `sha256:${'b'.repeat(64)}`;
    await expect(actions.presenceOf(key, '1', other, wait)).rejects.toThrow(
      `web:1 has no image ${other} in its history`,
    );
  });
});
