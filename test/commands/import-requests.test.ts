import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  isAnswered,
  isRepositoryAnswered,
  isWholeAnswered,
  withRequest,
  type RequestKind,
} from '../../src/commands/import-requests.ts';
import { readWholeStream, statusObject } from '../../src/imagestream/whole-stream.ts';
import { concerns, requestAnnotations, requestOf } from '../../src/importer/requests.ts';
import { objectAt, type JsonObject } from '../../src/json/untyped.ts';
import { Rounds } from '../importer/fixture.ts';
import { ScriptedRegistry } from '../importer/scripted-registry.ts';
import { digest } from '../support/objects.ts';

interface Parts {
  readonly request?: string;
  /** The token that each tag's last answer names. */
  readonly answered?: Readonly<Record<string, string>>;
  readonly observed?: object;
  readonly tags?: readonly object[];
  readonly repository?: string;
}

const docker = (name: string) => ({ name, from: { kind: 'DockerImage', name: `q.test/web:${name}` } });

function streamOf(kind: RequestKind, parts: Parts): JsonObject {
  const { request, answered = {}, observed, tags = [docker('1'), docker('2')], repository } = parts;
  return {
    metadata: {
      namespace: 'demo',
      name: 'web',
      annotations: { kept: 'yes', ...(request === undefined ? {} : { [requestAnnotations[kind]]: request }) },
    },
    spec: { tags, ...(repository !== undefined && { dockerImageRepository: repository }) },
    status: {
      tags: Object.entries(answered).map(([tag, requestedAt]) => ({
        tag,
        items: [],
        observed: { requestedAt },
      })),
      observed,
    },
  };
}

const annotationOf = (stream: JsonObject, kind: RequestKind) =>
  objectAt(objectAt(stream, 'metadata'), 'annotations')[requestAnnotations[kind]];

describe('a request', () => {
  const old = `1@${digest('a')}`;
  it.each<[string, RequestKind, Parts, readonly string[], string]>([
    ['for tags', 'import', {}, ['1', '2'], 'T 1 2'],
    ['for all', 'import', {}, [], 'T'],
    ['after one that is answered', 'import', { request: 'S 1', answered: { 1: 'S' } }, ['2'], 'T 2'],
    ['takes along one that is not', 'import', { request: 'S 1', answered: { 1: 'R' } }, ['2'], 'T 2 1'],
    ['takes along what is left of one', 'import', { request: 'S 1 2', answered: { 1: 'S' } }, ['3'], 'T 3 2'],
    ['for the same tag', 'import', { request: 'S 1' }, ['1'], 'T 1'],
    ['takes along all', 'import', { request: 'S' }, ['1'], 'T'],
    ['takes along all, half answered', 'import', { request: 'S', answered: { 1: 'S' } }, ['1'], 'T'],
    ['after all, answered', 'import', { request: 'S', answered: { 1: 'S', 2: 'S' } }, ['1'], 'T 1'],
    ['for all, beside some', 'import', { request: 'S 1' }, [], 'T'],
    [
      'after all, but for the repository',
      'import',
      { request: 'S', answered: { 1: 'S', 2: 'S' }, repository: 'q.test/web' },
      ['1'],
      'T',
    ],
    [
      'after all with the repository',
      'import',
      {
        request: 'S',
        answered: { 1: 'S', 2: 'S' },
        repository: 'q.test/web',
        observed: { repository: { name: 'q.test/web', requestedAt: 'S' } },
      },
      ['1'],
      'T 1',
    ],
    [
      'after all: tags without a source are not waited for',
      'import',
      { request: 'S', answered: { 1: 'S' }, tags: [docker('1'), { name: 'pushed' }] },
      ['1'],
      'T 1',
    ],
    ['to delete', 'delete', {}, ['1'], 'T 1'],
    [
      'to delete, after one that is answered',
      'delete',
      { request: 'S 2', observed: { deleteRequestedAt: 'S' } },
      ['1'],
      'T 1',
    ],
    [
      'to delete, takes along one that is not',
      'delete',
      { request: 'S 2', observed: { deleteRequestedAt: 'R' } },
      ['1'],
      'T 1 2',
    ],
    ['to delete, never all', 'delete', { request: 'S' }, ['1'], 'T 1'],
    ['to look', 'check', {}, [old], `T ${old}`],
    [
      'to look, after one that is answered',
      'check',
      { request: 'S 2', observed: { checkRequestedAt: 'S' } },
      [old],
      `T ${old}`,
    ],
    ['to look, takes along one that is not', 'check', { request: 'S 2' }, [old], `T ${old} 2`],
    [
      'to look, at all and an older image',
      'check',
      { request: 'S', answered: { 1: '', 2: '' } },
      [old],
      `T 1 2 ${old}`,
    ],
    [
      'to look, at an older image and all',
      'check',
      { request: `S ${old}`, answered: { 1: '', 2: '' } },
      [],
      `T 1 2 ${old}`,
    ],
    ['to look, at all', 'check', { request: 'S 1', answered: { 1: '', 2: '' } }, [], 'T'],
  ])('%s', (_, kind, parts, tags, expected) => {
    const before = streamOf(kind, parts);
    const after = withRequest(before, kind, 'T', tags);
    expect(annotationOf(after, kind)).toBe(expected);
    // Nothing else of the stream is touched.
    expect(withRequest(after, kind, 'X', [])).toMatchObject({ spec: before.spec, status: before.status });
    expect(objectAt(objectAt(after, 'metadata'), 'annotations').kept).toBe('yes');
  });

  it('counts what the stream was asked for as it is stored, not as it is changed', () => {
    const stored = streamOf('delete', { request: 'S 2' });
    expect(annotationOf(withRequest(streamOf('delete', {}), 'delete', 'T', ['1'], stored), 'delete')).toBe(
      'T 1 2',
    );
  });
});

describe('an answer', () => {
  it.each<[string, Parts, boolean]>([
    ['none', { request: 'T 1' }, false],
    ['ours', { request: 'T 1', answered: { 1: 'T' } }, true],
    ['an older one', { request: 'T 1', answered: { 1: 'S' } }, false],
    ['ours, and somebody asks again', { request: 'U 1', answered: { 1: 'T' } }, true],
    ['that to who asked after us', { request: 'U 1', answered: { 1: 'U' } }, true],
    ['none to who took ours along', { request: 'U 1 2', answered: { 2: 'U' } }, false],
    ['ours, for who asked after us did not take it along', { request: 'U 2' }, true],
    ['none to a request that is gone', {}, false],
    ['ours, of a request that is gone', { answered: { 1: 'T' } }, true],
    ['none to all', { request: 'T' }, false],
    ['that to all', { request: 'U', answered: { 1: 'U' } }, true],
  ])('for a tag: %s', (_, parts, expected) => {
    expect(isAnswered(readWholeStream(streamOf('import', parts)), 'T', '1')).toBe(expected);
  });

  it.each<[string, string, string | undefined, boolean]>([
    ['none', 'T', undefined, false],
    ['ours', 'T', 'T', true],
    ['that to who asked after us', 'U', 'U', true],
    ['none to who asked after us', 'U', undefined, false],
    ['ours, since tags alone are asked for now', 'U 1', undefined, true],
  ])('for a repository: %s', (_, request, requestedAt, expected) => {
    const parts = { request, observed: { repository: { name: 'q.test/web', requestedAt } } };
    expect(isRepositoryAnswered(readWholeStream(streamOf('import', parts)), 'T')).toBe(expected);
  });

  it.each<['check' | 'delete', string, string | undefined, boolean]>([
    ['check', 'T 1', undefined, false],
    ['check', 'T 1', 'T', true],
    ['check', 'U 1', 'T', true],
    ['check', 'U 1', 'U', true],
    ['check', 'U 1', 'S', false],
    ['delete', 'T 1', undefined, false],
    ['delete', 'T 1', 'T', true],
    ['delete', 'U 1', 'U', true],
    ['delete', 'U 1', 'S', false],
  ])('as a whole: %s %s by %s', (kind, request, answered, expected) => {
    const parts = { request, observed: { [`${kind}RequestedAt`]: answered } };
    expect(isWholeAnswered(readWholeStream(streamOf(kind, parts)), kind, 'T')).toBe(expected);
  });
});

describe('with the importer', () => {
  const tags = [
    docker('1'),
    docker('gone'),
    { name: 'alias', from: { kind: 'ImageStreamTag', name: '1' } },
    { name: 'early', from: { kind: 'ImageStreamTag', name: 'nothing' } },
    { name: 'far', from: { kind: 'ImageStreamTag', name: 'none:1' } },
    { name: 'noted', reference: true, from: { kind: 'DockerImage', name: 'q.test/web:9' } },
    { name: 'bad', from: { kind: 'DockerImage', name: 'UPPER' } },
    { name: 'pushed' },
  ];

  /** One turn of the importer; every registry is empty. */
  async function imported(raw: JsonObject): Promise<JsonObject> {
    const rounds = new Rounds(readWholeStream(raw), new ScriptedRegistry());
    await rounds.look();
    return { ...raw, status: statusObject(rounds.stream.status) };
  }

  it('a request for all is over when it is answered, whatever the tags are', async () => {
    const answered = await imported(withRequest(streamOf('import', { tags }), 'import', 'T', []));
    const stream = readWholeStream(answered);
    const open = tags.filter(({ name }) => name !== 'pushed' && !isAnswered(stream, 'T', name));
    expect(open).toEqual([]);
    expect(annotationOf(withRequest(answered, 'import', 'U', ['1']), 'import')).toBe('U 1');
  });
});

describe('no request is lost', () => {
  const names = ['1', '2', '3'];
  const ask = fc.record({ kind: fc.constant('ask' as const), tags: fc.subarray(names) });
  const answer = fc.record({
    kind: fc.constant('answer' as const),
    tags: fc.subarray(names, { minLength: 1 }),
  });

  it('to import, whoever asks for what and whenever it is answered', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(ask, answer), { maxLength: 12 }), (steps) => {
        let stream = streamOf('import', { tags: names.map(docker) });
        const asked: { readonly token: string; readonly tag: string; isServed: boolean }[] = [];
        steps.forEach((step, at) => {
          if (step.kind === 'ask') {
            const token = `T${at}`;
            stream = withRequest(stream, 'import', token, step.tags);
            for (const tag of step.tags.length === 0 ? names : step.tags)
              asked.push({ token, tag, isServed: false });
            return;
          }
          const request = requestOf(readWholeStream(stream), 'import');
          if (request === undefined) return;
          const served = step.tags.filter((tag) => concerns(request, tag));
          const before = readWholeStream(stream).status.tags;
          const answered = Object.fromEntries([
            ...before.map(({ tag, observed }) => [tag, observed?.requestedAt ?? '']),
            ...served.map((tag) => [tag, request.token]),
          ]) as Record<string, string>;
          stream = { ...stream, status: streamOf('import', { answered }).status };
          for (const one of asked) if (served.includes(one.tag)) one.isServed = true;
        });
        const now = readWholeStream(stream);
        const request = requestOf(now, 'import');
        for (const { token, tag, isServed } of asked) {
          const isOpen = concerns(request, tag) && !isAnswered(now, request.token, tag);
          expect(isServed || isOpen).toBe(true);
          // Who waits is told when it was done, and not before.
          if (isAnswered(now, token, tag)) expect(isServed).toBe(true);
          else expect(isOpen).toBe(true);
        }
      }),
    );
  });
});
