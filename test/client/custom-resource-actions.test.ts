import { afterEach, describe, expect, it } from '@jest/globals';
import { customResourceActions } from '../../src/client/custom-resource-actions.ts';
import { imageStreams } from '../../src/commands/kinds.ts';
import type { ObjectClient } from '../../src/commands/object-client.ts';
import type { ImportOrder, StreamActions, Wait } from '../../src/commands/stream-actions.ts';
import { withSpecTag } from '../../src/commands/stream-object.ts';
import { asText, objectAt, type JsonObject } from '../../src/json/untyped.ts';
import { memoryObjects, type MemoryObjects } from '../support/memory-objects.ts';
import { digest } from '../support/objects.ts';

const key = { namespace: 'shop', name: 'web' };
const tag = { name: '1', from: { kind: 'DockerImage', name: 'q.test/web:1' } } as const;
const stored = (spec: object = {}, status: object = {}, annotations: object = {}) => ({
  apiVersion: 'image.openshift.io/v1',
  kind: 'ImageStream',
  metadata: { ...key, annotations },
  spec,
  status,
});

/** What an importer writes, from a stream that asks for something; undefined: it does not answer (yet). */
type Importer = (stream: JsonObject, token: (kind: string) => string) => object | undefined;

const ending = new AbortController();
afterEach(() => expect(ending.signal.aborted).toBe(false));

interface Setting {
  readonly objects: MemoryObjects;
  readonly streams: StreamActions;
  readonly warnings: string[];
  readonly said: string[];
  readonly wait: (ms?: number) => Wait;
}

/** The actions on objects in memory; each read is a chance for the importer. */
function setting(
  initial: readonly object[],
  importer: Importer = () => undefined,
  forbidden: readonly string[] = [],
): Setting {
  const objects = memoryObjects(initial, { forbidden });
  const warnings: string[] = [];
  const said: string[] = [];
  const watched: ObjectClient = {
    ...objects,
    read: async (kind, at) => {
      const stream = objects.get(imageStreams, at);
      const token = (which: string) =>
        asText(
          objectAt(objectAt(stream, 'metadata'), 'annotations')[`pinstream.dev/${which}-requested`],
        ).split(' ')[0] ?? '';
      const status = stream && kind === imageStreams ? importer(stream, token) : undefined;
      if (status !== undefined)
        await objects.change(imageStreams, at, (old) => ({ ...old, status }), { dryRun: 'none' });
      return objects.read(kind, at);
    },
  };
  const streams = customResourceActions(watched, {
    client: {} as never,
    flags: { requestTimeout: 300 },
    interrupted: ending.signal,
    warn: (text) => warnings.push(text),
  });
  return {
    objects,
    streams,
    warnings,
    said,
    wait: (ms = 5_000) => ({ ms, onProgress: (text) => said.push(text) }),
  };
}

/** Answers an import from its second look on, with an image. */
function imports(conditions: readonly object[] = []): Importer {
  let looks = 0;
  return (_stream, token) => {
    if (token('import') === '' || (looks += 1) < 3) return undefined;
    const items =
      conditions.length > 0
        ? []
        : [
            {
              created: '2026-01-01T00:00:00Z',
              dockerImageReference: `q.test/web@${digest('a')}`,
              image: digest('a'),
            },
          ];
    return { tags: [{ tag: '1', items, conditions, observed: { requestedAt: token('import') } }] };
  };
}

const annotationOf = (objects: MemoryObjects, which: string) =>
  asText(
    objectAt(objectAt(objects.get(imageStreams, key), 'metadata'), 'annotations')[
      `pinstream.dev/${which}-requested`
    ],
  );
const token = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ-[0-9a-f]{8}/;
const writing = { dryRun: 'none' } as const;
const answered = { message: 'boom', type: 'ImportSuccess', status: 'False' };

const order = (wait: Wait, tags: ImportOrder['tags'] = ['1']): ImportOrder => ({
  key,
  change: (stream) => withSpecTag(stream ?? stored(), tag),
  tags,
  lookOnly: false,
  wait,
});

describe('setting a tag', () => {
  it.each<[string, readonly object[]]>([
    ['makes the stream', []],
    ['changes it', [stored({ lookupPolicy: { local: true } })]],
  ])('%s and asks for an import', async (_, initial) => {
    const { objects, streams } = setting(initial);
    await streams.setTag(key, tag, writing);
    expect(objects.get(imageStreams, key)?.spec).toMatchObject({ tags: [tag] });
    expect(annotationOf(objects, 'import')).toMatch(new RegExp(`${token.source} 1$`));
    expect(objects.writes).toHaveLength(1);
  });

  it('of a stream that somebody makes meanwhile changes that one', async () => {
    const { objects, streams } = setting([]);
    let isFirst = true;
    const racing = customResourceActions(
      {
        ...objects,
        create: async (kind, object, options) => {
          if (isFirst) await objects.create(kind, stored({ lookupPolicy: { local: true } }), options);
          isFirst = false;
          return objects.create(kind, object, options);
        },
      },
      { client: {} as never, flags: {}, interrupted: ending.signal, warn: () => undefined },
    );
    await racing.setTag(key, tag, writing);
    expect(objects.get(imageStreams, key)?.spec).toEqual({ lookupPolicy: { local: true }, tags: [tag] });
    await expect(streams.createTag(key, tag, writing)).rejects.toMatchObject({
      code: 409,
      reason: 'AlreadyExists',
      message: 'imagestreamtags.image.openshift.io "web:1" already exists',
    });
  });

  it('writes nothing in a dry run', async () => {
    const { objects, streams } = setting([stored()]);
    await streams.setTag(key, tag, { dryRun: 'server' });
    await streams.setTag({ ...key, name: 'api' }, tag, { dryRun: 'client' });
    expect(objects.writes).toEqual([]);
  });
});

describe('waiting for a tag', () => {
  it('tells what is waited for, and what became of it', async () => {
    const image = {
      apiVersion: 'image.openshift.io/v1',
      kind: 'Image',
      metadata: { name: digest('a').replace(':', '-') },
    };
    const { streams, said, wait, objects } = setting([image], imports());
    await streams.setTag(key, tag, writing);
    const answer = await streams.finishTag(key, '1', wait());
    expect(answer).toEqual({
      stream: objects.get(imageStreams, key),
      tags: [{ tag: '1', ok: true, image }],
      notes: [],
    });
    expect(new Set(said)).toEqual(new Set(['the import of web:1']));
  });

  it.each([
    ['imagestreams.image.openshift.io', []],
    ['nothing', ['images.image.openshift.io']],
  ])('does without an Image that may not be read, or is not there: %s', async (_, forbidden) => {
    const { streams, wait } = setting([], imports(), forbidden);
    await streams.setTag(key, tag, writing);
    const { tags } = await streams.finishTag(key, '1', wait());
    expect(tags).toEqual([{ tag: '1', ok: true, image: undefined }]);
  });

  it('tells why it failed', async () => {
    const { streams, wait } = setting([], imports([answered]));
    await streams.setTag(key, tag, writing);
    expect((await streams.finishTag(key, '1', wait())).tags).toEqual([
      { tag: '1', ok: false, message: 'boom' },
    ]);
  });

  it('ends when nobody answers, with the way out; the request stays', async () => {
    const { streams, wait, objects } = setting([]);
    await streams.setTag(key, tag, writing);
    await expect(streams.finishTag(key, '1', wait(200))).rejects.toThrow(
      'no answer to the request for the import of web:1 within 0.2s: does the importer run (kubectl get deployment -n pinstream-system ' +
        'pinstream-controller)? The request stays and is answered when it does; --request-timeout waits longer',
    );
    expect(annotationOf(objects, 'import')).toMatch(/ 1$/);
  });

  it('ends when the stream is deleted', async () => {
    const { streams, wait, objects } = setting([stored()]);
    await streams.setTag(key, tag, writing);
    await objects.remove(imageStreams, key, writing);
    await expect(streams.finishTag(key, '1', wait())).rejects.toThrow(
      'image stream "web" was deleted meanwhile',
    );
  });
});

describe('importing', () => {
  it('changes the stream and asks in one write', async () => {
    const { streams, wait, objects } = setting([stored()], imports());
    const answer = await streams.importImages(order(wait()));
    expect(answer.tags).toEqual([{ tag: '1', ok: true, image: undefined }]);
    expect(objects.writes[0]).toBe('change imagestreams shop/web');
    expect(objects.get(imageStreams, key)?.spec).toEqual({ tags: [tag] });
  });

  it('of a whole repository waits for it, and tells of its tags', async () => {
    const repository = {
      name: 'q.test/web',
      conditions: [{ ...answered, message: 'no list' }],
      additionalTags: 3,
    };
    const { streams, wait, said } = setting([stored()], (_stream, asked) =>
      asked('import') === ''
        ? undefined
        : {
            tags: [{ tag: '1', items: [], conditions: [answered] }],
            observed: { repository: { ...repository, requestedAt: asked('import') } },
          },
    );
    expect(await streams.importImages(order(wait(), 'repository'))).toMatchObject({
      tags: [{ tag: '1', ok: false, message: 'boom' }],
      repositoryFailure: 'no list',
      additionalTags: { count: 3 },
    });
    expect(said).toEqual([]);
  });
});

describe('removing a tag', () => {
  const history = { tags: [{ tag: '1', items: [{ image: digest('a'), dockerImageReference: 'x' }] }] };

  it('asks for its history to go, and waits for that', async () => {
    const { streams, objects, warnings } = setting([stored({ tags: [tag] }, history)], (_stream, asked) =>
      asked('delete') === '' ? undefined : { tags: [], observed: { deleteRequestedAt: asked('delete') } },
    );
    expect(await streams.removeTag(key, '1', writing)).toBe('removed');
    expect(objects.get(imageStreams, key)).toMatchObject({ spec: { tags: [] }, status: { tags: [] } });
    expect(annotationOf(objects, 'delete')).toMatch(new RegExp(`${token.source} 1$`));
    expect(warnings).toEqual([]);
  });

  it('says when nobody answers, and is no failure', async () => {
    const { streams, objects, warnings } = setting([stored({ tags: [tag] }, history)]);
    expect(await streams.removeTag(key, '1', writing)).toBe('removed');
    expect(objects.get(imageStreams, key)?.spec).toEqual({ tags: [] });
    expect(warnings).toEqual(['Warning: the history of web:1 goes when the importer runs']);
  });

  it('without a history asks nobody', async () => {
    const { streams, objects } = setting([stored({ tags: [tag] })]);
    expect(await streams.removeTag(key, '1', writing)).toBe('removed');
    expect(annotationOf(objects, 'delete')).toBe('');
  });

  it('writes nothing in a dry run', async () => {
    const { streams, objects } = setting([stored({ tags: [tag] }, history)]);
    expect(await streams.removeTag(key, '1', { dryRun: 'client' })).toBe('removed');
    expect(objects.writes).toEqual([]);
  });

  it.each([
    ['a tag', [stored({ tags: [tag] })], '2'],
    ['a stream', [], '1'],
  ])('that is not there: %s', async (_, initial, name) => {
    const { streams } = setting(initial);
    await expect(streams.removeTag(key, name, writing)).rejects.toMatchObject({
      code: 404,
      message: `imagestreamtags.image.openshift.io "web:${name}" not found`,
    });
  });
});

describe('looking for an image', () => {
  const asking =
    (missing: readonly string[]): Importer =>
    (_stream, asked) =>
      asked('check') === ''
        ? undefined
        : { tags: [], observed: { checkRequestedAt: asked('check'), missingImages: missing } };

  it.each([
    ['gone', [digest('a')]],
    ['present', []],
    ['present', [digest('b')]],
  ])('it is %s', async (presence, missing) => {
    const { streams, objects, wait } = setting([stored()], asking(missing));
    expect(await streams.presenceOf(key, '1', digest('a'), wait())).toBe(presence);
    expect(annotationOf(objects, 'check')).toMatch(new RegExp(`${token.source} 1@${digest('a')}$`));
  });

  it('asks again where the answer to another request has taken the place of its own', async () => {
    let looks = 0;
    const { streams, wait, objects } = setting([stored()], (stream, asked) => {
      if (asked('check') === '') return undefined;
      looks += 1;
      if (looks > 1)
        return { tags: [], observed: { checkRequestedAt: asked('check'), missingImages: [digest('a')] } };
      // Somebody was answered and asks for something else at once.
      Object.assign(objectAt(objectAt(stream, 'metadata'), 'annotations'), {
        'pinstream.dev/check-requested': 'other 9',
      });
      return { tags: [], observed: { checkRequestedAt: 'other' } };
    });
    expect(await streams.presenceOf(key, '1', digest('a'), wait())).toBe('gone');
    expect(objects.writes.filter((line) => line.startsWith('change'))).toHaveLength(4);
  });

  it('knows nothing where that goes on and on', async () => {
    const { streams, wait } = setting([stored()], (stream) => {
      Object.assign(objectAt(objectAt(stream, 'metadata'), 'annotations'), {
        'pinstream.dev/check-requested': 'other 9',
      });
      return { tags: [], observed: { checkRequestedAt: 'other' } };
    });
    expect(await streams.presenceOf(key, '1', digest('a'), wait())).toBe('unknown');
  });

  it('says when nobody answers', async () => {
    const { streams, wait } = setting([stored()]);
    await expect(streams.presenceOf(key, '1', digest('a'), wait(200))).rejects.toThrow(
      /^no answer to the request for a look at the registry for sha256:aaaaaaaaaaaa within 0\.2s/,
    );
  });
});
