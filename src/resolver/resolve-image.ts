import type { FallbackAnswers, FallbackLookup, FallbackQuestion, PullSecretScope } from './fallback.ts';
import { fallbackFinding } from './fallback-finding.ts';
import { candidatesFor, type FallbackSettings } from './fallback-question.ts';
import { findImage } from './find-image.ts';
import type { Resolved } from './finding.ts';
import { judgeImage, notAttempted, type ImageRules } from './judge-image.ts';
import type { ImageLookup } from './lookup.ts';
import type { ImageQuestion } from './question.ts';
import type { Resolution } from './resolution.ts';

/** Where images are looked for that no stream answers. */
export interface Fallback {
  readonly settings: FallbackSettings;
  readonly lookup: Pick<FallbackLookup, 'peek'>;
  /** The pull secrets of the Pod that is being decided. */
  readonly credentials: PullSecretScope;
}

/** The decision for one image reference, or what registries have to be asked for it. */
export type ImageDraft = { readonly resolution: Resolution } | WantedImage;

export interface WantedImage {
  readonly question: FallbackQuestion;
  /** The decision, once the question is answered. */
  readonly finish: (answers: FallbackAnswers) => Resolution;
}

/**
 * The decision for one image reference: found, then judged. What memory can answer is answered at once; only what is left to
 * the fallback, and is not in its memory, is wanted from registries. Pure but for the lookups; never throws.
 */
export function draftImage(
  question: ImageQuestion,
  rules: ImageRules,
  lookup: ImageLookup,
  fallback: Fallback | undefined,
): ImageDraft {
  const { image } = question;
  const finding = rules.policy.attempts
    ? findImage(question, lookup, rules.internalRegistryHostname, rules.localRegistry)
    : notAttempted(image);
  if (finding.kind === 'resolved') return { resolution: judgeOnce(image, finding, rules) };
  const atOnce = (): ImageDraft => ({ resolution: judgeImage(image, finding, rules) });
  if (fallback === undefined || !mayRewrite(question, rules)) return atOnce();
  const { settings, credentials } = fallback;
  const { registrySources, internalRegistryHostname } = rules;
  const candidates = candidatesFor(finding, settings, registrySources, internalRegistryHostname);
  if (candidates.length === 0) return atOnce();
  const facts = { image, unanswered: finding, candidates, podSecrets: credentials.names };
  const finish = (answers: FallbackAnswers): Resolution =>
    judgeImage(image, fallbackFinding(facts, answers, settings), rules);
  const asked: FallbackQuestion = { candidates, credentials };
  const known = fallback.lookup.peek(asked);
  return known === undefined ? { question: asked, finish } : { resolution: finish(known) };
}

interface Judged {
  readonly rules: ImageRules;
  readonly resolution: Resolution;
}

const judged = new WeakMap<Resolved, Judged>();

/**
 * Findings are remembered with their tags, and rules with the settings: as long as both are the same, so is the judgement. What
 * no tag was asked for is found anew each time.
 */
function judgeOnce(image: string, finding: Resolved, rules: ImageRules): Resolution {
  if (finding.source === undefined) return judgeImage(image, finding, rules);
  const known = judged.get(finding);
  if (known?.rules === rules && known.resolution.from === image) return known.resolution;
  const resolution = judgeImage(image, finding, rules);
  judged.set(finding, { rules, resolution });
  return resolution;
}

/** Registries are not asked about what would stay as it is anyway. */
function mayRewrite({ buildReference }: ImageQuestion, { policy, frozen }: ImageRules): boolean {
  return (
    policy.attempts &&
    frozen === undefined &&
    buildReference === undefined &&
    (policy.rewritesAll || policy.rewritesLocalNames)
  );
}
