import { isDockerHub, withDockerDefaults } from '../reference/docker-defaults.ts';
import { formatRepository } from '../reference/format.ts';
import { parseReference } from '../reference/parse.ts';
import type { TagEvent } from './types.ts';

/** A stream's name in full. */
export interface StreamName {
  readonly namespace: string;
  readonly name: string;
}

/** A stream's repository in the internal registry; undefined where there is none (spec imagestream-system.md 1.3). */
export function internalRepository(hostname: string, { namespace, name }: StreamName): string | undefined {
  return hostname === '' ? undefined : `${hostname}/${namespace}/${name}`;
}

/**
 * The reference that an event gets when it is copied to a tag of another stream: an image that lies in the internal
 * registry under exactly the source stream is re-addressed to the destination's repository, so that pulls are authorised
 * against the destination; reference tags and everything else keep it (spec imagestream-system.md 1.5; vectors
 * `tagResolution`, `copyTagAcrossStreams`).
 */
export function copiedReference(
  event: TagEvent,
  source: StreamName,
  destination: StreamName & { readonly reference: boolean },
  internalRegistryHostname: string,
): string {
  const from = internalRepository(internalRegistryHostname, source);
  const to = internalRepository(internalRegistryHostname, destination);
  const parsed = parseReference(event.dockerImageReference);
  if (
    destination.reference ||
    to === undefined ||
    !parsed.ok ||
    formatRepository(parsed.reference) !== from
  ) {
    return event.dockerImageReference;
  }
  return to + event.dockerImageReference.slice(from.length);
}

/**
 * The repository that a pull spec lies in, Docker's defaults filled in and Docker Hub under one name, so that two texts can
 * be compared; undefined where it does not parse or names no repository.
 */
export function canonicalRepository(pullSpec: string): string | undefined {
  const parsed = parseReference(pullSpec);
  if (!parsed.ok || parsed.reference.name === '') return undefined;
  const full = withDockerDefaults(parsed.reference);
  return formatRepository({ ...full, registry: isDockerHub(full.registry) ? 'docker.io' : full.registry });
}
