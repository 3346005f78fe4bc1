import { auditAnnotationsJson } from '../admission/audit.ts';
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
  return `{"apiVersion":"${reviewVersion}","kind":"AdmissionReview","response":{"uid":${JSON.stringify(uid)},${answerTo(request, decision)}}}`;
}

const answers = new WeakMap<Reviewed, string>();

/** Members of the response but the uid. A decision that changes the same in many objects is written out once. */
function answerTo(request: AdmissionRequest, decision: Reviewed): string {
  const known = answers.get(decision);
  if (known !== undefined) return known;
  const { patch, warnings, images, denial } = decision;
  const response = JSON.stringify({
    allowed: denial === undefined,
    ...(warnings.length === 0 ? {} : { warnings }),
    ...(denial === undefined ? {} : { status: denialStatus(request, denial) }),
  });
  const audit = images.length === 0 ? '' : `,"auditAnnotations":${auditAnnotationsJson(images)}`;
  const members = response.slice(1, -1) + audit;
  if (patch.length === 0) return members;
  // Base64 holds nothing that JSON escapes, and looking for it costs a third of what deciding does.
  const text = `${members},"patchType":"JSONPatch","patch":"${base64Json(patch)}"`;
  answers.set(decision, text);
  return text;
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
