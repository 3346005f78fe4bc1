import { isDockerHub, withDockerDefaults } from '../reference/docker-defaults.ts';
import { repositoryPath } from '../reference/format.ts';
import type { ImageReference } from '../reference/reference.ts';

/** Which registries images may come from: the fields of `config.openshift.io/v1` Image `spec.registrySources`. */
export interface RegistrySources {
  /** Empty: all. */
  readonly allowedRegistries: readonly string[];
  readonly blockedRegistries: readonly string[];
}

export type RegistryVerdict =
  | { readonly allowed: true }
  | {
      readonly allowed: false;
      readonly reason: 'RegistryBlocked';
      readonly rule: string;
      readonly repository: string;
    }
  | { readonly allowed: false; readonly reason: 'RegistryNotAllowed'; readonly repository: string };

/** Whether there is a rule at all; without one every image is allowed. */
export function restrictsRegistries({ allowedRegistries, blockedRegistries }: RegistrySources): boolean {
  return allowedRegistries.length > 0 || blockedRegistries.length > 0;
}

/**
 * Judges where an image would be pulled from. A name without a registry counts as Docker Hub's; the internal registry is
 * always allowed. Entries are `host[:port][/path]` or `*.domain[:port][/path]`; hosts compare without case, paths whole
 * component by component. Where an entry names no port, blocking takes it for any port, allowing for none: when in doubt,
 * not allowed.
 */
export function judgeRegistry(
  reference: ImageReference,
  sources: RegistrySources,
  internalRegistryHostname: string,
): RegistryVerdict {
  if (!restrictsRegistries(sources)) return { allowed: true };
  const { allowedRegistries, blockedRegistries } = sources;
  if (reference.registry !== '' && reference.registry === internalRegistryHostname) return { allowed: true };
  const image = withDockerDefaults(reference);
  const location = { host: canonicalHost(image.registry), path: repositoryPath(image) };
  const repository = `${location.host}/${location.path}`;
  const rule = blockedRegistries.find((entry) => covers(entry, location, 'anyPort'));
  if (rule !== undefined) return { allowed: false, reason: 'RegistryBlocked', rule, repository };
  const allowed =
    allowedRegistries.length === 0 || allowedRegistries.some((entry) => covers(entry, location, 'samePort'));
  return allowed ? { allowed } : { allowed, reason: 'RegistryNotAllowed', repository };
}

/** Whether one of the entries names the registry, or the part of it, that a complete reference lies in. */
export function coversRegistry(entries: readonly string[], image: ImageReference): boolean {
  const location = { host: canonicalHost(image.registry), path: repositoryPath(image) };
  return entries.some((entry) => covers(entry, location, 'samePort'));
}

function covers(
  entry: string,
  location: { host: string; path: string },
  ports: 'anyPort' | 'samePort',
): boolean {
  const slash = entry.indexOf('/');
  const entryHost = canonicalHost(slash < 0 ? entry : entry.slice(0, slash));
  const entryPath = slash < 0 ? '' : entry.slice(slash + 1).replace(/\/+$/, '');
  const ignorePort = ports === 'anyPort' && !hasPort(entryHost);
  const host = ignorePort ? withoutPort(location.host) : location.host;
  const hostMatches = entryHost.startsWith('*.') ? host.endsWith(entryHost.slice(1)) : host === entryHost;
  return hostMatches && `${location.path}/`.startsWith(entryPath === '' ? '' : `${entryPath}/`);
}

/** Hosts compare in lower case, and Docker Hub under one name. */
function canonicalHost(host: string): string {
  const lower = host.toLowerCase();
  return isDockerHub(lower) ? 'docker.io' : lower;
}

function hasPort(host: string): boolean {
  return /:\d+$/.test(host);
}

function withoutPort(host: string): string {
  return host.replace(/:\d+$/, '');
}
