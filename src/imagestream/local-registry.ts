import { isDockerHub, withDockerDefaults } from '../reference/docker-defaults.ts';
import { formatRepository } from '../reference/format.ts';
import { parseReference } from '../reference/parse.ts';
import type { ImageReference } from '../reference/reference.ts';

/**
 * Caches that pull images through, by what they hold: where reference policy `Local` leads without an integrated registry
 * (the configuration's `localRegistry`; docs/local-registry.md). Upstream has no such thing: its own registry pulls through
 * (spec imagestream-system.md 7).
 */
export type LocalRegistry = readonly CachedPrefix[];

export interface CachedPrefix {
  /** A registry, or a part of one by whole path components: `quay.io`, `docker.io/library`. */
  readonly source: string;
  /** What stands in its place: `cache.example:5000/quay.io`. */
  readonly target: string;
}

/** There is none. */
export const noCaches: LocalRegistry = [];

/** Where images of reference policy `Local` are pulled from. */
export interface LocalPlaces {
  /** host[:port] of the integrated registry; empty: there is none. */
  readonly internalRegistryHostname: string;
  readonly localRegistry: LocalRegistry;
}

/**
 * The image in the cache that holds the longest part of its name; tag and digest stay. Docker's defaults are filled in first,
 * and Docker Hub goes by one name: `nginx` is `docker.io/library/nginx`. Undefined where no cache holds it, or its name there
 * would be none of an image.
 */
export function mapToLocal(
  reference: ImageReference,
  localRegistry: LocalRegistry,
): ImageReference | undefined {
  if (reference.name === '') return undefined;
  const repository = fullRepository(reference);
  const [cache] = localRegistry
    .map(({ source, target }) => ({ prefix: fullPrefix(source), target: withoutSlash(target) }))
    .filter(({ prefix }) => `${repository}/`.startsWith(`${prefix}/`))
    .sort((a, b) => b.prefix.length - a.prefix.length);
  if (cache === undefined) return undefined;
  const parsed = parseReference(cache.target + repository.slice(cache.prefix.length));
  if (!parsed.ok || parsed.reference.name === '') return undefined;
  return { ...parsed.reference, tag: reference.tag, id: reference.id };
}

/** The repository as prefixes are compared with it. */
function fullRepository(reference: ImageReference): string {
  const full = withDockerDefaults(reference);
  return formatRepository({ ...full, registry: canonicalHost(full.registry) });
}

function fullPrefix(source: string): string {
  const [host = '', ...path] = withoutSlash(source).split('/');
  return [canonicalHost(host), ...path].join('/');
}

/** Hosts compare in lower case, and Docker Hub under one name. */
function canonicalHost(host: string): string {
  const lower = host.toLowerCase();
  return isDockerHub(lower) ? 'docker.io' : lower;
}

function withoutSlash(prefix: string): string {
  return prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
}
