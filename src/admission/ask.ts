import type { FallbackAnswers, FallbackLookup } from '../resolver/fallback.ts';
import type { AdmissionDecision } from './decision.ts';
import { draftDecision, type DraftDecision } from './decide.ts';
import type { AdmissionRequest } from './request.ts';
import type { AdmissionContext } from './settings.ts';

/** Calls `end` in `ms`, unless the function that it gives is called before. */
export type StartTimer = (ms: number, end: () => void) => () => void;

/** Asks registries about images that no stream answers. */
export interface FallbackPort extends Pick<FallbackLookup, 'ask'> {
  /** How long one admission may wait for registries. */
  readonly timeoutMs: () => number;
}

/** Made once: an error takes the time of its stack. */
const timeIsOver = new Error('the time of the admission is over');

/** Asks what a draft wants of registries, all of it at the same time, for at most `ms`; then it is decided with what is known. */
export async function concludeAsking(
  draft: DraftDecision,
  fallback: Pick<FallbackLookup, 'ask'>,
  ms: number,
  startTimer: StartTimer,
): Promise<AdmissionDecision> {
  return draft.conclude(await askAll(draft, fallback, ms, startTimer));
}

/** The answers to all that a draft asks, in the order of its questions; what is not answered within `ms` is left out. */
export async function askAll(
  { questions }: Pick<DraftDecision, 'questions'>,
  fallback: Pick<FallbackLookup, 'ask'>,
  ms: number,
  startTimer: StartTimer,
): Promise<readonly FallbackAnswers[]> {
  const budget = new AbortController();
  const stopTimer = startTimer(ms, () => budget.abort(timeIsOver));
  try {
    return await Promise.all(questions.map((question) => fallback.ask(question, budget.signal)));
  } finally {
    stopTimer();
  }
}

/** The decision of a mutation as admission makes it, for whoever asks without writing: the dry run and the command line. */
export function decideAsking(
  request: AdmissionRequest,
  context: AdmissionContext,
  fallback: FallbackPort | undefined,
  startTimer: StartTimer,
): AdmissionDecision | Promise<AdmissionDecision> {
  const draft = draftDecision(request, 'mutate', context);
  if (draft.questions.length === 0 || fallback === undefined) return draft.conclude([]);
  return concludeAsking(draft, fallback, fallback.timeoutMs(), startTimer);
}
