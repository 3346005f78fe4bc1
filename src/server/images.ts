import type { FallbackLookup } from '../resolver/fallback.ts';
import type { ImageLookup } from '../resolver/lookup.ts';

/** What decisions ask of images: a digest that a registry has named lately is known, too (design section 4). */
export function withFallbackDigests(
  images: ImageLookup,
  fallback: Pick<FallbackLookup, 'namesDigest'>,
): ImageLookup {
  return {
    tag: (namespace, stream, tag) => images.tag(namespace, stream, tag),
    history: (namespace, stream, tag) => images.history(namespace, stream, tag),
    tagNames: (namespace, stream) => images.tagNames(namespace, stream),
    streamImage: (namespace, stream, id) => images.streamImage(namespace, stream, id),
    image: (name) => images.image(name),
    namesDigest: (digest) => images.namesDigest(digest) || fallback.namesDigest(digest),
  };
}
