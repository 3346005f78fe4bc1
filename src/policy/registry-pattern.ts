import { isDockerHub, withDockerDefaults } from '../reference/docker-defaults.ts';
import { isDigest } from '../reference/digest.ts';
import { repositoryPath } from '../reference/format.ts';
import type { ImageReference } from '../reference/reference.ts';

/**
 * One entry of registry rules and mirror sets: `[*.]host[:port][/path][:tag|@digest]`, as containers/image reads it
 * (containers-registries.conf(5), "Choosing a [[registry]] TOML table"; containers-policy.json(5), docker scopes).
 */
export interface RegistryPattern {
  /** In lower case, Docker Hub under one name; `*.domain` stands for every host below the domain. */
  readonly host: string;
  /** Whole components; '' for all of the registry. */
  readonly path: string;
  /** Only this tag of the repository `path`. */
  readonly tag: string;
  /** Only this digest of the repository `path`, in lower case. */
  readonly digest: string;
}

/** Where an image lies, with Docker's defaults, as patterns are compared with it. */
export interface ImageLocation {
  readonly host: string;
  readonly path: string;
  readonly tag: string;
  readonly digest: string;
}

/** Reads an entry. Never fails: what is no entry matches nothing. */
export function readPattern(entry: string): RegistryPattern {
  const slash = entry.indexOf('/');
  const host = canonicalHost(slash < 0 ? entry : entry.slice(0, slash));
  const rest = slash < 0 ? '' : entry.slice(slash + 1);
  const at = rest.indexOf('@');
  const named = at < 0 ? rest : rest.slice(0, at);
  const colon = named.lastIndexOf(':');
  const path = (colon < 0 ? named : named.slice(0, colon)).replace(/(?<!\/)\/+$/, '');
  // A digest says more than a tag beside it.
  if (at >= 0) return { host, path, tag: '', digest: rest.slice(at + 1).toLowerCase() };
  return { host, path, tag: colon < 0 ? '' : named.slice(colon + 1), digest: '' };
}

/** Where a reference leads. */
export function locationOf(reference: ImageReference): ImageLocation {
  const image = withDockerDefaults(reference);
  const digest = isDigest(image.id) ? image.id.toLowerCase() : '';
  return { host: canonicalHost(image.registry), path: repositoryPath(image), tag: image.tag, digest };
}

/**
 * Whether an image lies in what a pattern names. `broad` is for refusing, when in doubt: a host without a port then stands
 * for all its ports, and a tag that is written beside a digest counts. `exact` is for allowing: a digest alone says what is
 * pulled, whatever tag is written beside it.
 */
export function matchesPattern(
  pattern: RegistryPattern,
  location: ImageLocation,
  reading: 'broad' | 'exact',
): boolean {
  if (!matchesHost(pattern.host, location.host, reading === 'broad')) return false;
  if (pattern.tag === '' && pattern.digest === '') return liesBelow(pattern.path, location.path);
  if (pattern.path !== location.path) return false;
  if (pattern.digest !== '') return pattern.digest === location.digest;
  return pattern.tag === location.tag && (reading === 'broad' || location.digest === '');
}

/** A wildcard without a port stands for all ports, as in containers-policy.json(5). */
export function matchesHost(pattern: string, host: string, anyPort: boolean): boolean {
  const isWildcard = pattern.startsWith('*.');
  const compared = (anyPort || isWildcard) && !hasPort(pattern) ? withoutPort(host) : host;
  return isWildcard ? compared.endsWith(pattern.slice(1)) : compared === pattern;
}

/** Whether `path` is `folder` or in it, component by component. */
export function liesBelow(folder: string, path: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}

/** Hosts compare in lower case, and Docker Hub under one name. */
export function canonicalHost(host: string): string {
  const lower = host.toLowerCase();
  return isDockerHub(lower) ? 'docker.io' : lower;
}

function hasPort(host: string): boolean {
  return /:\d+$/.test(host);
}

function withoutPort(host: string): string {
  return host.replace(/:\d+$/, '');
}
