import type { Resolution } from '../resolver/resolution.ts';
import type { Denial, ImageDecision } from './decision.ts';

type Denied = ImageDecision & { readonly resolution: Extract<Resolution, { outcome: 'denied' }> };

/**
 * The refusal of an object, if any of its images is refused: upstream's 422 with one cause a failing reference, the first
 * of identical ones only (spec openshift-admission.md 4; vectors G07, G08, H14).
 */
export function denialOf(images: readonly ImageDecision[]): Denial | undefined {
  const seen = new Set<string>();
  const denied = images.filter((decision): decision is Denied => {
    if (decision.resolution.outcome !== 'denied' || seen.has(decision.slot.image)) return false;
    seen.add(decision.slot.image);
    return true;
  });
  if (denied.length === 0) return undefined;
  return {
    code: 422,
    reason: 'Invalid',
    message: denied.map(sentence).join('; '),
    causes: denied.map(({ slot, resolution }) => ({
      reason: 'FieldValueForbidden',
      field: slot.field,
      message: causeText(resolution),
    })),
  };
}

/** Two refusals of one object as one. */
export function joinDenials(first: Denial | undefined, second: Denial | undefined): Denial | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return {
    ...first,
    message: `${first.message}; ${second.message}`,
    causes: [...first.causes, ...second.causes],
  };
}

/** The policy covers a resource that has no images: upstream refuses each write of it (vectors D23, H33). */
export function inapplicable(message: string): Denial {
  return { code: 403, reason: 'Forbidden', message, causes: [] };
}

function sentence({ slot, resolution }: Denied): string {
  const subject = slot.role === 'build' ? slot.field : slot.role === 'volumes' ? 'image volume' : 'container';
  const name = slot.container.replace(/^volume:/, '');
  return `${subject} "${name}", image "${resolution.from}": ${resolution.message} (${resolution.reason})`;
}

/** A refusal by an execution rule stands bare; else what went wrong follows the colon. */
function causeText({ reason, message, resolutionError }: Denied['resolution']): string {
  const detail = resolutionError ?? (reason === 'ExecutionRule' ? undefined : message);
  return `Forbidden: this image is prohibited by policy${detail === undefined ? '' : `: ${detail}`}`;
}
