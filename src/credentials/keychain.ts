import type { Credential } from '../registry/credential.ts';
import { keyMatches, parseImage, parseRegistryKey, type RegistryKey } from './registry-key.ts';

/** One entry of a docker configuration: for whom it is, and what to show there. */
export interface KeyedCredential {
  readonly key: string;
  readonly credential: Credential;
}

/** The entries of one or more docker configurations, ready to be searched. */
export interface Keychain {
  /** Every credential for the image, the best first. */
  credentialsFor(image: ImageName): readonly Credential[];
}

/** An image with Docker's defaults filled in; `reference` is a tag or a digest. */
export interface ImageName {
  readonly registry: string;
  readonly repository: string;
  readonly reference: string;
}

/** Where entries come from several places, those of the first go first among equal keys. */
export function createKeychain(entries: readonly KeyedCredential[]): Keychain {
  const index = indexOf(entries);
  return {
    credentialsFor: (image) => search(index, lookupText(image)).map(({ credential }) => credential),
  };
}

/** The keys that match the image `lookup` ("docker.io/crew/web:latest"), in the order in which they are tried. */
export function matches(keys: readonly string[], lookup: string): readonly string[] {
  return search(indexOf(keys.map((key) => ({ key }))), lookup).map(({ key }) => key);
}

/** Each credential once: showing the same one again only counts towards a lock-out. The first place it is found in stays. */
export function distinct(credentials: readonly Credential[]): readonly Credential[] {
  const seen = new Map<string, Credential>();
  for (const credential of credentials) {
    const { username, password, identityToken = '' } = credential;
    const content = JSON.stringify([username, password, identityToken]);
    if (!seen.has(content)) seen.set(content, credential);
  }
  return [...seen.values()];
}

/** The text that keys are matched against (openshift-apiserver importer/staticcredentials.go). */
function lookupText({ registry, repository, reference }: ImageName): string {
  return `${registry}/${repository}${reference.includes(':') ? '@' : ':'}${reference}`;
}

interface Slot<T> {
  readonly parsed: RegistryKey;
  readonly entry: T;
}

/** Sorted against the alphabet, so that longer paths go first; entries of one key stay in their order. */
function indexOf<T extends { readonly key: string }>(entries: readonly T[]): readonly Slot<T>[] {
  return entries
    .flatMap((entry) => {
      const parsed = parseRegistryKey(entry.key);
      return parsed === undefined ? [] : [{ parsed, entry }];
    })
    .sort((a, b) => (a.parsed.text === b.parsed.text ? 0 : a.parsed.text < b.parsed.text ? 1 : -1));
}

/**
 * Upstream's Lookup. Its fallback to `index.docker.io` (what `docker login` writes as https://index.docker.io/v1/) is for
 * Docker Hub only here; upstream takes a registry without a dot, such as `localhost`, for Docker Hub as well and would show
 * it a credential that is not its own.
 */
function search<T>(index: readonly Slot<T>[], lookup: string): readonly T[] {
  const image = parseImage(lookup);
  if (image === undefined) return [];
  const found = index.filter(({ parsed }) => keyMatches(parsed, image));
  const onHub = lookup.startsWith('docker.io/') || lookup.startsWith('index.docker.io/');
  const chosen =
    found.length === 0 && onHub ? index.filter(({ parsed }) => parsed.text === 'index.docker.io') : found;
  return chosen.map(({ entry }) => entry);
}
