import type { NamespaceFacts, NamespaceLookup } from '../admission/namespace.ts';
import { imageNameOf, readImage, readImageStream } from '../imagestream/read.ts';
import { streamImage, streamTag, tagNames, type StreamTag } from '../imagestream/stream-tag.ts';
import type { Image, ImageStream, TagEvent } from '../imagestream/types.ts';
import type { ImageLookup } from '../resolver/lookup.ts';
import { readNamespace } from './namespace.ts';
import type { ObjectSink, StoreKind } from './object-sink.ts';

/** Everything that decisions ask, in memory; fed by one adapter, read by all decisions. */
export class ObjectIndex implements ObjectSink, ImageLookup, NamespaceLookup {
  readonly #streams = new Map<string, ImageStream>();
  readonly #images = new Map<string, Image>();
  readonly #namespaces = new Map<string, NamespaceFacts>();
  /** How many streams' histories name a digest. */
  readonly #digests = new Map<string, number>();

  put(kind: StoreKind, raw: unknown): void {
    switch (kind) {
      case 'ImageStream': {
        const stream = readImageStream(raw);
        this.#setStream(keyOf(stream.metadata.namespace, stream.metadata.name), stream);
        return;
      }
      case 'Image': {
        const image = readImage(raw);
        this.#images.set(image.name, image);
        return;
      }
      case 'Namespace': {
        const { name, facts } = readNamespace(raw);
        this.#namespaces.set(name, facts);
      }
    }
  }

  remove(kind: StoreKind, namespace: string, name: string): void {
    switch (kind) {
      case 'ImageStream':
        this.#setStream(keyOf(namespace, name), undefined);
        return;
      case 'Image':
        this.#images.delete(imageNameOf(name));
        return;
      case 'Namespace':
        this.#namespaces.delete(name);
    }
  }

  replaceAll(kind: StoreKind): { put(raw: unknown): void; commit(): void } {
    // A list is read into an index of its own, so that decisions go on seeing the old one until it is whole.
    const next = new ObjectIndex();
    return {
      put: (raw) => {
        next.put(kind, raw);
      },
      commit: () => {
        this.#take(kind, next);
      },
    };
  }

  /** A whole stream, as far as it is kept. */
  stream(namespace: string, name: string): ImageStream | undefined {
    return this.#streams.get(keyOf(namespace, name));
  }

  tag(namespace: string, stream: string, tag: string): StreamTag | undefined {
    const found = this.#streams.get(keyOf(namespace, stream));
    return found && streamTag(found, tag);
  }

  tagNames(namespace: string, stream: string): readonly string[] {
    const found = this.#streams.get(keyOf(namespace, stream));
    return found === undefined ? [] : tagNames(found);
  }

  streamImage(namespace: string, stream: string, id: string): TagEvent | undefined {
    const found = this.#streams.get(keyOf(namespace, stream));
    return found && streamImage(found, id);
  }

  image(name: string): Image | undefined {
    return this.#images.get(name);
  }

  namesDigest(digest: string): boolean {
    return this.#images.has(digest) || this.#digests.has(digest);
  }

  namespace(name: string): NamespaceFacts | undefined {
    return this.#namespaces.get(name);
  }

  /** How many objects of each kind there are. */
  counts(): Readonly<Record<StoreKind, number>> {
    return { ImageStream: this.#streams.size, Image: this.#images.size, Namespace: this.#namespaces.size };
  }

  #setStream(key: string, stream: ImageStream | undefined): void {
    for (const digest of digestsOf(this.#streams.get(key))) {
      const count = (this.#digests.get(digest) ?? 0) - 1;
      if (count > 0) this.#digests.set(digest, count);
      else this.#digests.delete(digest);
    }
    for (const digest of digestsOf(stream)) this.#digests.set(digest, (this.#digests.get(digest) ?? 0) + 1);
    if (stream === undefined) this.#streams.delete(key);
    else this.#streams.set(key, stream);
  }

  #take(kind: StoreKind, next: ObjectIndex): void {
    switch (kind) {
      case 'ImageStream':
        replaceContents(this.#streams, next.#streams);
        replaceContents(this.#digests, next.#digests);
        return;
      case 'Image':
        replaceContents(this.#images, next.#images);
        return;
      case 'Namespace':
        replaceContents(this.#namespaces, next.#namespaces);
    }
  }
}

/** Neither half can hold a slash. */
function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

function digestsOf(stream: ImageStream | undefined): ReadonlySet<string> {
  const events = stream?.status.tags.flatMap(({ items }) => items) ?? [];
  return new Set(events.map(({ image }) => image).filter((image) => image !== ''));
}

function replaceContents<K, V>(target: Map<K, V>, source: ReadonlyMap<K, V>): void {
  target.clear();
  for (const [key, value] of source) target.set(key, value);
}
