import { asObject, asText, isObject } from '../json/untyped.ts';
import type { AdmissionRequest } from './request.ts';

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
  const fieldManager = asText(asObject(request.options).fieldManager);
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
      ...(fieldManager === '' ? {} : { fieldManager }),
      object,
      oldObject,
    },
  };
}

function bad(message: string): Review {
  return { ok: false, message: `not an AdmissionReview that can be answered: ${message}` };
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `"${value.slice(0, 60)}"` : 'nothing';
}
