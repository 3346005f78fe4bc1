import { auditAnnotations } from '../admission/audit.ts';
import type { AdmissionDecision, Denial } from '../admission/decision.ts';
import type { AdmissionRequest } from '../admission/request.ts';
import { reviewVersion } from '../admission/review.ts';

/** What a review is answered with; the causes of a denial are Kubernetes' own. */
export type Reviewed = Omit<AdmissionDecision, 'denial'> & {
  readonly denial?: Omit<Denial, 'causes'> & {
    readonly causes: readonly { readonly reason: string; readonly field: string; readonly message: string }[];
  };
};

/** The AdmissionReview that answers, as JSON: a patch only where there is one, a denial as a Status (design section 6). */
export function reviewAnswer(uid: string, request: AdmissionRequest, decision: Reviewed): string {
  const { patch, warnings, images, denial } = decision;
  const answer = JSON.stringify({
    apiVersion: reviewVersion,
    kind: 'AdmissionReview',
    response: {
      uid,
      allowed: denial === undefined,
      ...(warnings.length === 0 ? {} : { warnings }),
      ...(images.length === 0 ? {} : { auditAnnotations: auditAnnotations(images) }),
      ...(denial === undefined ? {} : { status: denialStatus(request, denial) }),
    },
  });
  if (patch.length === 0) return answer;
  // Base64 holds nothing that JSON escapes, and looking for it costs a third of what deciding does.
  return `${answer.slice(0, -2)},"patchType":"JSONPatch","patch":"${base64Json(patch)}"}}`;
}

function denialStatus(
  { kind, name, resource }: AdmissionRequest,
  denial: NonNullable<Reviewed['denial']>,
): object {
  const { code, reason, message, causes } = denial;
  return {
    apiVersion: 'v1',
    kind: 'Status',
    status: 'Failure',
    code,
    reason,
    message,
    details: { name, group: resource.group, kind, ...(causes.length === 0 ? {} : { causes }) },
  };
}

function base64Json(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64');
}
