import { describe, expect, test } from '@jest/globals';
import { trackingTags } from '../../src/imagestream/aliases.ts';
import { specTagChanged } from '../../src/imagestream/generations.ts';
import { importWrites, pushEvent, setFailure } from '../../src/imagestream/history.ts';
import { removeSpecTag, removeTag } from '../../src/imagestream/tag-removal.ts';
import { evaluateLocalSource, parseSource, tagField } from '../../src/imagestream/tag-source.ts';
import { readImageStream } from '../../src/imagestream/read.ts';
import type { TagEvent } from '../../src/imagestream/types.ts';
import { readWholeStream, type SpecTag, type TagCondition } from '../../src/imagestream/whole-stream.ts';
import { vectorGroup } from '../support/vectors.ts';
import { digestOf, eventOf, only, streamWith } from './streams.ts';

interface Input {
  readonly items: readonly TagEvent[];
  readonly conditions: readonly TagCondition[];
  readonly event: TagEvent;
  readonly distinctEvents: number;
  readonly stream: { readonly namespace: string; readonly name: string };
  readonly specTags: Readonly<Record<string, object>>;
  readonly updatedTag: string;
  readonly streamNamespace: string;
  readonly old: object;
  readonly new: object;
  readonly existing: TagCondition;
  readonly specTag: { readonly generation: number | null } | null;
  readonly imported: TagEvent;
  readonly destination: string;
  readonly existingStreams: Readonly<Record<string, { readonly tags: readonly string[] }>>;
  readonly from: { readonly kind: string; readonly name: string; readonly namespace?: string };
  readonly reference: boolean;
  readonly spec: boolean;
  readonly status: boolean;
}
interface Vector {
  readonly id: string;
  readonly op: string;
  readonly input: Input;
  readonly expect: object;
}

/** Where the history is kept otherwise than upstream, on purpose; each has its row in docs/compatibility.md. */
const deviations: Readonly<Record<string, { readonly why: string; readonly expect: object }>> = {
  'his-05': {
    why: 'the image that was there stays in the history',
    expect: {
      changed: true,
      items: [
        {
          created: '2024-02-01T00:00:00Z',
          dockerImageReference: 'reg.acme.test/crew/web:v1',
          image: digestOf('b'),
          generation: 3,
        },
        {
          created: '2024-01-01T00:00:00Z',
          dockerImageReference: 'reg.acme.test/crew/web:v1',
          image: digestOf('a'),
          generation: 2,
        },
      ],
      conditions: [],
    },
  },
  'his-29': { why: 'another kind of source is another source', expect: { changed: true } },
};

function specTagOf(raw: object): SpecTag {
  return only(readWholeStream({ spec: { tags: [{ name: 'v1', ...raw }] } }).spec.tags);
}

const operations: Readonly<Record<string, (input: Input) => unknown>> = {
  pushEvent: ({ items, conditions, event }) => {
    const { changed, history } = pushEvent({ items, conditions }, event);
    return { changed, ...history };
  },
  pushMany: ({ distinctEvents }) => {
    let history = { items: [] as readonly TagEvent[], conditions: [] as readonly TagCondition[] };
    for (let number = 1; number <= distinctEvents; number += 1) {
      const image = `sha256:${String(number).padStart(64, '0')}`;
      history = pushEvent(history, { dockerImageReference: `reg.acme.test/a@${image}`, image }).history;
    }
    return { historyLength: history.items.length };
  },
  trackingTagsUpdated: ({ stream, specTags, updatedTag }) => {
    const tags = Object.entries(specTags).map(([name, tag]) => ({ name, ...tag }));
    return { updated: trackingTags(readWholeStream({ metadata: stream, spec: { tags } }), updatedTag) };
  },
  specTagChanged: (input) => ({
    changed: specTagChanged(specTagOf(input.old), specTagOf(input.new), input.streamNamespace),
  }),
  importWritesTag: ({ items, specTag, imported }) => ({
    writes: importWrites(items, specTag === null ? undefined : specTag.generation, imported),
  }),
  recordImportFailure: (input) => ({
    changed: setFailure([input.existing], input.new as TagCondition).changed,
  }),
  specTagSaved: specTagSaved,
  deleteTag: ({ spec, status }) => {
    const stream = streamWith(
      spec ? [{ name: 'v1' }] : [],
      status ? [{ tag: 'v1', items: [eventOf('a')] }] : [],
    );
    const removal = removeTag(stream, 'v1');
    if (!removal.found) return { httpStatus: 404 };
    expect(removal.stream).toMatchObject({ spec: { tags: [] }, status: { tags: [] } });
    const { specRemoved, statusRemoved } = removal;
    return { httpStatus: 200, specRemoved, statusRemoved };
  },
  deleteSpecTagOnly: () => {
    const stream = streamWith([{ name: 'v1' }], [{ tag: 'v1', items: [eventOf('a')] }]);
    const rest = removeSpecTag(stream, 'v1');
    expect(rest.spec.tags).toEqual([]);
    return { statusKept: rest.status.tags.some(({ tag, items }) => tag === 'v1' && items.length === 1) };
  },
};

function specTagSaved({ destination, existingStreams, from, reference }: Input): unknown {
  const [, namespace = '', name = '', tag = ''] = /^(.+)\/(.+):(.+)$/.exec(destination) ?? [];
  const parsed = parseSource(from, { namespace, name });
  if (!parsed.ok) return { error: 'Invalid', field: tagField(tag, parsed.field) };
  const { source } = parsed;
  const sourceName = source.kind === 'DockerImage' ? '' : `${source.namespace}/${source.stream}`;
  const tags = existingStreams[sourceName]?.tags.map((held) => ({ tag: held, items: [eventOf('a')] }));
  const [sourceNamespace, sourceStream] = sourceName.split('/');
  const evaluation = evaluateLocalSource(
    { name: tag, from, reference, referencePolicy: 'Source' },
    source,
    tags &&
      readImageStream({ metadata: { namespace: sourceNamespace, name: sourceStream }, status: { tags } }),
    { destination: { namespace, name }, generation: 3, now: 'now', internalRegistryHostname: '' },
  );
  switch (evaluation.outcome) {
    case 'event': {
      const { dockerImageReference, image } = evaluation.event;
      return { event: { dockerImageReference, image } };
    }
    case 'nothing':
      return { event: null };
    case 'error':
      return { error: evaluation.reason, field: evaluation.field };
  }
}

describe("a tag's history is kept as upstream keeps it", () => {
  test.each(vectorGroup<Vector>('historyPush'))('%s', (id, { op, input, expect: expected }) => {
    expect(operations[op]?.(input)).toEqual(deviations[id]?.expect ?? expected);
  });

  test.each(Object.entries(deviations))('%s departs from upstream: %o', (id, deviation) => {
    const [, vector] = vectorGroup<Vector>('historyPush').find(([candidate]) => candidate === id) ?? [];
    expect(vector).toBeDefined();
    expect(deviation.expect).not.toEqual(vector?.expect);
  });
});
