import type { StreamTag } from '../imagestream/stream-tag.ts';
import type { Image, TagEvent } from '../imagestream/types.ts';

/** The questions a decision asks. Answers come from memory: no call waits, none fails. */
export interface ImageLookup {
  /** One tag of a stream, whether it has an event or not; undefined where there is no such stream. */
  tag(namespace: string, stream: string, tag: string): StreamTag | undefined;
  /** The whole history of a tag, newest first; reference events in it name no image. Empty where there is none. */
  history(namespace: string, stream: string, tag: string): readonly TagEvent[];
  /** The tags of a stream that name an image, those that moved last first. */
  tagNames(namespace: string, stream: string): readonly string[];
  /** The event in a stream's history that `id`, a digest or a prefix of one, names. */
  streamImage(namespace: string, stream: string, id: string): TagEvent | undefined;
  /** The cluster's Image of this name (a digest). */
  image(name: string): Image | undefined;
  /** Whether an Image or any tag event names this digest. */
  namesDigest(digest: string): boolean;
}
