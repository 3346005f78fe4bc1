import { describe, expect, it, test } from '@jest/globals';
import { tagEvents } from '../../src/imagestream/pull-spec.ts';
import { readImageStream } from '../../src/imagestream/read.ts';
import { readWholeStream } from '../../src/imagestream/whole-stream.ts';
import { historyFacts, tagFacts } from '../../src/trigger/tag-facts.ts';
import { streamTag } from '../../src/imagestream/stream-tag.ts';
import { digest } from '../support/objects.ts';
import { vectorGroup } from '../support/vectors.ts';

const nowhere = { internalRegistryHostname: '', localRegistry: [] };
const source = (character: string) => `quay.io/crew/web@${digest(character)}`;

function stream(
  policy: string,
  items: readonly object[],
  more: { repository?: string; observed?: object } = {},
) {
  return readWholeStream({
    metadata: { namespace: 'shop', name: 'web' },
    spec: { tags: [{ name: 'v1', referencePolicy: { type: policy } }] },
    status: {
      ...(more.repository === undefined ? {} : { dockerImageRepository: more.repository }),
      tags: [{ tag: 'v1', items, ...(more.observed && { observed: more.observed }) }],
    },
  });
}
const event = (character: string, generation: number, reference = source(character)) => ({
  dockerImageReference: reference,
  image: digest(character),
  generation,
});

test('says what the tag is, what it was, and which move all have followed', () => {
  const moved = stream('Source', [event('b', 4), event('a', 2)], { observed: { triggeredGeneration: 2 } });
  expect(tagFacts(moved, 'v1', nowhere)).toEqual({
    pullSpec: source('b'),
    generation: 4,
    earlier: [source('a')],
    triggered: 2,
  });
});

describe('where it is pulled from', () => {
  const hosted = { internalRegistryHostname: 'reg.internal:5000', localRegistry: [] };
  const cached = {
    internalRegistryHostname: '',
    localRegistry: [{ source: 'quay.io', target: 'cache.example:5000/quay.io' }],
  };
  it.each([
    ['Source: as it was imported', 'Source', cached, undefined, source('a')],
    [
      'Local: the integrated registry',
      'Local',
      hosted,
      undefined,
      `reg.internal:5000/shop/web@${digest('a')}`,
    ],
    [
      'Local: the repository that the status names',
      'Local',
      cached,
      'r.example/s/w',
      `r.example/s/w@${digest('a')}`,
    ],
    [
      'Local: a cache of the source',
      'Local',
      cached,
      '',
      `cache.example:5000/quay.io/crew/web@${digest('a')}`,
    ],
    ['Local, and neither: as it was imported', 'Local', nowhere, undefined, source('a')],
  ])('%s', (_title, policy, places, repository, pullSpec) => {
    const given = stream(policy, [event('a', 1)], repository === undefined ? {} : { repository });
    expect(tagFacts(given, 'v1', places)?.pullSpec).toBe(pullSpec);
  });

  it('pins what was recorded with a tag', () => {
    const given = stream('Source', [event('a', 1, 'quay.io/crew/web:v1')]);
    expect(tagFacts(given, 'v1', nowhere)?.pullSpec).toBe(source('a'));
  });

  it('takes a reference tag as it is written', () => {
    const given = stream('Source', [
      { dockerImageReference: 'quay.io/crew/web:v1', image: '', generation: 1 },
    ]);
    expect(tagFacts(given, 'v1', nowhere)).toMatchObject({ pullSpec: 'quay.io/crew/web:v1', generation: 1 });
  });
});

it.each([
  ['a vanished tag', 'v2', [event('a', 1)]],
  ['a tag that was never imported', 'v1', []],
  ['an event that names no image', 'v1', [event('a', 1, 'UPPER CASE')]],
])('%s stands for nothing', (_title, tag, items) => {
  expect(tagFacts(stream('Source', items), tag, nowhere)).toBeUndefined();
});

interface Vector {
  readonly id: string;
  readonly op: string;
  readonly input: {
    readonly stream: unknown;
    readonly fromName: string;
    readonly internalRegistryHostname: string;
  };
  readonly expect: { readonly pullSpec?: string };
}
const lookups = vectorGroup<Vector>('tagResolution').filter(([, { op }]) => op === 'triggerTagLookup');

it.each(lookups.filter(([, { input }]) => input.fromName.includes(':')))(
  'admission and the controller read a tag alike, as upstream does: %s',
  (_id, { input, expect: expected }) => {
    const places = { internalRegistryHostname: input.internalRegistryHostname, localRegistry: [] };
    const read = readImageStream(input.stream);
    const tag = input.fromName.slice(input.fromName.indexOf(':') + 1) || 'latest';
    const found = streamTag(read, tag);
    expect(historyFacts(tagEvents(read, tag), found, undefined, places)?.pullSpec).toBe(expected.pullSpec);
    expect(tagFacts(read, tag, places)?.pullSpec).toBe(expected.pullSpec);
  },
);
