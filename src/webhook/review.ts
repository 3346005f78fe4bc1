import { auditAnnotations } from '../admission/audit.ts';
import type { AdmissionDecision, Denial } from '../admission/decision.ts';
import type { AdmissionRequest } from '../admission/request.ts';
import { asObject, asText, isObject } from '../json/untyped.ts';

export const reviewVersion = 'admission.k8s.io/v1';

export type Review =
  | {
      readonly ok: true;
      readonly uid: string;
      readonly request: AdmissionRequest;
      /** Who sends the request, raw. */
      readonly userInfo: unknown;
    }
  | { readonly ok: false; readonly message: string };

/** Reads an AdmissionReview that was parsed from JSON; `message` says what is not one, and where. */
export function readReview(review: unknown): Review {
  const { kind, apiVersion, request } = asObject(review);
  if (kind !== 'AdmissionReview') return bad(`kind: expected AdmissionReview, got ${shown(kind)}`);
  if (apiVersion !== reviewVersion)
    return bad(`apiVersion: expected ${reviewVersion}, got ${shown(apiVersion)}`);
  if (!isObject(request)) return bad('request: missing');
  const { uid, operation, resource, subResource, namespace, name, object, oldObject } = request;
  if (typeof uid !== 'string' || uid === '') return bad('request.uid: missing');
  if (typeof operation !== 'string') return bad('request.operation: missing');
  if (!isObject(resource) || typeof resource.resource !== 'string') return bad('request.resource: missing');
  return {
    ok: true,
    uid,
    userInfo: request.userInfo,
    request: {
      operation,
      resource: { group: asText(resource.group), resource: resource.resource },
      subResource: asText(subResource),
      kind: asText(asObject(request.kind).kind),
      namespace: asText(namespace),
      name: asText(name),
      object,
      oldObject,
    },
  };
}

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

function bad(message: string): Review {
  return { ok: false, message: `not an AdmissionReview that can be answered: ${message}` };
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `"${value.slice(0, 60)}"` : 'nothing';
}
