import { describe, expect, test } from '@jest/globals';
import { agendaOf, checkLane, localLane, type LaneAgenda } from '../../src/importer/agenda.ts';
import type { TagEvent } from '../../src/imagestream/types.ts';
import { vectorGroup } from '../support/vectors.ts';
import {
  follows,
  imported,
  request,
  scheduled,
  settingsWith,
  source,
  streamOf,
  type StreamParts,
} from './fixture.ts';
import { digest } from './scripted-registry.ts';

const lane = 'registry reg.acme.test';
const agenda = (parts: StreamParts) => agendaOf(streamOf(parts), settingsWith());
const failure = { type: 'ImportSuccess', status: 'False', reason: 'NotFound', message: 'm', generation: 3 };
const answered = (tag: string, more: object = {}) => ({
  tag,
  items: [{ dockerImageReference: `${source}@${digest(1)}`, image: digest(1), generation: 3 }],
  observed: { from: { kind: 'DockerImage', name: `${source}:${tag}` }, generation: 3, importMode: 'Legacy' },
  ...more,
});

interface ScheduleVector {
  readonly id: string;
  readonly specTag: object;
  readonly newestStatusItem: TagEvent | null;
  readonly expect: { readonly scheduled?: boolean };
}

describe('what there is to do for a stream', () => {
  const rows = vectorGroup<ScheduleVector>('scheduledImport').filter(
    ([, row]) => row.expect.scheduled !== undefined,
  );
  test.each(rows)('%s', (_id, { specTag, newestStatusItem, expect: expected }) => {
    const status = newestStatusItem === null ? [] : [{ tag: 'v1', items: [newestStatusItem] }];
    const { scheduled: tags } = agenda({ tags: [{ name: 'v1', ...specTag }], status });
    expect(tags).toEqual(expected.scheduled === true ? ['v1'] : []);
  });

  test('each registry has a lane of its own, and what needs none another', () => {
    const elsewhere = { name: 'v2', from: { kind: 'DockerImage', name: 'other.test:5000/web:v2' } };
    const { lanes } = agenda({
      tags: [imported('v1'), elsewhere, follows('v3', 'v1'), imported('v4', { reference: true })],
      annotations: request('check', 'a'),
    });
    expect([...lanes.keys()]).toEqual([lane, 'registry other.test:5000', localLane, checkLane]);
    expect(lanes.get(localLane)?.pending).toHaveLength(2);
  });

  test.each<[string, StreamParts, string, Partial<LaneAgenda>]>([
    [
      'a tag that is scheduled',
      { tags: [scheduled('v1')], status: [answered('v1')] },
      lane,
      { pending: [], scheduled: true, failing: [] },
    ],
    [
      'a tag that failed',
      { tags: [imported('v1')], status: [answered('v1', { conditions: [failure] })] },
      lane,
      { pending: [], scheduled: false, failing: ['v1'] },
    ],
    [
      'a scheduled tag that failed, which keeps its turn',
      { tags: [scheduled('v1')], status: [answered('v1', { conditions: [failure] })] },
      lane,
      { pending: [], scheduled: true, failing: ['v1'] },
    ],
    [
      'a whole repository that failed',
      { repository: source, observed: { repository: { name: source, conditions: [failure] } } },
      lane,
      { failing: [''] },
    ],
    [
      'a whole repository that is refused',
      { repository: 'Bad Name', observed: { repository: { name: 'Bad Name', conditions: [failure] } } },
      localLane,
      { failing: [''] },
    ],
  ])('later: %s', (_title, parts, name, expected) => {
    const { lanes } = agenda(parts);
    expect([...lanes.keys()]).toEqual([name]);
    expect(lanes.get(name)).toMatchObject(expected);
  });

  test.each<[string, StreamParts]>([
    ['all is answered', { tags: [imported('v1')], status: [answered('v1')] }],
    ['a tag that failed is no longer in the spec', { status: [answered('v1', { conditions: [failure] })] }],
    [
      'an image is gone, and nothing else is known',
      {
        tags: [imported('v1')],
        status: [answered('v1', { conditions: [{ ...failure, type: 'ImagePresent' }] })],
      },
    ],
  ])('nothing: %s', (_title, parts) => {
    expect(agenda(parts).lanes.size).toBe(0);
  });

  test.each<[string, StreamParts, string]>([
    ['a deletion', { annotations: request('delete', 'a v1') }, localLane],
    ['a check', { annotations: request('check', 'a v1') }, checkLane],
    ['a whole repository', { repository: source }, lane],
  ])('at once: %s', (_title, parts, name) => {
    const { lanes } = agenda(parts);
    expect([...lanes.keys()]).toEqual([name]);
    expect(lanes.get(name)?.pending).toHaveLength(1);
  });

  const asked: StreamParts = { tags: [imported('v1')], annotations: request('import', 'a') };
  test.each<[string, StreamParts, boolean]>([
    ['other annotations', { annotations: { ...asked.annotations, other: 'x' } }, true],
    ['another spec', { generation: 4 }, false],
    ['another source', { tags: [{ ...imported('v2'), name: 'v1' }] }, false],
    ['another request', { annotations: request('import', 'b') }, false],
  ])('the same question has the same text: %s', (_title, more, same) => {
    const question = (parts: StreamParts) => agenda(parts).lanes.get(lane)?.pending[0];
    expect(question(asked)).toBeDefined();
    expect(question({ ...asked, ...more }) === question(asked)).toBe(same);
  });

  test.each<[string, StreamParts, boolean]>([
    ['a status', { status: [answered('v9')] }, true],
    ['another spec', { generation: 4 }, false],
    ['another repository', { repository: `${source}2` }, false],
    ['another request', { annotations: request('import', 'b') }, false],
  ])('so has that of a whole repository: %s', (_title, more, same) => {
    const question = (parts: StreamParts) =>
      agenda({ repository: source, ...parts }).lanes.get(lane)?.pending;
    expect(question({})).toHaveLength(1);
    expect(question(more)?.[0] === question({})?.[0]).toBe(same);
  });

  test('streams whose tags could not be copied are waited for', () => {
    const tags = [follows('a', 'os:9', { namespace: 'base' }), follows('b', 'os:8', { namespace: 'base' })];
    const failing = {
      tag: 'a',
      items: [],
      conditions: [failure],
      observed: { from: { kind: 'ImageStreamTag', namespace: 'base', name: 'os:9' }, generation: 3 },
    };
    expect(agenda({ tags, status: [failing] }).awaited).toEqual([{ namespace: 'base', name: 'os' }]);
    expect(agenda({ tags }).awaited).toEqual([]);
  });

  test('the interval is that of the stream', () => {
    const annotations = { 'pinstream.dev/scheduled-interval': '5m' };
    expect([agenda({ annotations }).intervalMs, agenda({}).intervalMs]).toEqual([300_000, 900_000]);
  });
});
