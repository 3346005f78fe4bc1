import { describe, expect, test } from '@jest/globals';
import { flightsMax } from '../../src/fallback/flights.ts';
import { digest, image } from '../importer/scripted-registry.ts';
import { turns } from '../support/turns.ts';
import { createFixture, hours, never, question, seconds } from './fixture.ts';

const a = 'reg-a.test/web:1';
const one = question([a]);
const found = (number: number, staleMs?: number) => ({
  kind: 'found',
  digest: digest(number),
  ...(staleMs !== undefined && { staleMs }),
});

describe('what is in use is asked for ahead', () => {
  test('and nobody ever waits for it', async () => {
    const { fallback, registry, pass } = createFixture();
    registry.serve(a, image(1));
    await fallback.ask(one, never);
    for (let round = 0; round < 20; round += 1) {
      await pass(seconds(20));
      expect(fallback.peek(one)).toEqual([found(1)]);
    }
    // 400 s: once at first, then every 45 s and a little.
    const { length } = registry.take();
    expect(length).toBeGreaterThanOrEqual(8);
    expect(length).toBeLessThanOrEqual(1 + Math.floor(400 / 45));
  });

  test('by a question that goes behind those that somebody waits for', async () => {
    const { fallback, registry, pass } = createFixture();
    registry.serve(a, image(1));
    await fallback.ask(one, never);
    await pass(seconds(44));
    expect(registry.asked).toHaveLength(1);
    await pass(seconds(3));
    expect(registry.asked).toMatchObject([{}, { query: { urgency: 'scheduled' } }]);
  });

  test('a tag that moves is seen', async () => {
    const { fallback, registry, pass } = createFixture();
    registry.serve(a, image(1));
    await fallback.ask(one, never);
    registry.serve(a, image(2));
    await pass(seconds(50));
    expect(fallback.peek(one)).toEqual([found(2)]);
    registry.drop(a);
    await pass(seconds(45));
    expect(fallback.peek(one)).toEqual([{ kind: 'absent' }]);
  });

  test('what is not there is asked for ahead, too, in its own shorter time', async () => {
    const { fallback, registry, pass } = createFixture();
    await fallback.ask(one, never);
    for (let round = 0; round < 10; round += 1) {
      await pass(seconds(5));
      expect(fallback.peek(one)).toEqual([{ kind: 'absent' }]);
    }
    expect(registry.take().length).toBeLessThanOrEqual(1 + Math.floor(50 / 7.5));
  });

  test('what is not there and was wanted once is asked for once more at most', async () => {
    const { fallback, registry, pass } = createFixture();
    await fallback.ask(one, never);
    await pass(seconds(60));
    expect(registry.take()).toHaveLength(2);
  });

  test('an answer that came late counts as used when it came', async () => {
    const { fallback, registry, pass } = createFixture({ ttlMs: seconds(10) });
    const other = question(['reg-b.test/web:1']);
    registry.serve(a, image(1)).serve('reg-b.test/web:1', image(2)).hold('reg-a.test');
    const late = fallback.ask(one, never);
    await pass(seconds(12));
    await fallback.ask(other, never);
    await pass(seconds(4));
    await registry.release('reg-a.test');
    await late;
    await pass(seconds(5));
    expect(fallback.peek(other)).toEqual([found(2)]);
    // Also the one behind it was looked after: both were asked for again.
    expect(registry.take().filter((asked) => asked.includes('reg-b'))).toHaveLength(2);
    await pass(seconds(4));
    expect(registry.take()).toContain(`digest ${a}`);
  });

  test('what is no longer in use is asked for once more at most, and then no timer runs', async () => {
    const { fallback, registry, clock, pass } = createFixture();
    registry.serve(a, image(1));
    await fallback.ask(one, never);
    await pass(seconds(600));
    expect(registry.take()).toHaveLength(2);
    expect(clock.sleeping()).toEqual([]);
    expect(fallback.peek(one)).toBeUndefined();
    await fallback.ask(one, never);
    expect(clock.sleeping()).toHaveLength(1);
  });

  test('many at once leave room for those that somebody waits for', async () => {
    const { fallback, registry, pass } = createFixture();
    const names = Array.from({ length: 300 }, (_, place) => `reg-a.test/app-${place}:1`);
    for (const name of names) {
      registry.serve(name, image(1));
      await fallback.ask(question([name]), never);
    }
    registry.take();
    registry.hold('reg-a.test');
    await pass(seconds(50));
    expect(registry.take()).toHaveLength(128);
    expect(await fallback.ask(question(['reg-b.test/web:1']), never)).toEqual([{ kind: 'absent' }]);
    // And the others have their turn.
    await registry.release('reg-a.test');
    await pass(seconds(5));
    expect(registry.take().filter((asked) => asked.includes('reg-a'))).toHaveLength(172);
  });

  test('one that falls out of memory meanwhile stays out', async () => {
    const { fallback, registry, pass } = createFixture({ maxEntries: 1 });
    registry.serve(a, image(1));
    await fallback.ask(one, never);
    registry.hold('reg-a.test');
    await pass(seconds(50));
    expect(registry.take()).toHaveLength(2);
    await fallback.ask(question(['reg-b.test/web:1']), never);
    await registry.release('reg-a.test');
    expect(fallback.peek(one)).toBeUndefined();
    expect(fallback.peek(question(['reg-b.test/web:1']))).toEqual([{ kind: 'absent' }]);
  });

  test('nobody waits for a registry that is slow to confirm', async () => {
    const { fallback, registry, pass } = createFixture();
    registry.serve(a, image(1));
    await fallback.ask(one, never);
    registry.hold('reg-a.test');
    await pass(seconds(65));
    expect(fallback.peek(one)).toEqual([found(1, seconds(65))]);
    await registry.release('reg-a.test');
    expect(fallback.peek(one)).toEqual([found(1)]);
  });
});

describe('a registry that fails', () => {
  test('leaves the digest it had, with its age, and is tried in the background', async () => {
    const { fallback, registry, pass } = createFixture();
    registry.serve(a, image(1));
    await fallback.ask(one, never);
    registry.take();
    registry.fail('reg-a', 'unreachable');
    for (let round = 1; round <= 60; round += 1) {
      await pass(seconds(10));
      const ageMs = seconds(10 * round);
      expect(fallback.peek(one)).toEqual([found(1, ageMs < seconds(60) ? undefined : ageMs)]);
    }
    // 10 minutes: first after 45 s, then after 5, 10, 20 and each 30 s, not by each of the 60 admissions.
    const { length } = registry.take();
    expect(length).toBeGreaterThanOrEqual(15);
    expect(length).toBeLessThanOrEqual(21);
    registry.mend('reg-a').serve(a, image(2));
    await pass(seconds(35));
    expect(fallback.peek(one)).toEqual([found(2)]);
  });

  test('that asks for peace gets it', async () => {
    const { fallback, registry, pass } = createFixture();
    registry.serve(a, image(1));
    await fallback.ask(one, never);
    registry.fail('reg-a', 'rateLimited', { retryAfterMs: seconds(200) });
    await pass(seconds(50));
    expect(registry.take()).toHaveLength(2);
    for (let round = 0; round < 4; round += 1) {
      await pass(seconds(40));
      expect(fallback.peek(one)).toMatchObject([{ kind: 'found', digest: digest(1) }]);
    }
    expect(registry.take()).toEqual([]);
    await pass(seconds(40));
    expect(registry.take()).toHaveLength(1);
  });

  test('long after its answer fails', async () => {
    const { fallback, registry, clock } = createFixture({ maxStaleMs: hours(1) });
    registry.serve(a, image(1));
    await fallback.ask(one, never);
    registry.fail('reg-a', 'unreachable');
    clock.advance(hours(1));
    expect(await fallback.ask(one, never)).toEqual([found(1, hours(1))]);
    expect(fallback.peek(one)).toEqual([found(1, hours(1))]);
    clock.advance(1);
    expect(fallback.peek(one)).toMatchObject([{ kind: 'failed' }]);
    clock.advance(seconds(10));
    expect(fallback.peek(one)).toBeUndefined();
    expect(await fallback.ask(one, never)).toMatchObject([{ kind: 'failed' }]);
    expect(fallback.peek(one)).toMatchObject([{ kind: 'failed' }]);
  });

  test('for longer than its answers serve, is tried in the background, and nobody waits for it', async () => {
    const { fallback, registry, pass } = createFixture({ maxStaleMs: seconds(100) });
    registry.serve(a, image(1));
    await fallback.ask(one, never);
    registry.fail('reg-a', 'unreachable');
    for (let round = 0; round < 11; round += 1) {
      await pass(seconds(10));
      fallback.peek(one);
    }
    expect(await fallback.ask(one, never)).toMatchObject([{ kind: 'failed' }]);
    for (let round = 0; round < 40; round += 1) {
      await pass(seconds(5));
      expect(fallback.peek(one)).toMatchObject([{ kind: 'failed' }]);
    }
  });

  test('is asked again when nobody has for long', async () => {
    const { fallback, registry, clock } = createFixture();
    registry.serve(a, image(1));
    await fallback.ask(one, never);
    registry.fail('reg-a', 'unreachable');
    clock.advance(seconds(60));
    expect(await fallback.ask(one, never)).toEqual([found(1, seconds(60))]);
    registry.mend('reg-a').serve(a, image(2));
    clock.advance(hours(2));
    expect(fallback.peek(one)).toBeUndefined();
    expect(await fallback.ask(one, never)).toEqual([found(2)]);
  });

  test('and then says that there is no such image, is believed', async () => {
    const { fallback, registry, pass } = createFixture();
    registry.serve(a, image(1));
    await fallback.ask(one, never);
    registry.fail('reg-a', 'unreachable');
    await pass(seconds(59));
    fallback.peek(one);
    await pass(seconds(10));
    expect(fallback.peek(one)).toEqual([found(1, seconds(69))]);
    registry.mend('reg-a').drop(a);
    await pass(seconds(15));
    expect(fallback.peek(one)).toEqual([{ kind: 'absent' }]);
  });

  test('leaves what it had for who asks while there is no room for questions', async () => {
    const { fallback, registry, clock } = createFixture();
    registry.serve(a, image(1));
    await fallback.ask(one, never);
    registry.hold('reg-b.test');
    const asks = Array.from({ length: flightsMax }, (_, place) =>
      fallback.ask(question([`reg-b.test/app-${place}:1`]), never),
    );
    clock.advance(seconds(60));
    expect(await fallback.ask(one, never)).toEqual([found(1, seconds(60))]);
    await turns(1);
    await registry.release('reg-b.test');
    await Promise.all(asks);
  });
});
