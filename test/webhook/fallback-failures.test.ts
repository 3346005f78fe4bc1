import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { digest, pinned } from '../support/objects.ts';
import { creation, podOf } from '../support/reviews.ts';
import { reviewOf, type ReviewResponse, type TestServer } from '../support/server.ts';
import { serverLookingIn, startImageRegistry, using, type ImageRegistry } from './fallback-fixture.ts';

/** What becomes of names that no stream answers while registries fail (docs/fallback.md). */
let first: ImageRegistry;
let second: ImageRegistry;
beforeEach(async () => {
  first = await startImageRegistry({ 'web:1': '1' });
  second = await startImageRegistry({ 'web:1': '2', 'other:1': '2' });
});
afterEach(async () => {
  await first.stop();
  await second.stop();
});

const cache = { ttl: '300ms', negativeTtl: '100ms' };
const within = { timeoutMs: 10_000 };
const ask = (server: TestServer, image: string): Promise<ReviewResponse> =>
  server.review('/mutate', creation(podOf(image)));
const imageIn = ({ patch }: ReviewResponse): unknown => patch[0]?.value;
const auditOf = ({ auditAnnotations }: ReviewResponse) => auditAnnotations?.['containers.0'];
const atFirst = () => `${first.host}/web@${digest('1')}`;

describe('registries that are stopped', () => {
  test('the first one: the second answers, and a warning says so', async () => {
    await using(serverLookingIn([first, second], { fallback: { cache } }), async (server) => {
      await first.stop();
      const answer = await ask(server, 'web:1');
      expect(imageIn(answer)).toBe(`${second.host}/web@${digest('2')}`);
      expect(answer.warnings).toEqual([
        `"web:1" is ${second.host}/web: ${first.host} could not be asked (cannot be reached)`,
      ]);
    });
  });

  test('both: what is known is served stale with a warning, what is not is left alone with one', async () => {
    await using(serverLookingIn([first, second], { fallback: { cache } }), async (server) => {
      expect(imageIn(await ask(server, 'web:1'))).toBe(atFirst());
      await first.stop();
      await second.stop();
      const stale = await eventually(
        async () => {
          const answer = await ask(server, 'web:1');
          expect(auditOf(answer)).toContain('FallbackStale');
          return answer;
        },
        { describe: 'the answer is stale', ...within },
      );
      expect(imageIn(stale)).toBe(atFirst());
      expect(stale.warnings).toEqual([
        expect.stringMatching(`^"web:1" is ${first.host}/web: ${first.host} fails; its answer is \\d+ s old`),
      ]);

      const unknown = await ask(server, 'new:1');
      expect(unknown).toMatchObject({ allowed: true, patch: [] });
      expect(unknown.warnings).toEqual([
        expect.stringContaining(`"new:1" is left alone: no answer from ${first.host}: `),
      ]);
    });
  });

  test('one that comes back answers afresh', async () => {
    await using(serverLookingIn([first], { fallback: { cache } }), async (server) => {
      first.answer((_request, response) => response.destroy());
      expect(auditOf(await ask(server, 'web:1'))).toContain('FallbackFailed');
      first.has({ 'web:1': '1' });
      await eventually(async () => expect(imageIn(await ask(server, 'web:1'))).toBe(atFirst()), {
        describe: 'it is asked again',
        ...within,
      });
    });
  });

  test('onFailure: deny refuses what nobody could say, by container, image and reason; not what is known', async () => {
    const fallback = { onFailure: 'deny', cache };
    await using(serverLookingIn([first], { fallback }), async (server) => {
      expect(imageIn(await ask(server, 'web:1'))).toBe(atFirst());
      expect(await ask(server, 'absent:1')).toMatchObject({ allowed: true, patch: [] });
      await first.stop();
      const { allowed, patch, status } = await ask(server, 'new:1');
      expect({ allowed, patch, code: status?.code, reason: status?.reason }).toEqual({
        allowed: false,
        patch: [],
        code: 422,
        reason: 'Invalid',
      });
      expect(status?.message).toMatch(
        `container "c", image "new:1": no registry could say what it is: ${first.host}: cannot be reached`,
      );
      expect(status?.message).toMatch(/\(FallbackFailed\)$/);
      expect(status?.details.causes).toMatchObject([{ field: 'spec.containers[0].image' }]);
      expect(imageIn(await ask(server, 'web:1'))).toBe(atFirst());
    });
  });
});

describe('a registry that hangs', () => {
  test('an admission ends with its budget, and the late answer serves the next one', async () => {
    await using(serverLookingIn([first], { fallback: { timeout: '500ms' } }), async (server) => {
      const answerNow = first.hangs({ 'web:1': '1' });
      const startMs = performance.now();
      const left = await ask(server, 'web:1');
      const tookMs = performance.now() - startMs;
      expect(auditOf(left)).toBe('web:1 unchanged (FallbackFailed)');
      expect(left.warnings).toEqual([
        `"web:1" is left alone: no answer from ${first.host}: no answer in time`,
      ]);
      expect(tookMs).toBeGreaterThan(450);
      expect(tookMs).toBeLessThan(2500);

      answerNow();
      await eventually(async () => expect(imageIn(await ask(server, 'web:1'))).toBe(atFirst()), {
        describe: 'the late answer counts',
        ...within,
      });
      expect(first.requests).toHaveLength(1);
    });
  });

  test('the second one does not delay what the first has, beyond a moment for ambiguity', async () => {
    await using(serverLookingIn([first, second], { fallback: { timeout: '20s' } }), async (server) => {
      second.hangs({});
      const startMs = performance.now();
      expect(imageIn(await ask(server, 'web:1'))).toBe(atFirst());
      expect(performance.now() - startMs).toBeLessThan(5000);
    });
  });

  test('the API server that waits one second only has its answer by then', async () => {
    await using(serverLookingIn([first], { fallback: { timeout: '20s' } }), async (server) => {
      first.hangs({});
      const startMs = performance.now();
      const answer = await server.post('/mutate?timeout=1s', reviewOf(creation(podOf('web:1'))));
      expect(performance.now() - startMs).toBeLessThan(1000);
      expect(answer.text).toContain('FallbackFailed');
    });
  });

  test('the images of a Pod are asked about at the same time', async () => {
    await using(serverLookingIn([first], { fallback: { timeout: '20s' } }), async (server) => {
      const answerNow = first.hangs({ 'web:1': '1', 'aid:1': '2' });
      const initContainers = [{ name: 'i', image: 'aid:1' }];
      const waiting = server.review('/mutate', creation(podOf('web:1', { spec: { initContainers } })));
      await eventually(() => expect(first.requests).toHaveLength(2), {
        describe: 'both are asked',
        ...within,
      });
      answerNow();
      expect((await waiting).patch.map(({ value }) => value)).toEqual(
        expect.arrayContaining([atFirst(), `${first.host}/aid@${digest('2')}`]),
      );
    });
  });

  test('what a stream answers waits for nobody', async () => {
    await using(serverLookingIn([first], { fallback: { timeout: '20s' } }), async (server) => {
      const answerNow = first.hangs({ 'web:1': '1' });
      const waiting = ask(server, 'web:1');
      await eventually(() => expect(first.requests).toHaveLength(1), { describe: 'it is asked', ...within });
      let ended = false;
      void waiting.then(() => (ended = true));
      for (let time = 0; time < 50; time += 1) {
        expect(imageIn(await ask(server, 'app:v1'))).toBe(pinned('app', '1'));
      }
      expect({ ended, requests: first.requests.length }).toEqual({ ended: false, requests: 1 });
      answerNow();
      expect(imageIn(await waiting)).toBe(atFirst());
    });
  });
});
