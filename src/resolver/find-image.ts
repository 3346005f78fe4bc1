import { noCaches, type LocalRegistry } from '../imagestream/local-registry.ts';
import { formatReference } from '../reference/format.ts';
import { parseReference } from '../reference/parse.ts';
import type { ImageReference } from '../reference/reference.ts';
import { findBuildReference } from './find-build-reference.ts';
import { findTag, tagRequest } from './find-tag.ts';
import { imageFacts, unresolved, type Finding } from './finding.ts';
import type { ImageLookup } from './lookup.ts';
import type { ImageQuestion } from './question.ts';
import { shown } from './wording.ts';

/**
 * Looks one image up in memory. Pure but for the lookup it is given; never throws.
 * Source: spec openshift-admission.md 2.2 (candidates), 2.4 (stream and tag), 2.5 (missing tag), 3.4 (builds).
 *
 * @param internalRegistryHostname host[:port] of the integrated registry; empty: there is none
 * @param localRegistry caches that stand in for it under reference policy `Local`
 */
export function findImage(
  question: ImageQuestion,
  lookup: ImageLookup,
  internalRegistryHostname: string,
  localRegistry: LocalRegistry = noCaches,
): Finding {
  const { buildReference } = question;
  const local = { internalRegistryHostname, localRegistry };
  if (buildReference !== undefined && buildReference.kind !== 'DockerImage') {
    return findBuildReference(question, buildReference, lookup, local);
  }
  const parsed = parseReference(question.image);
  if (!parsed.ok) {
    return unresolved('Unparseable', `"${shown(question.image)}" is not an image reference: ${parsed.error}`);
  }
  const { reference } = parsed;
  if (reference.id !== '') return findDigest(reference, lookup, internalRegistryHostname);
  const request = tagRequest(question, reference, internalRegistryHostname);
  if (request === undefined) {
    return unresolved('Qualified', `"${shown(question.image)}" names its registry or repository in full`, {
      reference,
    });
  }
  if (question.mode === 'fallback') {
    return unresolved(
      'LookupDisabled',
      `namespace ${question.namespace} does not look names up in its image streams`,
      {
        reference,
      },
    );
  }
  return findTag(request, lookup, local);
}

/** A digest is left as it is; known to the cluster, it counts as resolved (spec 2.2 step 1). */
function findDigest(
  reference: ImageReference,
  lookup: ImageLookup,
  internalRegistryHostname: string,
): Finding {
  const message = 'the reference names a digest already';
  const image = lookup.image(reference.id);
  if (image === undefined && !lookup.namesDigest(reference.id)) {
    return unresolved('AlreadyPinned', `${message}; no image or tag of this cluster names it`, { reference });
  }
  return {
    kind: 'resolved',
    reason: 'AlreadyPinned',
    message,
    reference,
    pullSpec: formatReference(reference),
    local: false,
    integrated: reference.registry !== '' && reference.registry === internalRegistryHostname,
    ...(image === undefined ? {} : { image: imageFacts(image, {}) }),
  };
}
