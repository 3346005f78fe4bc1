import { queryOf } from '../importer/import-source.ts';
import type { ManifestQuery, ManifestSource } from '../importer/manifest-source.ts';
import type {
  Candidate,
  CandidateAnswer,
  FallbackAnswers,
  FallbackLookup,
  PullSecretScope,
} from '../resolver/fallback.ts';
import type { Log } from '../telemetry/log.ts';
import type { Clock } from './clock.ts';
import { Flights, type Flight } from './flights.ts';
import { isDue, recall, remember, staleAnswer, type Memory } from './memory.ts';
import { createRefreshLoop } from './refresh-loop.ts';
import { ResizableLru } from './resizable-lru.ts';
import { failed, type Said } from './said.ts';
import type { FallbackCacheSettings } from './settings.ts';
import { orAborted } from './wait.ts';

/**
 * How the question about one candidate went: answered from memory by a digest (`hit`), by one that its registry no longer
 * confirms (`stale`), by its absence (`negative`); the registry was asked (`miss`); there was no answer (`failed`).
 */
export const fallbackResults = ['hit', 'stale', 'miss', 'negative', 'failed'] as const;
export type FallbackResult = (typeof fallbackResults)[number];

export interface FallbackOptions {
  /** Registries; the `namespace` of a query is the scope's key. */
  readonly source: Pick<ManifestSource, 'digest'>;
  /** Tells those apart who may be answered differently: an answer for one scope is never given to another. */
  readonly scopeKey: (scope: PullSecretScope) => string;
  readonly settings: () => FallbackCacheSettings;
  readonly clock: Clock;
  /** Gives [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  /** Once for each candidate of a question that was answered. */
  readonly onResult: (result: FallbackResult) => void;
}

export interface Fallback extends FallbackLookup {
  /** Images that are remembered, and questions under way. */
  counts(): { readonly entries: number; readonly flights: number };
  /** Ends what is under way, and looks after nothing any longer. */
  stop(): void;
}

interface Entry {
  readonly query: ManifestQuery;
  /** undefined: it is being asked for the first time. */
  memory: Memory | undefined;
  /** When it was asked for last. */
  usedMs: number;
}

/** A question to a registry, and where its answer is remembered. */
interface Question {
  readonly query: ManifestQuery;
  readonly entry: Entry;
}

/** One candidate of a question: its answer, or where that will come from. */
interface Look {
  readonly answer: CandidateAnswer | undefined;
  readonly entry: Entry;
  readonly flight: Flight<CandidateAnswer> | undefined;
}

/** Once the order can decide, those behind get so long to show that they have another image of that name. */
const ambiguityMs = 250;
const tooMany = failed('too many questions to registries are under way');

/** Images in registries, remembered: one question an image at a time, asked ahead for those in use. */
export function createFallback(options: FallbackOptions): Fallback {
  const { source, scopeKey, settings, clock, random, log, onResult } = options;
  const maxEntries = (): number => settings().maxEntries;
  const entries = new ResizableLru<Entry>(maxEntries);
  /** Digests, and when a registry named each last. */
  const digests = new ResizableLru<number>(maxEntries);
  const flights = new Flights<CandidateAnswer>({ source, clock, log });
  let stopped = false;

  const land = (key: string, { query, entry }: Question, said: Said): CandidateAnswer => {
    const nowMs = clock.now();
    const answer = answerOf(said, entry.memory, nowMs, settings());
    if (stopped) return answer;
    entry.memory = remember(entry.memory, said, nowMs, settings(), random);
    if (said.kind === 'found') digests.set(said.digest, nowMs);
    // What fell out of memory while it was asked for ahead stays out.
    if (query.urgency === 'asked' && !entries.has(key)) {
      entry.usedMs = nowMs;
      entries.set(key, entry);
      loop.wake();
    }
    if (said.kind === 'failed') {
      const { registry, repository } = query;
      log.debug(() => ({ registry, repository, detail: said.detail }), 'a registry gave no answer');
    }
    return answer;
  };
  const start = (key: string, question: Question): Flight<CandidateAnswer> | undefined => {
    if (!flights.hasRoom(question.query.urgency)) return undefined;
    return flights.start(key, question.query, (said) => land(key, question, said));
  };

  /** Asks ahead for what is in use. Those used last come first, so the first that is not in use ends it. */
  const refresh = (): boolean => {
    const nowMs = clock.now();
    const now = settings();
    const inUseMs = Math.max(now.ttlMs, now.negativeTtlMs);
    let inUse = false;
    for (const [key, entry] of entries.entries()) {
      if (nowMs - entry.usedMs >= inUseMs) break;
      inUse = true;
      if (entry.memory === undefined || !isDue(entry.memory, entry.usedMs, nowMs, now)) continue;
      if (flights.get(key) !== undefined) continue;
      // What finds no room now is due at the next look.
      if (start(key, { query: { ...entry.query, urgency: 'scheduled' }, entry }) === undefined) break;
    }
    return inUse;
  };
  const loop = createRefreshLoop({ clock, settings, refresh });

  /** What memory has of the image, marked as in use. */
  const recallOne = (key: string, nowMs: number): { entry?: Entry; answer?: CandidateAnswer } => {
    const entry = entries.get(key);
    if (entry === undefined) return {};
    entry.usedMs = nowMs;
    const answer = entry.memory && recall(entry.memory, nowMs, settings(), flights.get(key)?.startedMs);
    return { entry, ...(answer !== undefined && { answer }) };
  };

  /** What memory has of the image, or the question that is under way for it, or a new one. */
  const look = (candidate: Candidate, scope: string, nowMs: number): Look => {
    const query = queryOf(candidate, scope, 'asked');
    const key = keyOf(query);
    const known = recallOne(key, nowMs);
    const entry = known.entry ?? { query, memory: undefined, usedMs: nowMs };
    if (known.answer !== undefined) return { answer: known.answer, entry, flight: undefined };
    const flight = flights.get(key) ?? start(key, { query, entry });
    const answer = flight === undefined ? answerOf(tooMany, entry.memory, nowMs, settings()) : undefined;
    return { answer, entry, flight };
  };

  return {
    peek({ candidates, credentials }) {
      const nowMs = clock.now();
      const scope = scopeKey(credentials);
      const answers = candidates.map(
        (candidate) => recallOne(keyOf(queryOf(candidate, scope, 'asked')), nowMs).answer,
      );
      if (!decides(answers)) return undefined;
      for (const answer of answers) if (answer !== undefined) onResult(resultOf(answer, true));
      loop.wake();
      return answers;
    },

    async ask({ candidates, credentials }, signal) {
      const nowMs = clock.now();
      const scope = scopeKey(credentials);
      const looks = candidates.map((candidate) => look(candidate, scope, nowMs));
      loop.wake();
      const answers = looks.map(({ answer }) => answer);
      await whenDecided(looks, answers, clock, signal);
      const endMs = clock.now();
      const given = looks.map(
        ({ entry, flight }, place) =>
          answers[place] ?? (flight && staleAnswer(entry.memory, endMs, settings())),
      );
      for (const [place, answer] of given.entries()) {
        onResult(answer === undefined ? 'miss' : resultOf(answer, looks[place]?.flight === undefined));
      }
      return given;
    },

    namesDigest(digest) {
      const namedMs = digests.get(digest);
      if (namedMs === undefined) return false;
      const { ttlMs, maxStaleMs } = settings();
      return clock.now() - namedMs <= Math.max(ttlMs, maxStaleMs);
    },

    counts: () => ({ entries: entries.size, flights: flights.size }),

    stop() {
      stopped = true;
      loop.stop();
      flights.stop();
    },
  };
}

/** Fills in answers as they come, until the order can decide and those behind had their time, or the signal aborts. */
async function whenDecided(
  looks: readonly Look[],
  answers: (CandidateAnswer | undefined)[],
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  if (answers.every((answer) => answer !== undefined)) return;
  const decided = Promise.withResolvers<undefined>();
  if (decides(answers)) decided.resolve(undefined);
  const all = Promise.all(
    looks.map(async ({ flight }, place) => {
      if (flight === undefined) return;
      answers[place] = await flight.landed;
      if (decides(answers)) decided.resolve(undefined);
    }),
  );
  await orAborted(decided.promise, signal);
  if (!signal.aborted && answers.includes(undefined)) {
    const enough = new AbortController();
    await orAborted(Promise.race([all, clock.sleep(ambiguityMs, enough.signal)]), signal);
    enough.abort();
  }
}

/** Whether every candidate before the first that has the image has answered. */
function decides(answers: FallbackAnswers): boolean {
  for (const answer of answers) {
    if (answer === undefined) return false;
    if (answer.kind === 'found') return true;
  }
  return true;
}

/** What is told to those who wait: a failure is bridged by a digest that is not too old. */
function answerOf(
  said: Said,
  before: Memory | undefined,
  nowMs: number,
  settings: FallbackCacheSettings,
): CandidateAnswer {
  if (said.kind !== 'failed') return said;
  return staleAnswer(before, nowMs, settings) ?? { kind: 'failed', detail: said.detail };
}

function resultOf(answer: CandidateAnswer, fromMemory: boolean): FallbackResult {
  if (answer.kind === 'failed') return 'failed';
  if (answer.kind === 'found' && answer.staleMs !== undefined) return 'stale';
  if (!fromMemory) return 'miss';
  return answer.kind === 'found' ? 'hit' : 'negative';
}

function keyOf({ registry, repository, reference, insecure, namespace }: ManifestQuery): string {
  return JSON.stringify([registry, repository, reference, insecure, namespace]);
}
