import { asObject, asText } from '../json/untyped.ts';
import { kindNamed } from '../workload/kinds.ts';
import { groupOf } from '../workload/metadata.ts';
import type { AdmissionRequest } from './request.ts';
import { readReview } from './review.ts';

/** An object somebody asks about without writing it: what it is, itself, and the request that would write it. */
export interface AskedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly object: unknown;
  readonly request: AdmissionRequest;
  /** It came within an AdmissionReview, as its `request.object`. */
  readonly isReview: boolean;
}

export type AskedReading =
  | { readonly ok: true; readonly asked: AskedObject }
  /** It is no object that can be asked about, and why. */
  | { readonly ok: false; readonly message: string };

/**
 * An object counts as being created; an AdmissionReview says itself what is being done. Dry run and command line ask by this
 * one reading, so that they cannot differ (design section 6).
 *
 * @param defaultNamespace of objects that name none
 */
export function askedObject(value: unknown, defaultNamespace: string): AskedReading {
  const review = readReview(value);
  if (!review.ok && asObject(value).kind === 'AdmissionReview') return review;
  const object = review.ok ? review.request.object : value;
  const { apiVersion, kind, metadata } = asObject(object);
  if (!review.ok && asText(kind) === '')
    return { ok: false, message: 'not a Kubernetes object: it has no kind' };
  const { name, namespace } = asObject(metadata);
  const own = review.ok ? review.request.namespace : asText(namespace);
  const described = {
    apiVersion: asText(apiVersion),
    kind: asText(kind),
    namespace: own === '' ? defaultNamespace : own,
    name: asText(name),
    object,
  };
  const request = review.ok
    ? { ...review.request, namespace: described.namespace }
    : creationOf(groupOf(described.apiVersion), described);
  return { ok: true, asked: { ...described, request, isReview: review.ok } };
}

function creationOf(
  group: string,
  { kind, namespace, name, object }: Pick<AskedObject, 'kind' | 'namespace' | 'name' | 'object'>,
): AdmissionRequest {
  const resource = kindNamed(group, kind)?.resource ?? `${kind.toLowerCase()}s`;
  return {
    operation: 'CREATE',
    resource: { group, resource },
    subResource: '',
    kind,
    namespace,
    name,
    object,
  };
}
