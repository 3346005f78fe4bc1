import { describe, expect, test } from '@jest/globals';
import { flightsMax } from '../../src/fallback/flights.ts';
import type { RegistryFailureKind } from '../../src/oci/failure.ts';
import { digest, image } from '../importer/scripted-registry.ts';
import { turns } from '../support/turns.ts';
import { candidate, createFixture, never, nobody, question, seconds } from './fixture.ts';

const a = 'reg-a.test/web:1';
const b = 'reg-b.test/web:1';
const absent = { kind: 'absent' };
const found = (number: number) => ({ kind: 'found', digest: digest(number) });
const failedAnswer = { kind: 'failed', detail: expect.any(String) as unknown };
const one = question([a]);
const both = question([a, b]);

describe('one question an image', () => {
  test('1,000 images, 100 asks each at the same time, are 1,000 requests', async () => {
    const { fallback, registry } = createFixture();
    const names = Array.from({ length: 1000 }, (_, place) => `reg-a.test/app-${place}:1`);
    names.forEach((name, place) => registry.serve(name, image(place + 1)));
    let wrong = 0;
    // 250 at a time, so that all of them find room.
    for (let start = 0; start < names.length; start += 250) {
      const asks = names.slice(start, start + 250).flatMap((name, place) =>
        Array.from({ length: 100 }, async () => {
          // Each its own, as requests have: listeners of one signal are kept in a list.
          const [answer] = await fallback.ask(question([name]), new AbortController().signal);
          if (answer?.kind !== 'found' || answer.digest !== digest(start + place + 1)) wrong += 1;
        }),
      );
      await Promise.all(asks);
    }
    expect(wrong).toBe(0);
    const asked = registry.take();
    expect(asked).toHaveLength(1000);
    expect(new Set(asked)).toEqual(new Set(names.map((name) => `digest ${name}`)));
    expect(fallback.counts()).toEqual({ entries: 1000, flights: 0 });
  });

  test.each([
    ['the tag', 'reg-a.test/web:2', false],
    ['the repository', 'reg-a.test/other:1', false],
    ['the registry', 'reg-b.test/web:1', false],
    ['how it may be reached', a, true],
  ])('%s tells images apart', async (_what, other, insecure) => {
    const { fallback, registry } = createFixture();
    registry.serve(a, image(1));
    await fallback.ask(one, never);
    expect(fallback.peek({ candidates: [candidate(other, insecure)], credentials: nobody })).toBeUndefined();
  });

  test('it is asked as Docker names it, by whom waits', async () => {
    const { fallback, registry } = createFixture();
    await fallback.ask(question(['docker.io/nginx']), never);
    expect(registry.asked).toMatchObject([
      { what: 'docker.io/library/nginx:latest', query: { urgency: 'asked', namespace: '', insecure: false } },
    ]);
  });

  test('more questions at once than there is room for are not asked, and nobody waits for those', async () => {
    const { fallback, registry } = createFixture();
    registry.hold('reg-a.test');
    const asks = Array.from({ length: flightsMax }, (_, place) =>
      fallback.ask(question([`reg-a.test/app-${place}:1`]), never),
    );
    expect(await fallback.ask(question([b]), never)).toEqual([
      { kind: 'failed', detail: 'too many questions to registries are under way' },
    ]);
    expect(fallback.counts()).toEqual({ entries: 0, flights: flightsMax });
    await registry.release('reg-a.test');
    await Promise.all(asks);
    expect(await fallback.ask(question([b]), never)).toEqual([absent]);
  });
});

describe('memory', () => {
  test('a digest serves for its time', async () => {
    const { fallback, registry, clock } = createFixture();
    registry.serve(a, image(1));
    expect(fallback.peek(one)).toBeUndefined();
    expect(await fallback.ask(one, never)).toEqual([found(1)]);
    registry.serve(a, image(2));
    clock.advance(seconds(60) - 1);
    expect(fallback.peek(one)).toEqual([found(1)]);
    expect(registry.take()).toHaveLength(1);
    clock.advance(1);
    expect(fallback.peek(one)).toBeUndefined();
    expect(await fallback.ask(one, never)).toEqual([found(2)]);
    expect(fallback.peek(one)).toEqual([found(2)]);
  });

  test.each<[RegistryFailureKind, typeof absent]>([
    ['notFound', absent],
    ['unauthorized', absent],
    ['wrongCredential', absent],
    ['denied', absent],
    ['unreachable', failedAnswer],
    ['timeout', failedAnswer],
    ['rateLimited', failedAnswer],
    ['serverError', failedAnswer],
    ['paused', failedAnswer],
    ['tls', failedAnswer],
    ['malformed', failedAnswer],
  ])('%s serves for the shorter time', async (kind, answer) => {
    const { fallback, registry, clock } = createFixture();
    registry.fail(a, kind);
    expect(await fallback.ask(one, never)).toEqual([answer]);
    registry.mend(a).serve(a, image(1));
    clock.advance(seconds(10) - 1);
    expect(fallback.peek(one)).toEqual([answer]);
    clock.advance(1);
    expect(fallback.peek(one)).toBeUndefined();
    expect(await fallback.ask(one, never)).toEqual([found(1)]);
  });

  test('a tag that is gone is gone at once', async () => {
    const { fallback, registry, clock } = createFixture();
    registry.serve(a, image(1));
    await fallback.ask(one, never);
    registry.drop(a);
    clock.advance(seconds(60));
    expect(await fallback.ask(one, never)).toEqual([absent]);
    registry.fail(a, 'unreachable');
    clock.advance(seconds(60));
    expect(await fallback.ask(one, never)).toEqual([failedAnswer]);
  });

  test('without a time to live every question is asked, and still once at a time', async () => {
    const { fallback, registry } = createFixture({ ttlMs: 0, negativeTtlMs: 0 });
    registry.serve(a, image(1));
    expect(await Promise.all([fallback.ask(one, never), fallback.ask(one, never)])).toEqual([
      [found(1)],
      [found(1)],
    ]);
    expect(fallback.peek(one)).toBeUndefined();
    expect(await fallback.ask(one, never)).toEqual([found(1)]);
    expect(registry.take()).toHaveLength(2);
  });

  test('what was used longest ago falls out, when the bound changes, too', async () => {
    const { fallback, settings } = createFixture({ maxEntries: 3 });
    const ask = (tag: number) => fallback.ask(question([`reg-a.test/web:${tag}`]), never);
    const known = () =>
      [1, 2, 3, 4, 5].filter((tag) => fallback.peek(question([`reg-a.test/web:${tag}`])) !== undefined);
    for (const tag of [1, 2, 3]) await ask(tag);
    fallback.peek(question(['reg-a.test/web:1']));
    await ask(4);
    expect(known()).toEqual([1, 3, 4]);
    settings.maxEntries = 2;
    await ask(5);
    expect(known()).toEqual([4, 5]);
    settings.maxEntries = 4;
    await ask(1);
    expect(known()).toEqual([1, 4, 5]);
    expect(fallback.counts().entries).toBe(3);
  });

  test('an answer is given though there is no room to remember it', async () => {
    const { fallback, registry } = createFixture({ maxEntries: 1 });
    registry.serve(a, image(1)).serve(b, image(2));
    expect(await fallback.ask(both, never)).toEqual([found(1), found(2)]);
    expect(fallback.counts().entries).toBe(1);
  });

  test('a digest is named by who has it, lately', async () => {
    const { fallback, registry, clock } = createFixture({ maxEntries: 2 });
    registry.serve(a, image(1));
    expect(fallback.namesDigest(digest(1))).toBe(false);
    await fallback.ask(one, never);
    expect(fallback.namesDigest(digest(1))).toBe(true);
    expect(fallback.namesDigest(digest(2))).toBe(false);
    clock.advance(seconds(24 * 3600));
    expect(fallback.namesDigest(digest(1))).toBe(true);
    clock.advance(1);
    expect(fallback.namesDigest(digest(1))).toBe(false);
  });

  test('digests that are named are bounded, too', async () => {
    const { fallback, registry } = createFixture({ maxEntries: 2 });
    for (const number of [1, 2, 3]) {
      registry.serve(`reg-a.test/web:${number}`, image(number));
      await fallback.ask(question([`reg-a.test/web:${number}`]), never);
    }
    expect([1, 2, 3].map((number) => fallback.namesDigest(digest(number)))).toEqual([false, true, true]);
  });
});

describe('the order', () => {
  test('decides though the second answers first', async () => {
    const { fallback, registry } = createFixture();
    registry.serve(a, image(1)).serve(b, image(2)).hold('reg-a.test');
    let answers: unknown;
    const asking = fallback.ask(both, never).then((given) => (answers = given));
    await turns(3);
    expect(registry.take()).toEqual([`digest ${a}`, `digest ${b}`]);
    expect(answers).toBeUndefined();
    await registry.release('reg-a.test');
    await asking;
    expect(answers).toEqual([found(1), found(2)]);
  });

  test.each<[string, (fixture: ReturnType<typeof createFixture>) => void, unknown[]]>([
    [
      'both have it, differently',
      ({ registry }) => registry.serve(a, image(1)).serve(b, image(2)),
      [found(1), found(2)],
    ],
    ['only the second has it', ({ registry }) => registry.serve(b, image(2)), [absent, found(2)]],
    [
      'the first fails',
      ({ registry }) => registry.fail('reg-a', 'unreachable').serve(b, image(2)),
      [failedAnswer, found(2)],
    ],
    [
      'the second fails',
      ({ registry }) => registry.fail('reg-b', 'unreachable').serve(a, image(1)),
      [found(1), failedAnswer],
    ],
    ['nobody has it', () => undefined, [absent, absent]],
    ['nobody answers', ({ registry }) => registry.fail('reg-', 'timeout'), [failedAnswer, failedAnswer]],
  ])('%s: asked, and then from memory', async (_what, prepare, answers) => {
    const fixture = createFixture();
    prepare(fixture);
    expect(await fixture.fallback.ask(both, never)).toEqual(answers);
    fixture.registry.take();
    expect(fixture.fallback.peek(both)).toEqual(answers);
    expect(await fixture.fallback.ask(both, never)).toEqual(answers);
    expect(fixture.registry.take()).toEqual([]);
  });

  test('memory decides by the first that has it, whatever is known of those behind', async () => {
    const { fallback, registry } = createFixture();
    registry.serve(a, image(1));
    await fallback.ask(one, never);
    expect(fallback.peek(both)).toEqual([found(1), undefined]);
    expect(fallback.peek(question([b, a]))).toBeUndefined();
  });

  test('those behind the first that has it get 250 ms, and are remembered when they come later', async () => {
    const { fallback, registry, clock } = createFixture();
    registry.serve(a, image(1)).serve(b, image(2)).hold('reg-b.test');
    let answers: unknown;
    const asking = fallback.ask(both, never).then((given) => (answers = given));
    await turns(3);
    clock.advance(249);
    await turns(3);
    expect(answers).toBeUndefined();
    clock.advance(1);
    await asking;
    expect(answers).toEqual([found(1), undefined]);
    await registry.release('reg-b.test');
    expect(answers).toEqual([found(1), undefined]);
    expect(fallback.peek(both)).toEqual([found(1), found(2)]);
  });

  test('no candidates are decided', async () => {
    const { fallback } = createFixture();
    expect(fallback.peek(question([]))).toEqual([]);
    expect(await fallback.ask(question([]), never)).toEqual([]);
  });
});

describe('a budget that is used up', () => {
  test('what is known is given, and the late answer is kept', async () => {
    const { fallback, registry } = createFixture();
    registry.serve(a, image(1)).serve(b, image(2)).hold('reg-a.test');
    const budget = new AbortController();
    const asking = fallback.ask(both, budget.signal);
    await turns(3);
    budget.abort();
    expect(await asking).toEqual([undefined, found(2)]);
    expect(fallback.peek(both)).toBeUndefined();
    await registry.release('reg-a.test');
    expect(fallback.peek(both)).toEqual([found(1), found(2)]);
    expect(registry.take()).toHaveLength(2);
  });

  test('who comes later waits for the same answer', async () => {
    const { fallback, registry } = createFixture();
    registry.serve(a, image(1)).hold('reg-a.test');
    const budget = new AbortController();
    const first = fallback.ask(one, budget.signal);
    const second = fallback.ask(one, never);
    budget.abort();
    expect(await first).toEqual([undefined]);
    await registry.release('reg-a.test');
    expect(await second).toEqual([found(1)]);
    expect(registry.take()).toHaveLength(1);
  });

  test('one that is used up before the question still makes it known for the next', async () => {
    const { fallback, registry } = createFixture();
    registry.serve(a, image(1));
    expect(await fallback.ask(one, AbortSignal.abort())).toEqual([undefined]);
    await turns(3);
    expect(fallback.peek(one)).toEqual([found(1)]);
  });

  test('a digest that was known serves for a registry that does not answer', async () => {
    const { fallback, registry, clock } = createFixture();
    registry.serve(a, image(1));
    await fallback.ask(one, never);
    registry.hold('reg-a.test');
    clock.advance(seconds(90));
    const budget = new AbortController();
    const asking = fallback.ask(one, budget.signal);
    await turns(1);
    budget.abort();
    expect(await asking).toEqual([{ ...found(1), staleMs: seconds(90) }]);
  });

  test('a question that is never answered fails after 30 s, and there is room again', async () => {
    const { fallback, registry, clock } = createFixture();
    registry.silence('reg-a.test');
    const asking = fallback.ask(one, never);
    await turns(2);
    clock.advance(seconds(30) - 1);
    await turns(2);
    expect(fallback.counts().flights).toBe(1);
    clock.advance(1);
    expect(await asking).toEqual([{ kind: 'failed', detail: 'no answer within 30 s' }]);
    expect(fallback.counts()).toEqual({ entries: 1, flights: 0 });
    expect(fallback.peek(one)).toEqual([{ kind: 'failed', detail: 'no answer within 30 s' }]);
  });

  test('so does one whose source does not listen', async () => {
    const { fallback, registry, clock } = createFixture();
    registry.hold('reg-a.test');
    const asking = fallback.ask(one, never);
    await turns(2);
    clock.advance(seconds(30));
    expect(await asking).toMatchObject([{ kind: 'failed' }]);
    expect(fallback.counts().flights).toBe(0);
  });
});

describe('scopes', () => {
  const team = (namespace: string) => ({ namespace, serviceAccount: 'default', names: ['regcred'] });

  test('what one may read another does not learn, from memory or by waiting along', async () => {
    const { fallback, registry } = createFixture();
    registry.serve(a, image(1)).hold('reg-a.test');
    const first = fallback.ask(question([a], team('blue')), never);
    await turns(1);
    const gate = registry.release('reg-a.test');
    registry.fail('reg-a', 'denied');
    const second = fallback.ask(question([a], team('red')), never);
    await gate;
    expect(await first).toEqual([found(1)]);
    expect(await second).toEqual([absent]);
    expect(fallback.peek(question([a], team('blue')))).toEqual([found(1)]);
    expect(fallback.peek(question([a], team('red')))).toEqual([absent]);
    expect(fallback.peek(one)).toBeUndefined();
    const namespaces = registry.asked.map(({ query }) => query.namespace);
    expect(namespaces).toEqual(['["blue","default",["regcred"]]', '["red","default",["regcred"]]']);
  });

  test('the label of the credential that was needed goes with the digest, fresh, remembered and stale', async () => {
    const { fallback, registry, clock } = createFixture();
    const credential = 'secret "regcred"';
    const answer = { ...found(1), credential };
    registry.digest = () => Promise.resolve({ ok: true, value: digest(1), credential, notes: [] });
    expect(await fallback.ask(one, never)).toEqual([answer]);
    expect(fallback.peek(one)).toEqual([answer]);
    registry.digest = () => Promise.reject(new Error('down'));
    clock.advance(seconds(60));
    const stale = [{ ...answer, staleMs: seconds(60) }];
    expect(await fallback.ask(one, never)).toEqual(stale);
    expect(fallback.peek(one)).toEqual(stale);
  });

  test('those with the same key share an answer', async () => {
    const { fallback, registry } = createFixture();
    registry.serve(a, image(1));
    await fallback.ask(question([a], { ...nobody, serviceAccount: 'x' }), never);
    expect(fallback.peek(question([a], { ...nobody, names: ['y'] }))).toEqual([found(1)]);
  });
});

describe('what is counted', () => {
  test('one result a candidate and question', async () => {
    const { fallback, registry, clock, takeResults } = createFixture();
    registry.serve(b, image(2));
    expect(fallback.peek(both)).toBeUndefined();
    expect(takeResults()).toEqual([]);
    await fallback.ask(both, never);
    expect(takeResults()).toEqual(['miss', 'miss']);
    fallback.peek(both);
    expect(takeResults()).toEqual(['negative', 'hit']);
    registry.fail('reg-', 'unreachable');
    clock.advance(seconds(60));
    await fallback.ask(both, never);
    expect(takeResults()).toEqual(['failed', 'stale']);
    fallback.peek(both);
    expect(takeResults()).toEqual(['failed', 'stale']);
  });
});

describe('trouble', () => {
  test('a failure is told without credentials, and bounded', async () => {
    const { fallback, registry, log } = createFixture();
    const failure = {
      kind: 'rateLimited' as const,
      registry: 'reg-a.test',
      repository: 'web',
      credential: 'secret "regcred"',
      detail: 'x'.repeat(1000),
    };
    registry.digest = () => Promise.resolve({ ok: false, failure, notes: [] });
    const [answer] = await fallback.ask(one, never);
    expect(answer).toEqual({
      kind: 'failed',
      detail: expect.stringMatching(/^too many requests: x+…$/) as unknown,
    });
    expect(answer?.kind === 'failed' && answer.detail).toHaveLength(200);
    expect(JSON.stringify([answer, log.lines])).not.toContain('regcred');
  });

  test('a bug of ours is a failure, and logged', async () => {
    const { fallback, registry, log } = createFixture();
    registry.digest = () => Promise.reject(new TypeError('it is undefined'));
    expect(await fallback.ask(one, never)).toEqual([
      { kind: 'failed', detail: 'an error of Pinstream, which its log has' },
    ]);
    expect(log.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { fields: { registry: 'reg-a.test', repository: 'web' } },
    ]);
  });

  test('stopping ends what is under way, remembers nothing of it, and asks nothing any longer', async () => {
    const { fallback, registry, clock, log } = createFixture();
    registry.silence('reg-a.test');
    const asking = fallback.ask(one, never);
    await turns(1);
    fallback.stop();
    expect(await asking).toMatchObject([{ kind: 'failed' }]);
    expect(fallback.counts()).toEqual({ entries: 0, flights: 0 });
    expect(clock.sleeping()).toEqual([]);
    expect(await fallback.ask(question([b]), never)).toMatchObject([{ kind: 'failed' }]);
    expect(registry.take()).toEqual([`digest ${a}`]);
    expect(clock.sleeping()).toEqual([]);
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
