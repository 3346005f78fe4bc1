import type { ImageReference } from '../reference/reference.ts';
import {
  locationOf,
  matchesPattern,
  readPattern,
  type ImageLocation,
  type RegistryPattern,
} from './registry-pattern.ts';

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
 * always allowed. Entries are `[*.]host[:port][/path][:tag|@digest]`; hosts compare without case, paths whole component by
 * component. Where an entry names no port, blocking takes it for any port, allowing for none (but `*.domain` for any, as
 * upstream); a tag beside a digest is blocked, but not allowed, by its entry: when in doubt, not allowed.
 */
export function judgeRegistry(
  reference: ImageReference,
  sources: RegistrySources,
  internalRegistryHostname: string,
): RegistryVerdict {
  if (!restrictsRegistries(sources)) return { allowed: true };
  const { allowedRegistries, blockedRegistries } = sources;
  if (reference.registry !== '' && reference.registry === internalRegistryHostname) return { allowed: true };
  const location = locationOf(reference);
  const repository = `${location.host}/${location.path}`;
  const rule = patternsOf(blockedRegistries).find(({ pattern }) =>
    matchesPattern(pattern, location, 'broad'),
  )?.entry;
  if (rule !== undefined) return { allowed: false, reason: 'RegistryBlocked', rule, repository };
  const allowed = allowedRegistries.length === 0 || isNamed(allowedRegistries, location);
  return allowed ? { allowed } : { allowed, reason: 'RegistryNotAllowed', repository };
}

/** Whether one of the entries names the registry, or the part of it, that a reference lies in. */
export function coversRegistry(entries: readonly string[], reference: ImageReference): boolean {
  return isNamed(entries, locationOf(reference));
}

function isNamed(entries: readonly string[], location: ImageLocation): boolean {
  return patternsOf(entries).some(({ pattern }) => matchesPattern(pattern, location, 'exact'));
}

interface ReadEntry {
  readonly entry: string;
  readonly pattern: RegistryPattern;
}

/** Lists stay the same from one image to the next, until somebody changes the settings. */
const known = new WeakMap<readonly string[], readonly ReadEntry[]>();

function patternsOf(entries: readonly string[]): readonly ReadEntry[] {
  let read = known.get(entries);
  if (read === undefined) {
    read = entries.map((entry) => ({ entry, pattern: readPattern(entry) }));
    known.set(entries, read);
  }
  return read;
}
