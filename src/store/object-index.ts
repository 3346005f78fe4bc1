import type { NamespaceFacts, NamespaceLookup } from '../admission/namespace.ts';
import { imageNameOf, readImage, readImageStream } from '../imagestream/read.ts';
import type { StreamTag } from '../imagestream/stream-tag.ts';
import type { Image, ImageStream, TagEvent } from '../imagestream/types.ts';
import type { ImageLookup } from '../resolver/lookup.ts';
import { readNamespace } from './namespace.ts';
import type { ObjectSink, StoreKind } from './object-sink.ts';
import { StreamTable } from './stream-table.ts';

/** Everything that decisions ask, in memory; fed by one adapter, read by all decisions. */
export class ObjectIndex implements ObjectSink, ImageLookup, NamespaceLookup {
  #streams: StreamTable;
  readonly #images = new Map<string, Image>();
  readonly #namespaces = new Map<string, NamespaceFacts>();

  constructor(streams = new StreamTable()) {
    this.#streams = streams;
  }

  put(kind: StoreKind, raw: unknown): void {
    switch (kind) {
      case 'ImageStream':
        this.#streams.put(readImageStream(raw));
        return;
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
        this.#streams.remove(namespace, name);
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
    const next = new ObjectIndex(new StreamTable(this.#streams));
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
    return this.#streams.stream(namespace, name);
  }

  tag(namespace: string, stream: string, tag: string): StreamTag | undefined {
    return this.#streams.tag(namespace, stream, tag);
  }

  history(namespace: string, stream: string, tag: string): readonly TagEvent[] {
    return this.#streams.history(namespace, stream, tag);
  }

  tagNames(namespace: string, stream: string): readonly string[] {
    return this.#streams.tagNames(namespace, stream);
  }

  streamImage(namespace: string, stream: string, id: string): TagEvent | undefined {
    return this.#streams.streamImage(namespace, stream, id);
  }

  image(name: string): Image | undefined {
    return this.#images.get(name);
  }

  namesDigest(digest: string): boolean {
    return this.#images.has(digest) || this.#streams.namesDigest(digest);
  }

  namespace(name: string): NamespaceFacts | undefined {
    return this.#namespaces.get(name);
  }

  /** How many objects of each kind there are. */
  counts(): Readonly<Record<StoreKind, number>> {
    return { ImageStream: this.#streams.size, Image: this.#images.size, Namespace: this.#namespaces.size };
  }

  #take(kind: StoreKind, next: ObjectIndex): void {
    switch (kind) {
      case 'ImageStream':
        next.#streams.settle();
        this.#streams = next.#streams;
        return;
      case 'Image':
        replaceContents(this.#images, next.#images);
        return;
      case 'Namespace':
        replaceContents(this.#namespaces, next.#namespaces);
    }
  }
}

function replaceContents<K, V>(target: Map<K, V>, source: ReadonlyMap<K, V>): void {
  target.clear();
  for (const [key, value] of source) target.set(key, value);
}
