import type { Lane, LaneAgenda } from '../importer/agenda.ts';
import type { Retry } from '../importer/failure-condition.ts';
import type { DueTags } from '../importer/plan.ts';
import { nextTurn } from '../importer/turn.ts';

/** After a start, failures of before are tried again spread over this. */
const restartSpreadMs = 60_000;

/** What is taken and then answered by nobody (the stream has changed since) comes back after this. */
const unansweredMs = 60_000;

const hastyMs = 5000;
const hastyPauseMs = 50;
const hastyPauseMsMax = 60_000;

interface RetryState {
  readonly failures: number;
  readonly dueMs: number;
}

/**
 * When one lane of one stream is looked at again: its turn in the schedule and the retries of what failed. Kept in memory
 * only: turns follow from the name, and failures stand in the stream's own conditions.
 */
export class LaneBook {
  readonly #key: string;
  readonly #random: () => number;
  readonly #retries = new Map<string, RetryState>();
  #turnMs: number | undefined;
  #intervalMs = 0;
  #workedMs = Number.NEGATIVE_INFINITY;
  #asked: ReadonlySet<string> = new Set();
  #hasty = 0;
  #pauseMs = 0;

  /** @param key stream and lane, which the turn is derived from */
  constructor(key: string, random: () => number) {
    this.#key = key;
    this.#random = random;
  }

  /** Takes over what the stream says now. */
  update({ scheduled, failing }: LaneAgenda, intervalMs: number, nowMs: number): void {
    if (!scheduled) this.#turnMs = undefined;
    else if (this.#turnMs === undefined || this.#intervalMs !== intervalMs) {
      this.#turnMs = nextTurn(this.#key, intervalMs, nowMs);
    }
    this.#intervalMs = intervalMs;
    const wanted = new Set(failing);
    for (const tag of [...this.#retries.keys()]) if (!wanted.has(tag)) this.#retries.delete(tag);
    for (const tag of failing) {
      if (this.#retries.has(tag)) continue;
      this.#retries.set(tag, { failures: 0, dueMs: nowMs + this.#random() * restartSpreadMs });
    }
  }

  /**
   * How long to wait with work that is pending: not at all, unless the same is asked right after the last work again and
   * again. Then something keeps answers from being kept (an old CRD without the fields for them), and registries must not
   * pay for it. Whoever asks for something new does not wait.
   */
  pendingMs(pending: readonly string[], nowMs: number): number {
    const isSame = pending.every((question) => this.#asked.has(question));
    const isHasty = isSame && nowMs - this.#workedMs < this.#pauseMs + hastyMs;
    this.#asked = new Set(pending);
    this.#hasty = isHasty ? this.#hasty + 1 : 0;
    this.#pauseMs = this.#hasty === 0 ? 0 : Math.min(hastyPauseMsMax, hastyPauseMs * 2 ** this.#hasty);
    return this.#pauseMs;
  }

  worked(nowMs: number): void {
    this.#workedMs = nowMs;
  }

  /** What is due now. What is taken is over, so that nothing is due twice: the next turn is an interval later. */
  takeDue(nowMs: number): DueTags {
    const schedule = this.#turnMs !== undefined && this.#turnMs <= nowMs;
    if (schedule) this.#turnMs = nextTurn(this.#key, this.#intervalMs, nowMs);
    const due = [...this.#retries].filter(([, { dueMs }]) => dueMs <= nowMs);
    for (const [tag, state] of due) this.#retries.set(tag, { ...state, dueMs: nowMs + unansweredMs });
    return { retry: new Set(due.map(([tag]) => tag)), schedule };
  }

  /** What was taken could not be worked on: it is due again. */
  giveBack({ retry, schedule }: DueTags, nowMs: number): void {
    for (const [tag, state] of this.#retries) {
      if (retry.has(tag)) this.#retries.set(tag, { ...state, dueMs: nowMs });
    }
    if (schedule && this.#turnMs !== undefined) this.#turnMs = nowMs;
  }

  /** Lets what failed be tried again at once, because something that it waits for has changed. */
  hurry(nowMs: number): void {
    for (const [tag, state] of this.#retries) this.#retries.set(tag, { ...state, dueMs: nowMs });
  }

  failed(tag: string, { initialMs, maxMs, notBeforeMs = 0 }: Retry, nowMs: number): void {
    const failures = this.#retries.get(tag)?.failures ?? 0;
    const stepMs = Math.min(maxMs, initialMs * 2 ** failures);
    // Jittered over the upper half, so that what failed together does not come back together.
    const waitMs = Math.max(notBeforeMs, stepMs / 2 + (this.#random() * stepMs) / 2);
    this.#retries.set(tag, { failures: failures + 1, dueMs: nowMs + waitMs });
  }

  succeeded(tag: string): void {
    this.#retries.delete(tag);
  }

  /** When to look next; undefined: when the stream changes. */
  nextMs(): number | undefined {
    const times = [...this.#retries.values()].map(({ dueMs }) => dueMs);
    if (this.#turnMs !== undefined) times.push(this.#turnMs);
    return times.length === 0 ? undefined : Math.min(...times);
  }
}

/** One lane of one stream, as a key of the work queue. */
export function laneKey(stream: string, lane: Lane): string {
  return `${stream} ${lane}`;
}

/** Neither a namespace nor a stream's name holds a space. */
export function readLaneKey(key: string): { readonly stream: string; readonly lane: Lane } {
  const space = key.indexOf(' ');
  return { stream: key.slice(0, space), lane: key.slice(space + 1) };
}
