import type { FallbackLookup } from '../resolver/fallback.ts';
import type { AdmissionDecision } from './decision.ts';
import type { DraftDecision } from './decide.ts';

/** Asks what a draft wants of registries, all of it at the same time, until `signal` aborts; then it is decided with what is known. */
export async function concludeAsking(
  draft: DraftDecision,
  fallback: Pick<FallbackLookup, 'ask'>,
  signal: AbortSignal,
): Promise<AdmissionDecision> {
  const answers = await Promise.all(draft.questions.map((question) => fallback.ask(question, signal)));
  return draft.conclude(answers);
}
