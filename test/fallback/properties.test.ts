import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CandidateAnswer } from '../../src/resolver/fallback.ts';
import { digest, image } from '../importer/scripted-registry.ts';
import { createFixture, never, question, seconds } from './fixture.ts';

const hosts = ['reg-a.test', 'reg-b.test', 'reg-c.test'] as const;
const names = ['web', 'db'] as const;
/** What a registry has of a name: an image's number, nothing, or no answer. */
const holding = fc.oneof(
  fc.integer({ min: 1, max: 3 }),
  fc.constantFrom('absent' as const, 'failed' as const),
);
const world = fc.array(holding, {
  minLength: hosts.length * names.length,
  maxLength: hosts.length * names.length,
});
const asked = fc.record({
  name: fc.constantFrom(...names),
  order: fc.shuffledSubarray([...hosts]),
  /** Whether memory is asked first, as admission does. */
  peeks: fc.boolean(),
});

function load(registry: ReturnType<typeof createFixture>['registry'], holdings: readonly unknown[]): void {
  hosts.forEach((host, hostPlace) =>
    names.forEach((name, namePlace) => {
      const place = `${host}/${name}:1`;
      const holds = holdings[hostPlace * names.length + namePlace];
      registry.mend(place).drop(place);
      if (holds === 'failed') registry.fail(place, 'unreachable');
      else if (typeof holds === 'number') registry.serve(place, image(holds));
    }),
  );
}

/** What it would be without a memory: everybody is asked. */
function model(holdings: readonly unknown[], name: string, order: readonly string[]): unknown[] {
  return order.map((host) => {
    const place = hosts.findIndex((other) => other === host) * names.length;
    const holds = holdings[place + names.findIndex((other) => other === name)];
    if (typeof holds === 'number') return { kind: 'found', digest: digest(holds) };
    return holds === 'failed'
      ? { kind: 'failed', detail: 'cannot be reached: it is unreachable' }
      : { kind: 'absent' };
  });
}

test('while time stands still, answers are those of registries without a memory, and each is asked once', async () => {
  await fc.assert(
    fc.asyncProperty(world, fc.array(asked, { maxLength: 20 }), async (holdings, steps) => {
      const { fallback, registry } = createFixture();
      load(registry, holdings);
      for (const { name, order, peeks } of steps) {
        const wanted = question(order.map((host) => `${host}/${name}:1`));
        const expected = model(holdings, name, order);
        const peeked = peeks ? fallback.peek(wanted) : undefined;
        if (peeked === undefined) {
          expect(await fallback.ask(wanted, never)).toEqual(expected);
          continue;
        }
        // Memory may leave out what is behind the first that has the image, nothing else.
        const decisive = expected.findIndex((answer) => (answer as CandidateAnswer).kind === 'found');
        peeked.forEach((answer, place) => {
          if (answer !== undefined || decisive < 0 || place <= decisive)
            expect(answer).toEqual(expected[place]);
        });
      }
      const requests = registry.take();
      expect(new Set(requests).size).toBe(requests.length);
    }),
    { numRuns: 150 },
  );
});

test('while the world changes, no answer is older than its time, unless it says so', async () => {
  const step = fc.record({
    ...{ asked },
    holdings: fc.option(world, { freq: 2 }),
    afterMs: fc.nat(seconds(40)),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const { fallback, registry, clock, settings } = createFixture({ maxStaleMs: seconds(100) });
      /** The worlds so far, and until when each was. */
      const past: { holdings: readonly unknown[]; untilMs: number }[] = [];
      let now: readonly unknown[] = [];
      for (const { asked: what, holdings, afterMs } of steps) {
        if (holdings !== null) {
          past.push({ holdings: now, untilMs: clock.now() });
          now = holdings;
          load(registry, now);
        }
        clock.advance(afterMs);
        const wanted = question(what.order.map((host) => `${host}/${what.name}:1`));
        const answers = fallback.peek(wanted) ?? (await fallback.ask(wanted, never));
        answers.forEach((answer, place) => {
          if (answer === undefined) return;
          const stale = answer.kind === 'found' ? answer.staleMs : undefined;
          expect(stale ?? 0).toBeLessThanOrEqual(settings.maxStaleMs);
          const oldestMs = stale ?? (answer.kind === 'found' ? settings.ttlMs : settings.negativeTtlMs);
          const worlds = [
            now,
            ...past.filter(({ untilMs }) => untilMs >= clock.now() - oldestMs).map((w) => w.holdings),
          ];
          expect(worlds.map((holds) => model(holds, what.name, what.order)[place])).toContainEqual(
            answer.kind === 'found' ? { kind: 'found', digest: answer.digest } : answer,
          );
        });
      }
      fallback.stop();
    }),
    { numRuns: 150 },
  );
});
