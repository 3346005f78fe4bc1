import type { FallbackLookup } from '../resolver/fallback.ts';
import type { AdmissionDecision } from './decision.ts';
import type { DraftDecision } from './decide.ts';

/** Calls `end` in `ms`, unless the function that it gives is called before. */
export type StartTimer = (ms: number, end: () => void) => () => void;

/** Made once: an error takes the time of its stack. */
const timeIsOver = new Error('the time of the admission is over');

/** Asks what a draft wants of registries, all of it at the same time, for at most `ms`; then it is decided with what is known. */
export async function concludeAsking(
  draft: DraftDecision,
  fallback: Pick<FallbackLookup, 'ask'>,
  ms: number,
  startTimer: StartTimer,
): Promise<AdmissionDecision> {
  const budget = new AbortController();
  const stopTimer = startTimer(ms, () => budget.abort(timeIsOver));
  try {
    const asked = draft.questions.map((question) => fallback.ask(question, budget.signal));
    return draft.conclude(await Promise.all(asked));
  } finally {
    stopTimer();
  }
}
