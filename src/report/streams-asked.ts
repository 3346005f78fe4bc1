import type { AskedObject } from '../admission/asked-object.ts';
import { parseReference } from '../reference/parse.ts';
import { ephemeralImages, imagesOf } from '../workload/images.ts';
import { kindOfResource } from '../workload/kinds.ts';

/**
 * The namespaces whose streams decisions about these objects may ask: their own, and those that builds and full references to
 * the integrated registry name. Objects without images ask none.
 *
 * @param internalRegistryHostname asked for only where an image could name it
 */
export async function namespacesAsked(
  objects: readonly AskedObject[],
  internalRegistryHostname: () => Promise<string>,
): Promise<readonly string[]> {
  const found = new Set<string>();
  const full: { readonly registry: string; readonly namespace: string }[] = [];
  for (const { request } of objects) {
    const workload = kindOfResource(request.resource.group, request.resource.resource);
    if (workload === undefined) continue;
    found.add(request.namespace);
    for (const { image, buildReference } of [
      ...imagesOf(workload, request.object),
      ...ephemeralImages(request.object),
    ]) {
      if (buildReference !== undefined && buildReference.namespace !== '')
        found.add(buildReference.namespace);
      const parsed = parseReference(image);
      // With a digest nothing is looked up.
      if (parsed.ok && parsed.reference.registry !== '' && parsed.reference.id === '')
        full.push(parsed.reference);
    }
  }
  const wanted = full.filter(({ namespace }) => namespace !== '');
  const host = wanted.length === 0 ? '' : await internalRegistryHostname();
  for (const { registry, namespace } of wanted) if (registry === host) found.add(namespace);
  return [...found].filter((namespace) => namespace !== '').sort();
}
