import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pushEvent, setFailure, trimHistory, type TagHistory } from '../../src/imagestream/history.ts';
import type { TagCondition } from '../../src/imagestream/whole-stream.ts';
import type { TagEvent } from '../../src/imagestream/types.ts';
import { eventOf } from './streams.ts';

const empty: TagHistory = { items: [], conditions: [] };
const condition = (type: string, message = 'm'): TagCondition => ({
  type,
  status: 'False',
  reason: 'NotFound',
  message,
});

const events = fc.record({
  dockerImageReference: fc.constantFrom('r/a:1', 'r/a:2', 'r/b:1'),
  image: fc.constantFrom('', 'sha256:a', 'sha256:b'),
  generation: fc.integer({ min: 1, max: 3 }),
});

describe('pushEvent', () => {
  test('a reference that follows another reference is a new item: an empty image is no image', () => {
    const first = { dockerImageReference: 'reg.acme.test/crew/web:v1', image: '', generation: 1 };
    const second = { dockerImageReference: 'reg.acme.test/crew/web:v2', image: '', generation: 2 };
    const { history } = pushEvent(pushEvent(empty, first).history, second);
    expect(history.items).toEqual([second, first]);
  });

  test('whatever is pushed, no image and no reference-only location is ever lost, and pushing twice is pushing once', () => {
    fc.assert(
      fc.property(fc.array(events), (pushed) => {
        let history = empty;
        for (const event of pushed) {
          history = pushEvent(history, event).history;
          expect(pushEvent(history, event)).toEqual({ changed: false, history });
        }
        const identity = ({ image, dockerImageReference }: TagEvent) =>
          image === '' ? dockerImageReference : image;
        expect(new Set(history.items.map(identity))).toEqual(new Set(pushed.map(identity)));
        expect(history.items[0]).toEqual(pushed.at(-1));
      }),
    );
  });
});

describe('setFailure', () => {
  const repeated = [condition('ImportSuccess'), condition('ImagePresent')];

  test.each([
    ['the first', [], condition('ImportSuccess'), true, [condition('ImportSuccess')]],
    ['the same again', repeated, condition('ImportSuccess'), false, repeated],
    [
      'another message beside another type',
      repeated,
      condition('ImportSuccess', 'n'),
      true,
      [condition('ImagePresent'), condition('ImportSuccess', 'n')],
    ],
    [
      'one that was there twice',
      [condition('ImportSuccess'), condition('ImportSuccess', 'n')],
      condition('ImportSuccess'),
      true,
      [condition('ImportSuccess')],
    ],
  ])('%s', (_title, held, set, changed, conditions) => {
    expect(setFailure(held, set)).toEqual({ changed, conditions });
  });

  test('a newer transition time alone is not news', () => {
    const held = [{ ...condition('ImportSuccess'), lastTransitionTime: '2024-01-01T00:00:00Z' }];
    const set = { ...condition('ImportSuccess'), lastTransitionTime: '2024-02-01T00:00:00Z' };
    expect(setFailure(held, set)).toEqual({ changed: false, conditions: held });
  });
});

describe('trimHistory', () => {
  const items = [eventOf('c'), eventOf('b'), eventOf('a')];

  test.each([
    [0, 3],
    [1, 1],
    [2, 2],
    [3, 3],
    [9, 3],
  ])('a limit of %i keeps the newest %i of three', (limit, kept) => {
    expect(trimHistory(items, limit)).toEqual(items.slice(0, kept));
  });
});
