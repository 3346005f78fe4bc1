import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  answeredGeneration,
  effectiveGeneration,
  tagNeedsImport,
} from '../../src/imagestream/generations.ts';
import { isScheduled } from '../../src/imagestream/schedule.ts';
import { parseSource } from '../../src/imagestream/tag-source.ts';
import { prioritizeTags } from '../../src/imagestream/tag-priority.ts';
import type { TagEvent } from '../../src/imagestream/types.ts';
import { readWholeStream } from '../../src/imagestream/whole-stream.ts';
import { vectorGroup } from '../support/vectors.ts';
import { aliasOf, digestOf, eventOf, importedFrom, only, streamWith } from './streams.ts';

interface ImportVector {
  readonly id: string;
  readonly hasCheckAnnotation: boolean;
  readonly specTag: { readonly generation: number | null };
  readonly newestStatusItem: object | null;
  readonly condition: object | null;
  readonly expect: { readonly import: boolean };
}

describe('what needs an import', () => {
  test.each(vectorGroup<ImportVector>('importNeeded'))('%s', (_id, vector) => {
    const { hasCheckAnnotation, specTag, newestStatusItem, condition } = vector;
    const stream = streamWith(
      [{ name: 'v1', ...specTag }],
      newestStatusItem === null && condition === null
        ? []
        : [{ tag: 'v1', items: [newestStatusItem ?? []].flat(), conditions: [condition ?? []].flat() }],
    );
    const needs = tagNeedsImport(
      only(stream.spec.tags),
      specTag.generation ?? undefined,
      stream.status.tags[0],
      !hasCheckAnnotation,
    );
    expect(needs).toBe(vector.expect.import);
  });
});

interface ScheduleVector {
  readonly id: string;
  readonly specTag: { readonly generation: number };
  readonly newestStatusItem: TagEvent | null;
  readonly expect: { readonly scheduled: boolean };
}

/** Upstream's wheel of buckets; ours spreads tags over the interval by a hash, and any interval will do. */
const noBuckets = ['sch-08', 'sch-09', 'sch-10'];

describe('what is imported on schedule', () => {
  const rows = vectorGroup<ScheduleVector>('scheduledImport');
  test.each(rows.filter(([id]) => !noBuckets.includes(id)))('%s', (_id, vector) => {
    const tag = only(readWholeStream({ spec: { tags: [{ name: 'v1', ...vector.specTag }] } }).spec.tags);
    const scheduled = isScheduled(tag, vector.newestStatusItem ?? undefined, vector.specTag.generation);
    expect(scheduled).toBe(vector.expect.scheduled);
  });

  test('what is left out is about buckets alone', () => {
    const left = rows.filter(([id]) => noBuckets.includes(id)).map(([, vector]) => vector.expect);
    expect(left).toHaveLength(noBuckets.length);
    for (const expected of left) expect(expected).toHaveProperty('buckets');
  });
});

describe('which tags of a repository come first', () => {
  test.each(vectorGroup<{ id: string; tags: string[]; expect: string[] }>('tagPriority'))(
    '%s',
    (_id, { tags, expect: expected }) => {
      expect(prioritizeTags(tags)).toEqual(expected);
      expect(prioritizeTags(tags.toReversed())).toEqual(expected);
    },
  );

  test.each([
    ['pre-releases by their parts', ['1.0.0-rc.2', '1.0.0-rc.10', '1.0.0-alpha', '1.0.0'], '3 1 0 2'],
    ['leading zeroes are no version', ['01.2', '1.2'], '1 0'],
    ['numbers longer than a number is exact', ['1.90071992547409930', '1.90071992547409931'], '1 0'],
    ['build metadata does not order', ['1.0.0+b', '1.0.0+a'], '1 0'],
    ['more parts of a pre-release are newer', ['1.0.0-a', '1.0.0-a.1'], '1 0'],
    ['a number in a pre-release is older than a word', ['1.0.0-9', '1.0.0-a'], '1 0'],
  ])('%s', (_title, tags, order) => {
    expect(prioritizeTags(tags)).toEqual(order.split(' ').map((index) => tags[Number(index)]));
  });
});

describe('the generation of a spec tag that nobody numbers', () => {
  const source = 'reg.acme.test/crew/web:v1';
  const image = (more: object = {}, name = source) => importedFrom('v1', name, more);
  const from = { kind: 'DockerImage', name: source };
  const answeredBy = (observed: object, more: object = {}) => ({
    tag: 'v1',
    items: [eventOf('a', 4)],
    observed: { from, importMode: 'Legacy', generation: 4, ...observed },
    ...more,
  });
  const failed = { type: 'ImportSuccess', status: 'False', reason: 'NotFound', message: 'm', generation: 4 };
  const refItem = { dockerImageReference: source, image: '', generation: 4 };
  const preserve = { importPolicy: { importMode: 'PreserveOriginal' } };

  const expectGeneration = (tag: object, status: object | undefined, streamGeneration: number) => {
    const stream = streamWith([tag], status === undefined ? [] : [status], streamGeneration);
    return expect(effectiveGeneration(stream, only(stream.spec.tags), stream.status.tags[0], 'Legacy'));
  };

  test.each([
    ['the same source', image(), answeredBy({}), 4],
    ['the own namespace written out', image(), answeredBy({ from: { ...from, namespace: 'demo' } }), 4],
    ['the default mode written out', image({ importPolicy: { importMode: 'Legacy' } }), answeredBy({}), 4],
    ['the default mode not recorded', image(), answeredBy({ importMode: '' }), 4],
    ['reference policy', image({ referencePolicy: { type: 'Local' } }), answeredBy({}), 4],
    ['schedule', image({ importPolicy: { scheduled: true } }), answeredBy({}), 4],
    ['a generation in the spec', image({ generation: 77 }), answeredBy({}), 4],
    ['a reference that was one', image({ reference: true }), answeredBy({}, { items: [refItem] }), 4],
    ['a failed import', image(), answeredBy({}, { items: [], conditions: [failed] }), 4],
    [
      'a failed import of what was a reference',
      image(),
      answeredBy({}, { items: [refItem], conditions: [failed] }),
      4,
    ],
    ['no number recorded', image(), answeredBy({ generation: undefined }), 4],
    [
      'an alias of a reference tag',
      aliasOf('v1', 'base'),
      answeredBy({ from: { kind: 'ImageStreamTag', name: 'base' } }, { items: [refItem] }),
      4,
    ],
    [
      'an alias with an import mode',
      { ...aliasOf('v1', 'base'), ...preserve },
      answeredBy({ from: { kind: 'ImageStreamTag', name: 'base' } }),
      4,
    ],
  ])('evaluated before, unchanged: %s', (_title, tag, status, generation) => {
    expectGeneration(tag, status, 9).toBe(generation);
  });

  test.each([
    ['another name', image({}, 'reg.acme.test/crew/web:v2'), answeredBy({})],
    ['another kind', { name: 'v1', from: { kind: 'ImageStreamTag', name: source } }, answeredBy({})],
    ['another namespace', image(), answeredBy({ from: { ...from, namespace: 'other' } })],
    ['another mode', image(preserve), answeredBy({})],
    [
      'the mode left out where it was not the default',
      image(),
      answeredBy({ importMode: 'PreserveOriginal' }),
    ],
    ['a reference now', image({ reference: true }), answeredBy({})],
    ['no reference any more', image(), answeredBy({}, { items: [refItem] })],
    [
      'a reference now that failed to import',
      image({ reference: true }),
      answeredBy({}, { items: [], conditions: [failed] }),
    ],
  ])('evaluated before, changed: %s', (_title, tag, status) => {
    expectGeneration(tag, status, 9).toBe(9);
    expectGeneration(tag, status, 2).toBe(5);
  });

  test('generation 0 that stays in the spec is answered once', () => {
    expectGeneration(image({ generation: 0 }), answeredBy({}), 9).toBe(9);
    expectGeneration(image({ generation: 0 }), answeredBy({ generation: 9 }), 9).toBe(9);
    expectGeneration(image({ generation: 0 }), answeredBy({ generation: 9 }), 10).toBe(10);
  });

  test.each([
    ['a number in the spec is taken', image({ generation: 3 }), undefined, 3],
    ['0 in the spec of a new tag', image({ generation: 0 }), undefined, 9],
    ['a new tag', image(), undefined, 9],
    ['a new tag with an empty status', image(), { tag: 'v1', items: null }, 9],
    ['history from the same repository is adopted', image(), { tag: 'v1', items: [eventOf('a', 4)] }, 4],
    [
      "with Docker's defaults on both sides",
      image({}, 'nginx'),
      { tag: 'v1', items: [eventOf('a', 4, 'index.docker.io/library/nginx')] },
      4,
    ],
    ['history from elsewhere', image(), { tag: 'v1', items: [eventOf('a', 4, 'old.acme.test/web')] }, 9],
    ['history that was a reference', image(), { tag: 'v1', items: [refItem] }, 9],
    ['a reference with its own text', image({ reference: true }), { tag: 'v1', items: [refItem] }, 4],
    [
      'a reference with another text',
      image({ reference: true }, 'reg.acme.test/crew/web:v2'),
      { tag: 'v1', items: [refItem] },
      9,
    ],
    ['an alias with history', aliasOf('v1', 'base'), { tag: 'v1', items: [eventOf('a', 4)] }, 4],
    ['a failure alone', image(), { tag: 'v1', items: [], conditions: [failed] }, 9],
    [
      'observed, but not its source',
      image(),
      { tag: 'v1', items: [eventOf('a', 4)], observed: { digest: digestOf('a') } },
      4,
    ],
    ['a tag without a source', { name: 'v1' }, undefined, undefined],
  ])('never evaluated: %s', (_title, tag, status, generation) => {
    expectGeneration(tag, status, 9).toBe(generation);
  });

  test('where nobody counts (files), a new tag has generation 1 and a changed one the next', () => {
    expectGeneration(image(), undefined, 0).toBe(1);
    expectGeneration(image({}, 'reg.acme.test/crew/web:v2'), answeredBy({}), 0).toBe(5);
  });

  test('a condition of another type answers nothing', () => {
    const present = { type: 'ImagePresent', status: 'False', reason: 'x', message: 'm', generation: 8 };
    expectGeneration(image(), { tag: 'v1', items: [eventOf('a', 4)], conditions: [present] }, 9).toBe(4);
  });

  test('what was answered is answered: whatever a tag asks for, and came to, it is not behind afterwards', () => {
    const sources = fc.constantFrom(
      { kind: 'DockerImage', name: 'reg.acme.test/crew/web:v1' },
      { kind: 'DockerImage', name: 'Bad Name' },
      { kind: 'ImageStreamTag', name: 'base' },
      { kind: 'ImageStreamTag', name: 'os:9', namespace: 'demo' },
      { kind: 'ImageStreamImage', name: 'a@b@c' },
    );
    const tags = fc.record({
      name: fc.constant('v1'),
      from: sources,
      reference: fc.boolean(),
      generation: fc.constantFrom(undefined, 0, 3),
      importPolicy: fc.constantFrom({}, { importMode: 'PreserveOriginal' }),
    });
    const items = fc.constantFrom([], [eventOf('a', 4)], [refItem], [eventOf('a', 4, 'old.acme.test/web')]);
    const events = fc.constantFrom(eventOf('a', 4), eventOf('b', 4), refItem);
    fc.assert(
      fc.property(
        tags,
        items,
        fc.boolean(),
        events,
        fc.nat(9),
        (raw, held, hasFailed, copied, generation) => {
          const before = streamWith(
            [raw],
            [{ tag: 'v1', items: held, conditions: hasFailed ? [failed] : [] }],
            generation,
          );
          const tag = only(before.spec.tags);
          const asked = effectiveGeneration(before, tag, before.status.tags[0], 'Legacy') ?? 0;
          // As the importer answers: what does not parse fails, a reference is recorded, all else has an event or fails.
          const parses = parseSource(raw.from, before.metadata).ok;
          const isRecorded = raw.from.kind === 'DockerImage' && raw.reference;
          const imported = raw.from.kind === 'DockerImage' && copied.image === '' ? eventOf('c') : copied;
          const outcomes = !parses ? ['failure'] : isRecorded ? [refItem] : ['failure', imported];
          for (const outcome of outcomes) {
            const status = {
              tag: 'v1',
              items: typeof outcome === 'string' ? held : [{ ...outcome, generation: asked }, ...held],
              conditions: typeof outcome === 'string' ? [{ ...failed, generation: asked }] : [],
              observed: {
                from: raw.from,
                importMode: tag.importPolicy.importMode ?? 'Legacy',
                generation: Math.max(asked, held[0]?.generation ?? 0),
              },
            };
            const after = streamWith([raw], [status], generation);
            const answered = answeredGeneration(after.status.tags[0]);
            expect(effectiveGeneration(after, only(after.spec.tags), after.status.tags[0], 'Legacy')).toBe(
              answered,
            );
          }
        },
      ),
    );
  });
});
