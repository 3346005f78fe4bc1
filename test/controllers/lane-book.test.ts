import { describe, expect, test } from '@jest/globals';
import { LaneBook, laneKey, readLaneKey } from '../../src/controllers/lane-book.ts';
import { nextTurn } from '../../src/importer/turn.ts';

const intervalMs = 900_000;
const nowMs = 10_000_000;
const none = { pending: [], scheduled: false, failing: [] };
const failing = (...tags: string[]) => ({ ...none, failing: tags });
const scheduled = { ...none, scheduled: true };
const retry = { initialMs: 10_000, maxMs: 60_000 };
const bookOf = (random = 0) => new LaneBook('demo/web registry reg.acme.test', () => random);
const turnMs = nextTurn('demo/web registry reg.acme.test', intervalMs, nowMs);

describe('turns', () => {
  test('there is none without a scheduled tag', () => {
    const book = bookOf();
    book.update(none, intervalMs, nowMs);
    expect(book.nextMs()).toBeUndefined();
  });

  test('one is taken when it has come, and the next is an interval later', () => {
    const book = bookOf();
    book.update(scheduled, intervalMs, nowMs);
    expect(book.nextMs()).toBe(turnMs);
    expect(book.takeDue(turnMs - 1).schedule).toBe(false);
    expect(book.takeDue(turnMs).schedule).toBe(true);
    expect(book.takeDue(turnMs).schedule).toBe(false);
    expect(book.nextMs()).toBe(turnMs + intervalMs);
  });

  test('a change of the stream does not put one off', () => {
    const book = bookOf();
    book.update(scheduled, intervalMs, nowMs);
    book.update(scheduled, intervalMs, turnMs + 1);
    expect(book.takeDue(turnMs + 1).schedule).toBe(true);
  });

  test('another interval is another turn', () => {
    const book = bookOf();
    book.update(scheduled, intervalMs, nowMs);
    book.update(scheduled, 60_000, nowMs);
    expect(book.nextMs()).toBeLessThanOrEqual(nowMs + 60_000);
  });

  test('one that nobody needs any more is dropped', () => {
    const book = bookOf();
    book.update(scheduled, intervalMs, nowMs);
    book.update(none, intervalMs, nowMs);
    expect(book.takeDue(turnMs).schedule).toBe(false);
    expect(book.nextMs()).toBeUndefined();
  });
});

describe('retries', () => {
  test.each([
    ['the least', 0, [5000, 10_000, 20_000, 30_000, 30_000]],
    ['the most', 1, [10_000, 20_000, 40_000, 60_000, 60_000]],
  ])('wait longer with each failure, up to a limit: %s', (_title, random, waits) => {
    const book = bookOf(random);
    const dueMs = waits.map(() => {
      book.failed('v1', retry, nowMs);
      return (book.nextMs() ?? 0) - nowMs;
    });
    expect(dueMs).toEqual(waits);
  });

  test('wait as long as the registry says', () => {
    const book = bookOf();
    book.failed('v1', { ...retry, notBeforeMs: 77_000 }, nowMs);
    expect(book.nextMs()).toBe(nowMs + 77_000);
  });

  test('begin anew after a success', () => {
    const book = bookOf();
    book.failed('v1', retry, nowMs);
    book.failed('v1', retry, nowMs);
    book.succeeded('v1');
    expect(book.nextMs()).toBeUndefined();
    book.failed('v1', retry, nowMs);
    expect(book.nextMs()).toBe(nowMs + 5000);
  });

  test('are due tag by tag', () => {
    const book = bookOf();
    book.failed('v1', retry, nowMs);
    book.failed('v2', retry, nowMs + 1000);
    expect([...book.takeDue(nowMs + 4999).retry]).toEqual([]);
    expect([...book.takeDue(nowMs + 5000).retry]).toEqual(['v1']);
    expect([...book.takeDue(nowMs + 6000).retry]).toEqual(['v2']);
  });

  test('that were taken are not due again at once, whether or not anybody answers', () => {
    const book = bookOf();
    book.failed('v1', retry, nowMs);
    book.takeDue(nowMs + 5000);
    expect([...book.takeDue(nowMs + 5000).retry]).toEqual([]);
    expect(book.nextMs()).toBe(nowMs + 65_000);
  });

  test('that were taken and not worked on are due', () => {
    const book = bookOf();
    book.update(scheduled, intervalMs, nowMs);
    book.failed('v1', retry, nowMs);
    const due = book.takeDue(turnMs);
    book.giveBack(due, turnMs + 1);
    expect(book.takeDue(turnMs + 1)).toEqual(due);
    expect(book.nextMs()).toBe(turnMs + 1 + 60_000);
  });

  test('of tags that no longer fail are dropped', () => {
    const book = bookOf();
    book.failed('v1', retry, nowMs);
    book.failed('v2', retry, nowMs);
    book.update(failing('v2'), intervalMs, nowMs);
    expect([...book.takeDue(nowMs + 5000).retry]).toEqual(['v2']);
  });

  test.each([
    [0, 0],
    [0.5, 30_000],
  ])('of failures from before a start are spread over a minute (%s)', (random, waitMs) => {
    const book = bookOf(random);
    book.update(failing('v1'), intervalMs, nowMs);
    expect(book.nextMs()).toBe(nowMs + waitMs);
  });

  test('known already keep their time', () => {
    const book = bookOf();
    book.failed('v1', retry, nowMs);
    book.update(failing('v1'), intervalMs, nowMs + 1);
    expect(book.nextMs()).toBe(nowMs + 5000);
  });

  test('can be hurried, and go on as slowly as before', () => {
    const book = bookOf();
    book.failed('v1', retry, nowMs);
    book.hurry(nowMs + 1);
    expect([...book.takeDue(nowMs + 1).retry]).toEqual(['v1']);
    book.failed('v1', retry, nowMs + 1);
    expect(book.nextMs()).toBe(nowMs + 1 + 10_000);
  });
});

describe('work that is pending', () => {
  /** The pauses for questions, each asked `gapMs` after the work on the one before. */
  const pauses = (questions: readonly (readonly string[])[], gapMs: number) => {
    const book = bookOf();
    let time = nowMs;
    return questions.map((asked) => {
      time += gapMs;
      const pauseMs = book.pendingMs(asked, time);
      time += pauseMs;
      book.worked(time);
      return pauseMs;
    });
  };
  const same = new Array<string[]>(14).fill(['v1']);

  test.each<[string, readonly (readonly string[])[], number, readonly number[]]>([
    ['is begun at once', [['v1']], 0, [0]],
    ['that is always new is begun at once', [['v1'], ['v2'], ['v2', 'v3'], ['v1']], 0, [0, 0, 0, 0]],
    ['that comes back after a while is begun at once', [['v1'], ['v1'], ['v1']], 5000, [0, 0, 0]],
    ['that comes back at once waits longer each time', same.slice(0, 4), 10, [0, 100, 200, 400]],
    ['of which a part comes back waits, too', [['v1', 'v2'], ['v2'], ['v2']], 10, [0, 100, 200]],
    [
      'that is new after that is begun at once',
      [['v1'], ['v1'], ['v1'], ['v2'], ['v2']],
      10,
      [0, 100, 200, 0, 100],
    ],
  ])('%s', (_title, questions, gapMs, expected) => {
    expect(pauses(questions, gapMs)).toEqual(expected);
  });

  test('waits a minute at most, and does not begin anew by that', () => {
    expect(pauses(same, 10).slice(10)).toEqual([51_200, 60_000, 60_000, 60_000]);
  });

  test('waits also where it comes back before the work on it has ended', () => {
    const book = bookOf();
    let time = nowMs;
    book.pendingMs(['v1'], time);
    const waited = [];
    for (let work = 0; work < 12; work += 1) {
      const pauseMs = book.pendingMs(['v1'], time);
      book.worked(time);
      waited.push(pauseMs);
      time += pauseMs;
    }
    expect(waited.slice(0, 3)).toEqual([0, 100, 200]);
    expect(waited.slice(-2)).toEqual([51_200, 60_000]);
  });
});

test.each([
  ['demo/web', ''],
  ['demo/web', 'check'],
  ['demo/web', 'registry reg.acme.test:5000'],
])('a lane of %s is a key: %j', (stream, lane) => {
  expect(readLaneKey(laneKey(stream, lane))).toEqual({ stream, lane });
});
