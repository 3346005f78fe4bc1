import { isDockerHub } from '../reference/docker-defaults.ts';
import {
  canonicalHost,
  liesBelow,
  matchesHost,
  readPattern,
  type RegistryPattern,
} from './registry-pattern.ts';

/** One entry of a mirror set: where else the images of `source` are. */
export interface MirrorRule {
  /** `host[:port][/path]`, or `*.domain`. */
  readonly source: string;
  /** `host[:port][/path]`, in the order in which they are asked. */
  readonly mirrors: readonly string[];
  /** `mirrorSourcePolicy: NeverContactSource`. */
  readonly neverContactSource: boolean;
}

/** What `config.openshift.io/v1` ImageDigestMirrorSets and ImageTagMirrorSets say together. */
export interface MirrorRules {
  readonly digestMirrors: readonly MirrorRule[];
  readonly tagMirrors: readonly MirrorRule[];
}

/** A repository of a registry. */
export interface RepositoryPlace {
  readonly registry: string;
  readonly repository: string;
}

/** What the rules for one source say of one repository. */
interface Mirroring {
  /** The longest one is the one that counts. */
  readonly weight: number;
  readonly mirrors: readonly RepositoryPlace[];
  readonly neverContactSource: boolean;
}

/**
 * Where an image is looked for, in order: the mirrors of the longest source that its repository lies in, then the
 * repository itself (the very object that was asked about), unless the rules forbid that. None at all: it may not be
 * contacted, and no mirror is for this kind of reference.
 *
 * As containers/image reads what a cluster writes of mirror sets into registries.conf (spec imagestream-system.md 3.7):
 * what follows the source is appended to the mirror, a wildcard's whole host is replaced, and a source that is never to be
 * contacted is so for tags and digests, whichever set says it. Rules for the same source are merged; where they differ,
 * it is not contacted (upstream then applies none of all rules).
 */
export function placesOf(
  source: RepositoryPlace,
  isDigest: boolean,
  { digestMirrors, tagMirrors }: MirrorRules,
): { readonly places: readonly RepositoryPlace[] } {
  const own = mirroringOf(source, isDigest ? digestMirrors : tagMirrors);
  const other = mirroringOf(source, isDigest ? tagMirrors : digestMirrors);
  if (own === undefined && other === undefined) return { places: [source] };
  const isMoreExact = other !== undefined && other.weight >= (own?.weight ?? 0);
  const neverContactSource = own?.neverContactSource === true || (isMoreExact && other.neverContactSource);
  const mirrors = (own?.mirrors ?? []).map((mirror) => (isSame(mirror, source) ? source : mirror));
  const places = neverContactSource ? mirrors.filter((place) => place !== source) : [...mirrors, source];
  return { places: places.filter((place, at) => places.findIndex((first) => isSame(first, place)) === at) };
}

function mirroringOf(source: RepositoryPlace, rules: readonly MirrorRule[]): Mirroring | undefined {
  const matching = rules.flatMap((rule) => {
    const pattern = readPattern(rule.source);
    return matches(pattern, source) ? [{ ...rule, pattern, weight: weightOf(pattern) }] : [];
  });
  if (matching.length === 0) return undefined;
  const weight = Math.max(...matching.map((rule) => rule.weight));
  const counting = matching.filter((rule) => rule.weight === weight);
  const orders = counting.map(({ mirrors, pattern }) =>
    mirrors.filter((mirror) => isLocation(mirror)).map((mirror) => placeAt(mirror, pattern, source)),
  );
  return {
    weight,
    mirrors: mergedOrder(orders).filter(({ repository }) => repository !== ''),
    neverContactSource: counting.some((rule) => rule.neverContactSource),
  };
}

function matches({ host, path, tag, digest }: RegistryPattern, source: RepositoryPlace): boolean {
  if (tag !== '' || digest !== '') return false;
  return matchesHost(host, canonicalHost(source.registry), false) && liesBelow(path, source.repository);
}

/** Its length; a host that is written out counts before a wildcard of the same length. */
function weightOf({ host, path }: RegistryPattern): number {
  return 2 * `${host}/${path}`.length + (host.startsWith('*.') ? 0 : 1);
}

/** Whether it names a registry, or a part of it, and nothing else. */
function isLocation(mirror: string): boolean {
  const { host, tag, digest } = readPattern(mirror);
  return host !== '' && !host.startsWith('*.') && tag === '' && digest === '';
}

function placeAt(mirror: string, { path }: RegistryPattern, source: RepositoryPlace): RepositoryPlace {
  const { host: registry, path: folder } = readPattern(mirror);
  const rest = source.repository.slice(path.length).replace(/^\//, '');
  const repository = [folder, rest].filter((part) => part !== '').join('/');
  const isShort = isDockerHub(registry) && repository !== '' && !repository.includes('/');
  return { registry, repository: isShort ? `library/${repository}` : repository };
}

/** All of them in one order that keeps each list's own, where the lists agree; where they do not, the first list's. */
function mergedOrder(lists: readonly (readonly RepositoryPlace[])[]): readonly RepositoryPlace[] {
  const merged: RepositoryPlace[] = [];
  let rest = lists;
  for (;;) {
    const heads = rest.flatMap(([head]) => head ?? []);
    const isFree = (place: RepositoryPlace): boolean =>
      rest.every((list) => list.findIndex((other) => isSame(other, place)) <= 0);
    const next = heads.find(isFree) ?? heads[0];
    if (next === undefined) return merged;
    merged.push(next);
    rest = rest.map((list) => list.filter((place) => !isSame(place, next)));
  }
}

function isSame(a: RepositoryPlace, b: RepositoryPlace): boolean {
  return a.repository === b.repository && canonicalHost(a.registry) === canonicalHost(b.registry);
}
