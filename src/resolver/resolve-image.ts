import { findImage } from './find-image.ts';
import { judgeImage, notAttempted, type ImageRules } from './judge-image.ts';
import type { ImageLookup } from './lookup.ts';
import type { ImageQuestion } from './question.ts';
import type { Resolution } from './resolution.ts';

/** The decision for one image reference, from memory alone: found, then judged. Pure but for the lookup; never throws. */
export function resolveImage(question: ImageQuestion, rules: ImageRules, lookup: ImageLookup): Resolution {
  const finding = rules.policy.attempts
    ? findImage(question, lookup, rules.internalRegistryHostname)
    : notAttempted(question.image);
  return judgeImage(question.image, finding, rules);
}
