import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { KubeClient } from '../../src/kube/client.ts';
import type { Clock } from '../../src/kube/clock.ts';
import { electionIdentity, startLeaderElection, type LeaderElection } from '../../src/kube/lease.ts';
import { failure, memoryApi, type MemoryApi } from '../certs/memory-api.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { createRecordingLog } from '../support/recording-log.ts';
import { turns } from '../support/turns.ts';

const collection = '/apis/coordination.k8s.io/v1/namespaces/pinstream-system/leases';
const path = `${collection}/controller`;

/** How the line between one candidate and the API is. */
type Line =
  | 'good'
  /** Refused with 503. */
  | 'refused'
  /** Requests arrive only when the line is good again. */
  | 'late'
  /** Requests arrive; answers only when the line is good again. */
  | 'mute';

interface Candidate {
  readonly election: LeaderElection;
  readonly log: ReturnType<typeof createRecordingLog>;
  readonly stop: AbortController;
  /** When its signal to lead began and aborted, ms. */
  readonly terms: { readonly fromMs: number; abortedMs?: number; endedMs?: number }[];
  /** Between it and the API. */
  readonly wire: { line: Line };
}

interface Bench {
  readonly api: MemoryApi;
  readonly clock: FakeClock;
  readonly candidates: Candidate[];
  /** More than one led at once. */
  readonly overlaps: string[];
  /** `windDownMs`: how long it goes on after its signal; `offsetMs`: how wrong its clock is. */
  join(
    name: string,
    options?: { windDownMs?: number; offsetMs?: number; random?: () => number; line?: Line },
  ): Candidate;
  /** Lets time pass in steps of at most `stepMs`. */
  pass(ms: number, stepMs?: number): Promise<void>;
  leaders(): string[];
}

/** Enough for the few requests of one try, one turn each, and what waits for them. */
const settle = (): Promise<void> => turns(12);
const startMs = Date.parse('2026-11-21T10:00:00.000Z');
const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

function createBench(): Bench {
  const [api, clock, candidates, overlaps] = [
    memoryApi(),
    createFakeClock(startMs),
    [] as Candidate[],
    [] as string[],
  ];
  const leading = new Set<string>();
  const names = new Map<Candidate, string>();

  const clientOn = (wire: Candidate['wire']): KubeClient => {
    const whenGood = async (): Promise<void> => {
      while (wire.line !== 'good') await clock.sleep(100, new AbortController().signal);
    };
    const over = async (run: () => Promise<unknown>): Promise<unknown> => {
      const { line } = wire;
      if (line === 'refused') throw failure(503, 'ServiceUnavailable', 'the API is away');
      if (line === 'late') await whenGood();
      const answer = await run();
      if (line === 'mute') await whenGood();
      return answer;
    };
    return {
      ...api.client,
      get: (at) => over(() => api.client.get(at)),
      create: (at, body) => over(() => api.client.create(at, body)),
      replace: (at, body) => over(() => api.client.replace(at, body)),
    };
  };

  return {
    api,
    clock,
    candidates,
    overlaps,
    join(name, { windDownMs = 0, offsetMs = 0, random = () => 0.5, line = 'good' } = {}) {
      const [log, stop, terms] = [createRecordingLog(), new AbortController(), [] as Candidate['terms']];
      const wire: Candidate['wire'] = { line };
      stops.push(stop);
      const own: Clock = {
        now: () => clock.now() + offsetMs,
        sleep: (ms, signal) => clock.sleep(ms, signal),
      };
      const lead = async (signal: AbortSignal): Promise<void> => {
        const term: Candidate['terms'][number] = { fromMs: clock.now() };
        terms.push(term);
        leading.add(name);
        if (leading.size > 1) overlaps.push(`${[...leading].join(' and ')} at ${clock.now() - startMs}`);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        term.abortedMs = clock.now();
        if (windDownMs > 0) await clock.sleep(windDownMs, new AbortController().signal);
        leading.delete(name);
        term.endedMs = clock.now();
      };
      const election = startLeaderElection({
        client: clientOn(wire),
        namespace: 'pinstream-system',
        name: 'controller',
        identity: name,
        clock: own,
        random,
        log,
        signal: stop.signal,
        lead,
      });
      const candidate: Candidate = { election, log, stop, terms, wire };
      names.set(candidate, name);
      candidates.push(candidate);
      return candidate;
    },
    async pass(ms, stepMs = 100) {
      await settle();
      for (let left = ms; left > 0; left -= stepMs) {
        clock.advance(Math.min(left, stepMs));
        await settle();
      }
    },
    leaders: () => candidates.filter(({ election }) => election.leads()).map((each) => names.get(each) ?? ''),
  };
}

const specOf = ({ api }: Bench): Readonly<Record<string, unknown>> =>
  (api.objects.get(path) as { spec: Record<string, unknown> }).spec;

describe('one candidate', () => {
  test('makes the Lease as client-go does, and leads', async () => {
    const bench = createBench();
    const only = bench.join('a');
    await bench.pass(0);
    expect([bench.leaders(), only.election.holder(), only.terms]).toEqual([
      ['a'],
      'a',
      [{ fromMs: startMs }],
    ]);
    expect(bench.api.objects.get(path)).toMatchObject({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'controller', namespace: 'pinstream-system' },
    });
    expect(specOf(bench)).toEqual({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: '2026-11-21T10:00:00.000000Z',
      renewTime: '2026-11-21T10:00:00.000000Z',
      leaseTransitions: 0,
    });
  });

  test('renews every two seconds, in one request', async () => {
    const bench = createBench();
    bench.join('a');
    await bench.pass(20_000);
    expect(bench.api.writes).toEqual([
      `create ${collection}/controller`,
      ...Array<string>(10).fill(`replace ${path}`),
    ]);
    expect(specOf(bench)).toMatchObject({
      acquireTime: '2026-11-21T10:00:00.000000Z',
      renewTime: '2026-11-21T10:00:20.000000Z',
      leaseTransitions: 0,
    });
  });

  test('keeps what others have written on the Lease', async () => {
    const bench = createBench();
    bench.join('a');
    await bench.pass(0);
    const lease = bench.api.objects.get(path) as { metadata: object };
    await bench.api.client.replace(path, {
      ...lease,
      metadata: { ...lease.metadata, labels: { team: 'x' } },
    });
    await bench.pass(4000);
    expect(bench.api.objects.get(path)).toMatchObject({
      metadata: { labels: { team: 'x' } },
      spec: { renewTime: '2026-11-21T10:00:04.000000Z' },
    });
    expect(bench.candidates[0]?.terms).toHaveLength(1);
  });

  test('makes it again when somebody deletes it, and goes on leading', async () => {
    const bench = createBench();
    const only = bench.join('a');
    await bench.pass(0);
    bench.api.objects.delete(path);
    await bench.pass(2000);
    expect([specOf(bench).holderIdentity, only.terms.length]).toEqual(['a', 1]);
  });

  test.each<[Line, number]>([
    ['refused', 10_000],
    ['late', 10_000],
    ['mute', 10_000],
  ])(
    'stops leading when it could not renew for ten seconds (%s), and leads again later',
    async (line, afterMs) => {
      const bench = createBench();
      const only = bench.join('a');
      await bench.pass(0);
      only.wire.line = line;
      await bench.pass(afterMs - 100);
      expect(bench.leaders()).toEqual(['a']);
      await bench.pass(100);
      expect([bench.leaders(), only.terms[0]?.abortedMs]).toEqual([[], startMs + afterMs]);
      only.wire.line = 'good';
      await bench.pass(9000);
      expect(bench.leaders()).toEqual(['a']);
    },
  );

  test('a short outage is not noticed by what it leads', async () => {
    const bench = createBench();
    const only = bench.join('a');
    await bench.pass(0);
    only.wire.line = 'mute';
    await bench.pass(7000);
    only.wire.line = 'good';
    await bench.pass(20_000);
    expect(only.terms).toEqual([{ fromMs: startMs }]);
  });
});

test('an answer that comes after the end makes nobody the holder', async () => {
  const bench = createBench();
  const only = bench.join('a', { line: 'late' });
  await bench.pass(1000);
  only.stop.abort();
  await bench.pass(4000);
  await only.election.done;
  only.wire.line = 'good';
  await bench.pass(1000);
  expect(bench.api.writes).toEqual([]);
});

describe('two candidates', () => {
  test('one leads, the other knows who', async () => {
    const bench = createBench();
    bench.join('a');
    const other = bench.join('b');
    await bench.pass(60_000);
    expect([bench.leaders(), other.election.holder(), other.terms]).toEqual([['a'], 'a', []]);
  });

  test('the other takes over from one that died, when its lease is over', async () => {
    const bench = createBench();
    const first = bench.join('a', { random: () => 0 });
    const second = bench.join('b', { random: () => 0 });
    await bench.pass(5000);
    first.wire.line = 'refused';
    await bench.pass(13_500);
    expect(second.terms).toEqual([]);
    // Seen unchanged since 4 s to 5.6 s, for 15 s, and then at the next look.
    await bench.pass(3500);
    expect(second.terms).toHaveLength(1);
    expect(first.terms[0]?.abortedMs).toBeLessThan(second.terms[0]?.fromMs ?? 0);
    expect(specOf(bench)).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
    expect(specOf(bench).acquireTime).toBe(specOf(bench).renewTime);
  });

  test('the other takes over at its next look when the first has stopped', async () => {
    const bench = createBench();
    const first = bench.join('a');
    const second = bench.join('b');
    await bench.pass(5000);
    first.stop.abort();
    await settle();
    expect(specOf(bench)).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
    await bench.pass(2400);
    await first.election.done;
    expect([bench.leaders(), specOf(bench).holderIdentity]).toEqual([['b'], 'b']);
    expect(second.terms[0]?.fromMs).toBeLessThanOrEqual(startMs + 5000 + 2400);
    expect(first.log.lines.at(-1)?.message).toBe('no longer leading: gave the lease back');
  });

  test('the lease is kept as long as what was led has not ended', async () => {
    const bench = createBench();
    const first = bench.join('a', { windDownMs: 40_000 });
    const second = bench.join('b');
    await bench.pass(5000);
    first.stop.abort();
    await bench.pass(39_900);
    expect(second.terms).toEqual([]);
    await bench.pass(2600);
    expect([bench.leaders(), bench.overlaps]).toEqual([['b'], []]);
  });

  test('one that has lost the lease gives it back only when what it led has ended', async () => {
    const bench = createBench();
    const first = bench.join('a', { windDownMs: 4000 });
    const second = bench.join('b');
    await bench.pass(0);
    first.wire.line = 'late';
    await bench.pass(10_000);
    first.wire.line = 'good';
    await bench.pass(8000);
    expect(first.terms).toEqual([
      { fromMs: startMs, abortedMs: startMs + 10_000, endedMs: startMs + 14_000 },
    ]);
    expect([bench.overlaps, second.terms.length]).toEqual([[], 1]);
  });

  test.each([
    ['behind', -3_600_000],
    ['ahead', 3_600_000],
  ])('a clock that is an hour %s takes nothing away', async (_how, offsetMs) => {
    const bench = createBench();
    bench.join('a');
    const other = bench.join('b', { offsetMs });
    await bench.pass(60_000);
    expect([bench.leaders(), other.terms]).toEqual([['a'], []]);
  });
});

describe('what it leads', () => {
  const electing = (lead: (signal: AbortSignal) => Promise<void>) => {
    const [api, clock, log, stop] = [
      memoryApi(),
      createFakeClock(),
      createRecordingLog(),
      new AbortController(),
    ];
    stops.push(stop);
    const election = startLeaderElection({
      client: api.client,
      namespace: 'pinstream-system',
      name: 'controller',
      identity: 'a',
      clock,
      random: () => 0.5,
      log,
      signal: stop.signal,
      lead,
    });
    return { api, clock, log, stop, election };
  };

  test.each<[string, () => Promise<void>, string[]]>([
    ['ends by itself', () => Promise.resolve(), []],
    ['fails', () => Promise.reject(new Error('a bug')), ['what the leader does has failed; trying again']],
  ])('%s: the lease is given back, and tried for again', async (_how, lead, errors) => {
    let calls = 0;
    const { api, clock, log } = electing(() => ((calls += 1), lead()));
    await settle();
    expect([calls, (api.objects.get(path) as { spec: object }).spec]).toMatchObject([
      1,
      { holderIdentity: '' },
    ]);
    clock.advance(2400);
    await settle();
    expect(calls).toBe(2);
    expect(log.lines.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual(
      errors.flatMap((error) => [error, error]),
    );
  });

  test('is not begun when the end comes while the lease is being taken', async () => {
    let calls = 0;
    const { api, stop, election } = electing(() => ((calls += 1), Promise.resolve()));
    stop.abort();
    await election.done;
    expect([calls, api.writes.length, (api.objects.get(path) as { spec: object }).spec]).toMatchObject([
      0,
      2,
      { holderIdentity: '' },
    ]);
  });
});

describe('what the API refuses', () => {
  test.each([
    [
      'a 403',
      failure(403, 'Forbidden', 'leases is forbidden'),
      'forbidden: leases is forbidden; a Role in pinstream-system with create, get and update of leases.coordination.k8s.io grants it',
    ],
    [
      'a missing namespace',
      failure(404, 'NotFound', 'namespaces "pinstream-system" not found'),
      'namespaces "pinstream-system" not found; create the namespace pinstream-system',
    ],
    ['an outage', failure(503, 'ServiceUnavailable', 'away'), 'away'],
  ])('%s is said once, and it goes on trying', async (_what, error, line) => {
    const bench = createBench();
    bench.api.refuse = (verb) => (verb === 'create' ? error : undefined);
    const only = bench.join('a');
    await bench.pass(20_000);
    expect(only.log.lines).toEqual([
      {
        level: 'warn',
        fields: { lease: 'pinstream-system/controller' },
        message: `cannot take or renew the lease: ${line}; trying again`,
      },
    ]);
    bench.api.refuse = () => undefined;
    await bench.pass(2400);
    expect(bench.leaders()).toEqual(['a']);
  });
});

test('an identity says where it is, and is another one each time', () => {
  let seed = 0;
  const random = (): number => (seed += 0.1) % 1;
  const identities = [1, 2].map(() => electionIdentity('pod-1', random));
  for (const identity of identities) expect(identity).toMatch(/^pod-1_[0-9a-f]{16}$/);
  expect(identities[0]).not.toBe(identities[1]);
});

describe('whatever happens', () => {
  const line = fc.constantFrom<Line>('good', 'refused', 'late', 'mute');
  const move = fc.oneof(
    { weight: 3, arbitrary: fc.record({ who: fc.nat({ max: 2 }), line }) },
    { weight: 1, arbitrary: fc.record({ who: fc.nat({ max: 2 }), stop: fc.constant(true) }) },
    { weight: 4, arbitrary: fc.record({ ms: fc.integer({ min: 100, max: 20_000 }) }) },
  );
  const starts = fc.array(
    fc.record({
      offsetMs: fc.integer({ min: -3_600_000, max: 3_600_000 }),
      windDownMs: fc.integer({ min: 0, max: 3000 }),
      seed: fc.nat(),
    }),
    { minLength: 3, maxLength: 3 },
  );

  // What is led may go on for 3 s after its signal and each step of time is half a second: less than the 5 s
  // between the end of one and the earliest beginning of another.
  test('two never lead at once, and in the end one does', async () => {
    await fc.assert(
      fc.asyncProperty(starts, fc.array(move, { maxLength: 25 }), async (given, moves) => {
        const bench = createBench();
        const enter = (index: number, suffix = ''): Candidate => {
          const { seed = 0, ...options } = given[index] ?? {};
          let turn = seed;
          const random = (): number => (turn = (turn * 16_807 + 7) % 2_147_483_647) / 2_147_483_647;
          return bench.join(`${'abc'[index] ?? ''}${suffix}`, { ...options, random });
        };
        const present = [0, 1, 2].map((index) => enter(index));
        for (const [at, step] of moves.entries()) {
          if ('ms' in step) await bench.pass(step.ms, 500);
          else if ('line' in step) Object.assign(present[step.who]?.wire ?? {}, { line: step.line });
          else {
            // It leaves, and its successor comes while it may still be at its end.
            present[step.who]?.stop.abort();
            present[step.who] = enter(step.who, String(at));
          }
        }
        for (const candidate of bench.candidates) candidate.wire.line = 'good';
        await bench.pass(40_000, 500);
        expect(bench.overlaps).toEqual([]);
        expect(bench.leaders()).toHaveLength(1);
        for (const { stop } of bench.candidates) stop.abort();
        await bench.pass(10_000, 500);
        await Promise.all(bench.candidates.map(({ election }) => election.done));
        expect(specOf(bench).holderIdentity).toBe('');
      }),
      { numRuns: 60 },
    );
  });
});
