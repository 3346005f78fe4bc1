import type { CandidateAnswer } from '../resolver/fallback.ts';
import type { Said } from './said.ts';
import type { FallbackCacheSettings } from './settings.ts';

/** What is remembered of one image in one registry. Times are those of the clock. */
export type Memory =
  | {
      readonly kind: 'found';
      readonly digest: string;
      readonly credential?: string;
      /** When the registry said so last. */
      readonly confirmedMs: number;
      /** What went wrong since. */
      readonly failing?: Failing;
    }
  | { readonly kind: 'absent'; readonly sinceMs: number }
  | { readonly kind: 'failed'; readonly detail: string; readonly sinceMs: number };

interface Failing {
  readonly detail: string;
  /** When it was tried last. */
  readonly sinceMs: number;
  readonly failures: number;
  /** When to try again. */
  readonly retryMs: number;
}

const retryMsMin = 1000;
const retryMsMax = 60_000;
/** A registry may ask for more peace than we take by ourselves, but not for ever. */
const askedPeaceMsMax = 5 * 60_000;
/** So much of its time an answer is left alone; then one that is in use is asked for ahead. */
const restingPart = 0.75;

/**
 * What is remembered once a registry has said something. What it says replaces what it said before, at once; only a failure
 * leaves a digest in place that is not too old.
 */
export function remember(
  before: Memory | undefined,
  said: Said,
  nowMs: number,
  settings: FallbackCacheSettings,
  random: () => number,
): Memory {
  if (said.kind === 'found') return { ...said, confirmedMs: nowMs };
  if (said.kind === 'absent') return { kind: 'absent', sinceMs: nowMs };
  const { detail, retryAfterMs = 0 } = said;
  if (before?.kind !== 'found' || ageMs(before.confirmedMs, nowMs) > settings.maxStaleMs) {
    return { kind: 'failed', detail, sinceMs: nowMs };
  }
  const failures = (before.failing?.failures ?? 0) + 1;
  const pauseMs = Math.max(
    backoffMs(failures, settings, random),
    Math.min(askedPeaceMsMax, Math.max(0, retryAfterMs)),
  );
  return { ...before, failing: { detail, sinceMs: nowMs, failures, retryMs: nowMs + pauseMs } };
}

/**
 * What memory answers; undefined: the registry has to be asked.
 *
 * @param refreshMs since when it is being asked already, if it is
 */
export function recall(
  memory: Memory,
  nowMs: number,
  settings: FallbackCacheSettings,
  refreshMs?: number,
): CandidateAnswer | undefined {
  const { ttlMs, negativeTtlMs, maxStaleMs } = settings;
  if (memory.kind !== 'found') {
    if (ageMs(memory.sinceMs, nowMs) >= negativeTtlMs) return undefined;
    return memory.kind === 'absent' ? { kind: 'absent' } : { kind: 'failed', detail: memory.detail };
  }
  const { confirmedMs, failing } = memory;
  const age = ageMs(confirmedMs, nowMs);
  if (age < ttlMs) return foundAnswer(memory);
  if (age > maxStaleMs) {
    if (failing === undefined || ageMs(failing.sinceMs, nowMs) >= negativeTtlMs) return undefined;
    return { kind: 'failed', detail: failing.detail };
  }
  // A refresh ahead that has not come back by now: the registry is slow, and nobody in front of a known digest waits for it.
  const slow = refreshMs !== undefined && refreshMs < confirmedMs + ttlMs;
  // Retries happen in the background while the image is in use. Where none has, the failure is too old to go by.
  const retried = failing !== undefined && nowMs < failing.retryMs + ttlMs;
  return slow || retried ? { ...foundAnswer(memory), staleMs: age } : undefined;
}

/** The digest that serves where the registry does not answer, if there is one. */
export function staleAnswer(
  memory: Memory | undefined,
  nowMs: number,
  { ttlMs, maxStaleMs }: FallbackCacheSettings,
): CandidateAnswer | undefined {
  if (memory?.kind !== 'found') return undefined;
  const age = ageMs(memory.confirmedMs, nowMs);
  if (age < ttlMs) return foundAnswer(memory);
  return age > maxStaleMs ? undefined : { ...foundAnswer(memory), staleMs: age };
}

type FoundAnswer = Extract<CandidateAnswer, { kind: 'found' }>;

function foundAnswer({ digest, credential }: Extract<Memory, { kind: 'found' }>): FoundAnswer {
  return { kind: 'found', digest, ...(credential !== undefined && { credential }) };
}

/** Whether it is worth a question ahead, if it was asked for last at `usedMs`. */
export function isDue(
  memory: Memory,
  usedMs: number,
  nowMs: number,
  { ttlMs, negativeTtlMs }: FallbackCacheSettings,
): boolean {
  const lifeMs = memory.kind === 'found' ? ttlMs : negativeTtlMs;
  if (ageMs(usedMs, nowMs) >= lifeMs) return false;
  if (memory.kind === 'found' && memory.failing !== undefined) return nowMs >= memory.failing.retryMs;
  const sinceMs = memory.kind === 'found' ? memory.confirmedMs : memory.sinceMs;
  return ageMs(sinceMs, nowMs) >= restingPart * lifeMs;
}

/** Doubled with each failure, jittered over the upper half so that replicas do not return in step. */
function backoffMs(failures: number, { negativeTtlMs }: FallbackCacheSettings, random: () => number): number {
  const firstMs = Math.max(retryMsMin, negativeTtlMs);
  const stepMs = Math.min(Math.max(retryMsMax, firstMs), firstMs * 2 ** (failures - 1));
  return stepMs / 2 + (random() * stepMs) / 2;
}

/** A clock that is set back makes nothing younger than new. */
function ageMs(sinceMs: number, nowMs: number): number {
  return Math.max(0, nowMs - sinceMs);
}
