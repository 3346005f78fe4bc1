import { isDigest } from './digest.ts';
import type { ImageReference } from './reference.ts';

/**
 * The second view of a reference: what a container runtime makes of it, with Docker's defaults filled in
 * (vectors `imageReference`, `derived`).
 */

/** Whether the registry part names Docker Hub; the empty part does not, until defaults are filled in. */
export function isDockerHub(registry: string): boolean {
  return registry === 'docker.io' || registry === 'index.docker.io' || registry === 'registry-1.docker.io';
}

/** Fills in registry `docker.io`, namespace `library` (on Docker Hub only) and tag `latest` (unless there is an id). */
export function withDockerDefaults(reference: ImageReference): ImageReference {
  const registry = reference.registry === '' ? 'docker.io' : reference.registry;
  const tag = reference.tag === '' && reference.id === '' ? 'latest' : reference.tag;
  return withLibrary({ ...reference, registry, tag });
}

/** Fills in only the namespace `library` where the registry is written out and is Docker Hub. */
export function withLibrary(reference: ImageReference): ImageReference {
  return reference.namespace === '' && isDockerHub(reference.registry)
    ? { ...reference, namespace: 'library' }
    : reference;
}

/** The shortest text a runtime understands alike: Docker Hub's alias unified, `library` and `latest` left out. */
export function minimal(reference: ImageReference): ImageReference {
  const hub = isDockerHub(reference.registry);
  return {
    ...reference,
    registry: hub ? 'docker.io' : reference.registry,
    namespace: hub && reference.namespace === 'library' ? '' : reference.namespace,
    tag: reference.tag === 'latest' ? '' : reference.tag,
  };
}

/** Keeps the one part that says most: a digest drops the tag; an id that is no digest serves as the tag where there is none. */
export function mostSpecific(reference: ImageReference): ImageReference {
  if (reference.id === '') return reference;
  if (isDigest(reference.id)) return { ...reference, tag: '' };
  return reference.tag === '' ? { ...reference, tag: reference.id, id: '' } : reference;
}

/** The host that speaks the registry protocol for it: Docker Hub's API lives under another name. */
export function registryApiHost(registry: string): string {
  return isDockerHub(registry) ? 'registry-1.docker.io' : registry;
}

/** Host and port to connect to; the port is the scheme's where none is written. */
export function registryHostPort(reference: ImageReference, insecure: boolean): readonly [string, string] {
  const { registry } = withDockerDefaults({ ...reference, registry: registryApiHost(reference.registry) });
  const colon = registry.lastIndexOf(':');
  if (colon >= 0) return [registry.slice(0, colon), registry.slice(colon + 1)];
  return [registry, insecure ? '80' : '443'];
}
