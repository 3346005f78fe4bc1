import { formatReference, formatRepository } from '../reference/format.ts';
import type { Candidate, CandidateAnswer, FallbackAnswers } from './fallback.ts';
import type { FallbackSettings } from './fallback-question.ts';
import { unresolved, type Finding, type Unresolved } from './finding.ts';
import { lacksSecret } from './lacking-secret.ts';
import { shown } from './wording.ts';

/** What is known of an image when its candidates have answered. */
export interface FallbackFacts {
  /** As it is written. */
  readonly image: string;
  /** Why memory did not answer. */
  readonly unanswered: Finding;
  readonly candidates: readonly Candidate[];
  /** The pull secrets that the Pod names. */
  readonly podSecrets: readonly string[];
}

/**
 * What the answers come to: the first candidate in order that has the image. One that could not be asked does not stop the
 * next, but it is told; where nobody has it and somebody could not be asked, nothing is known.
 */
export function fallbackFinding(
  facts: FallbackFacts,
  answers: FallbackAnswers,
  settings: FallbackSettings,
): Finding {
  const asked = facts.candidates.map((candidate, index) => ({ candidate, answer: answers[index] ?? late }));
  const winner = asked.find(({ answer }) => answer.kind === 'found');
  if (winner?.answer.kind === 'found') {
    const before = asked.slice(0, asked.indexOf(winner));
    const after = asked.slice(asked.indexOf(winner) + 1);
    return found(facts, winner.candidate, winner.answer, before, after, settings);
  }
  const failed = asked.filter(({ answer }) => answer.kind === 'failed');
  return failed.length > 0 ? failedFinding(facts, failed) : absentFinding(facts);
}

interface Asked {
  readonly candidate: Candidate;
  readonly answer: CandidateAnswer;
}

const late: CandidateAnswer = { kind: 'failed', detail: 'no answer in time' };

function found(
  { image, unanswered, podSecrets }: FallbackFacts,
  { reference }: Candidate,
  answer: Extract<CandidateAnswer, { kind: 'found' }>,
  before: readonly Asked[],
  after: readonly Asked[],
  { mode }: FallbackSettings,
): Finding {
  const pinned = { ...reference, tag: '', id: answer.digest };
  const written = mode === 'qualify' ? reference : pinned;
  const name = formatReference(reference);
  const isStale = answer.staleMs !== undefined;
  const warnings = [
    ...before.flatMap(({ candidate, answer: other }) =>
      other.kind === 'failed' ? [`${hostOf(candidate)} could not be asked (${brief(other.detail)})`] : [],
    ),
    ...(isStale ? [`${reference.registry} fails; its answer is ${ageText(answer.staleMs ?? 0)} old`] : []),
    ...after.flatMap(({ candidate, answer: other }) =>
      other.kind === 'found' && other.digest !== answer.digest
        ? [`${hostOf(candidate)} has a different image of that name`]
        : [],
    ),
    ...(unanswered.reason === 'LookupClosed' ? [unanswered.message] : []),
    ...secretWarning(answer.credential, podSecrets),
  ];
  return {
    kind: 'resolved',
    reason: isStale ? 'FallbackStale' : 'Fallback',
    message: isStale ? `${name}, as ${reference.registry} had it ${ageText(answer.staleMs ?? 0)} ago` : name,
    reference: written,
    pullSpec: formatReference(written),
    local: true,
    integrated: false,
    source: { kind: 'Registry', name },
    ...(warnings.length === 0
      ? {}
      : { warning: `"${shown(image)}" is ${formatRepository(reference)}: ${warnings.join('; ')}` }),
  };
}

/** The Pod would need a credential that it does not name. */
function secretWarning(credential: string | undefined, podSecrets: readonly string[]): readonly string[] {
  const warning = credential === undefined ? undefined : lacksSecret(credential, podSecrets);
  return warning === undefined ? [] : [warning];
}

function failedFinding(
  { image, unanswered, candidates }: FallbackFacts,
  failed: readonly Asked[],
): Unresolved {
  const others = candidates.length > failed.length ? ' (the others have no such image)' : '';
  const told = (detailOf: (detail: string) => string) =>
    failed.map((one) => `${hostOf(one.candidate)}: ${detailOf(whyOf(one))}`).join('; ') + others;
  const closed = closedText(unanswered);
  return {
    ...unresolved(
      'FallbackFailed',
      `no registry could say what it is: ${told((detail) => detail)}${closed}`,
      carried(unanswered),
    ),
    warning: `"${shown(image)}" is left alone: no answer from ${told(brief)}${closed}`,
  };
}

function whyOf({ answer }: Asked): string {
  return answer.kind === 'failed' ? answer.detail : '';
}

/** A warning has a line; what follows the colon is in the message. */
function brief(detail: string): string {
  return detail.split(': ', 1).join('');
}

function closedText({ reason, message }: Finding): string {
  return reason === 'LookupClosed' ? `; ${message}` : '';
}

function absentFinding({ image, unanswered, candidates }: FallbackFacts): Unresolved {
  const message = `not found in ${[...new Set(candidates.map(hostOf))].join(', ')}`;
  const closed = closedText(unanswered);
  return {
    ...unresolved('FallbackNotFound', message + closed, carried(unanswered)),
    warning: `"${shown(image)}" is left alone: ${message}${closed}`,
  };
}

/** What memory knew stays: the reference, and the stream that is closed. */
function carried({ reference, source }: Finding): Pick<Unresolved, 'reference' | 'source'> {
  return { ...(reference && { reference }), ...(source && { source }) };
}

function hostOf({ reference }: Candidate): string {
  return reference.registry;
}

function ageText(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return `${Math.max(1, Math.round(ms / 1000))} s`;
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
