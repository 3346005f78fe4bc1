/**
 * What a webhook answers that decides nothing: a patch that is always the same, as large as one for three containers. The
 * baselines of `mutate` answer with it, and the review's own uid, without which an API server would not take it.
 */
const patch = Buffer.from(
  JSON.stringify(
    [0, 1, 2].map((index) => ({
      op: 'replace',
      path: `/spec/containers/${index}/image`,
      value: `registry.example.com/team/app@sha256:${'c0ffee'.padEnd(64, '0')}`,
    })),
  ),
).toString('base64');

/** @param review an AdmissionReview that was parsed from JSON */
export function constantAnswer(review: unknown): object {
  const { request } = review as { readonly request: { readonly uid: string } };
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid: request.uid, allowed: true, patchType: 'JSONPatch', patch },
  };
}
