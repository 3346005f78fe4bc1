import { LRUCache } from 'lru-cache';
import type { ManifestSource, RepositoryQuery } from '../importer/manifest-source.ts';
import { failureExplanation } from '../oci/failure-explanation.ts';
import type { RegistryAnswer, RegistryFailure } from '../oci/failure.ts';

/** A repository of a registry. */
export type Place = Pick<RepositoryQuery, 'registry' | 'repository'>;

export interface MirrorOptions {
  /**
   * Where a repository's images are looked for, in order, by digest or by tag. `source` itself, the same object, stands
   * where its own registry may be asked.
   */
  readonly placesOf: (source: Place, isDigest: boolean) => { readonly places: readonly Place[] };
  /** Whether a mirror may be reached without valid TLS: what holds for its source says nothing of it. */
  readonly insecure: (mirror: Place) => boolean;
}

/** For how many repositories it is remembered which mirror has them. */
const rememberedMax = 1000;

/**
 * Asks mirrors before, or in place of, the registry that a reference names; whoever asks goes on naming that one. A place
 * that fails or does not have it leads to the next one. What is reported is the failure of the registry that was named, if
 * it was asked, else that of the last mirror; the mirrors that failed are named in notes, also when another place answered
 * (but not those that simply do not have it: a mirror may be incomplete). Source: spec imagestream-system.md 3.7.
 */
export function createMirroredSource(
  source: ManifestSource,
  { placesOf, insecure }: MirrorOptions,
): ManifestSource {
  /**
   * The mirror that a repository's last manifest by tag came from. Its blobs, and an index's images, are then asked for by
   * digest: they are there, even where no rule names that mirror for digests.
   */
  const remembered = new LRUCache<string, Place>({ max: rememberedMax });

  function placesFor(named: Place, isDigest: boolean): readonly Place[] {
    const { places } = placesOf(named, isDigest);
    const last = isDigest ? remembered.get(keyOf(named)) : undefined;
    if (last === undefined || includes(places, last)) return places;
    // The rules may have changed since.
    return includes(placesOf(named, false).places, last) ? [last, ...places] : places;
  }

  async function ask<Q extends RepositoryQuery, T>(
    query: Q,
    isDigest: boolean,
    send: (query: Q) => Promise<RegistryAnswer<T>>,
    onAnswer: (place: Place, isMirror: boolean) => void = () => undefined,
  ): Promise<RegistryAnswer<T>> {
    const places = placesFor(query, isDigest);
    const notes = new Set<string>();
    let failure = notContacted(query, isDigest);
    for (const place of places) {
      const isMirror = place !== query;
      const answer = await send(
        isMirror ? { ...query, ...placeOf(place), insecure: insecure(place) } : query,
      );
      if (answer.ok) {
        onAnswer(place, isMirror);
        return { ...answer, notes: [...new Set([...answer.notes, ...notes])] };
      }
      for (const note of answer.notes) notes.add(note);
      if (isMirror && answer.failure.kind !== 'notFound') notes.add(noteOf(place, query, answer.failure));
      // The registry that was named speaks for itself, wherever it stands in the order.
      if (!(places.includes(query) && isMirror)) failure = answer.failure;
    }
    return { ok: false, failure, notes: [...notes] };
  }

  function remember(named: Place, place: Place, isMirror: boolean): void {
    if (isMirror) remembered.set(keyOf(named), placeOf(place));
    else remembered.delete(keyOf(named));
  }

  return {
    digest: (query, signal) =>
      ask(query, isDigestReference(query.reference), (asked) => source.digest(asked, signal)),
    manifest: (query, signal) => {
      const isDigest = isDigestReference(query.reference);
      const send = (asked: typeof query) => source.manifest(asked, signal);
      return ask(query, isDigest, send, (place, isMirror) => {
        if (!isDigest) remember(query, place, isMirror);
      });
    },
    config: (query, digest, signal) => ask(query, true, (asked) => source.config(asked, digest, signal)),
    tags: (query, signal) => ask(query, false, (asked) => source.tags(asked, signal)),
  };
}

/** For where nobody may be asked. */
function notContacted({ registry, repository }: Place, isDigest: boolean): RegistryFailure {
  const [kind, set] = isDigest ? ['digest', 'ImageDigestMirrorSet'] : ['tag', 'ImageTagMirrorSet'];
  const detail = `its mirror rules say NeverContactSource and name no mirror for what is asked for by ${kind}; add one in an ${set}`;
  return { kind: 'unreachable', registry, repository, detail };
}

function noteOf(mirror: Place, named: Place, failure: RegistryFailure): string {
  return `mirror ${keyOf(mirror)} of ${keyOf(named)} failed: ${failureExplanation(failure)}`;
}

/** Nothing but the place: a query's reference and credentials must not be overwritten by what else the object holds. */
function placeOf({ registry, repository }: Place): Place {
  return { registry, repository };
}

function keyOf({ registry, repository }: Place): string {
  return `${registry}/${repository}`;
}

function includes(places: readonly Place[], place: Place): boolean {
  return places.some((other) => keyOf(other) === keyOf(place));
}

/** A tag has no colon. */
function isDigestReference(reference: string): boolean {
  return reference.includes(':');
}
