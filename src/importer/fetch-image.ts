import type { FailurePlace, RegistryAnswer, RegistryFailure } from '../oci/failure.ts';
import type { ImageIndex, ImageManifest, IndexEntry } from '../oci/manifest.ts';
import { chooseManifest } from './choose-manifest.ts';
import { imageObject, indexObject } from './image-object.ts';
import { pullSpecAt, type ImportSource } from './import-source.ts';
import type { ManifestQuery, ManifestSource } from './manifest-source.ts';
import type { ImageObject } from './stream-store.ts';

/** An image as an import records it. */
export interface FetchedImage {
  /** What the tag will stand for: of the index itself (PreserveOriginal), or of one image of it (Legacy). */
  readonly digest: string;
  /** What the source's own name stands for in its registry. */
  readonly sourceDigest: string;
  /** `registry/path@digest`. */
  readonly pullSpec: string;
  /** The Image of `digest`, and those of an index's images. */
  readonly images: readonly ImageObject[];
}

/**
 * Fetches what an import needs to know of an image: its manifest, of an index the image that is wanted or all of them, and
 * their configurations (spec imagestream-system.md 3.2 and 3.3).
 */
export async function fetchImage(
  registry: ManifestSource,
  source: ImportSource,
  query: ManifestQuery,
  signal: AbortSignal,
): Promise<RegistryAnswer<FetchedImage>> {
  const fetch = new Fetch(registry, source, query, signal);
  const outcome = await fetch.run();
  return { ...outcome, notes: [...new Set(fetch.notes)] };
}

type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: RegistryFailure };

class Fetch {
  readonly notes: string[] = [];
  readonly #registry: ManifestSource;
  readonly #source: ImportSource;
  readonly #query: ManifestQuery;
  readonly #signal: AbortSignal;

  constructor(registry: ManifestSource, source: ImportSource, query: ManifestQuery, signal: AbortSignal) {
    this.#registry = registry;
    this.#source = source;
    this.#query = query;
    this.#signal = signal;
  }

  async run(): Promise<Outcome<FetchedImage>> {
    const top = await this.#manifest(this.#query.reference);
    if (!top.ok) return top;
    const { value: manifest } = top;
    if (manifest.kind === 'image') return this.#single(manifest, manifest.digest);
    return this.#source.mode === 'PreserveOriginal' ? this.#whole(manifest) : this.#chosen(manifest);
  }

  async #single(manifest: ImageManifest, sourceDigest: string): Promise<Outcome<FetchedImage>> {
    const image = await this.#image(manifest);
    if (!image.ok) return image;
    const { digest } = manifest;
    return { ok: true, value: { digest, sourceDigest, pullSpec: this.#at(digest), images: [image.value] } };
  }

  async #chosen(index: ImageIndex): Promise<Outcome<FetchedImage>> {
    const choice = chooseManifest(
      index.manifests.map(({ platform }) => platform),
      this.#source.platform,
    );
    const entry = choice.ok ? index.manifests[choice.index] : undefined;
    if (entry === undefined) return this.#failure('malformed', choice.ok ? 'empty index' : choice.error);
    const part = await this.#manifest(entry.digest);
    if (!part.ok) return part;
    if (part.value.kind === 'index') return this.#failure('unsupported', 'an index of indexes');
    return this.#single(part.value, index.digest);
  }

  async #whole(index: ImageIndex): Promise<Outcome<FetchedImage>> {
    const { digest } = index;
    const images = [indexObject(index, this.#at(digest))];
    for (const entry of index.manifests) {
      const part = await this.#part(entry);
      if (!part.ok) return part;
      if (part.value !== undefined) images.push(part.value);
    }
    return { ok: true, value: { digest, sourceDigest: digest, pullSpec: this.#at(digest), images } };
  }

  /** One image of an index; undefined for what is no image that could run, such as an attestation. */
  async #part(entry: IndexEntry): Promise<Outcome<ImageObject | undefined>> {
    const part = await this.#manifest(entry.digest);
    if (!part.ok) {
      if (part.failure.kind === 'unsupported' || isNoPlatform(entry)) return { ok: true, value: undefined };
      return part;
    }
    if (part.value.kind === 'index') return { ok: true, value: undefined };
    const image = await this.#image(part.value);
    return !image.ok && isNoPlatform(entry) ? { ok: true, value: undefined } : image;
  }

  async #image(manifest: ImageManifest): Promise<Outcome<ImageObject>> {
    const config = this.#heard(
      await this.#registry.config(this.#query, manifest.config.digest, this.#signal),
    );
    if (!config.ok) return config;
    return { ok: true, value: imageObject(manifest, config.value, this.#at(manifest.digest)) };
  }

  async #manifest(reference: string) {
    return this.#heard(await this.#registry.manifest({ ...this.#query, reference }, this.#signal));
  }

  #heard<T>(answer: RegistryAnswer<T>): Outcome<T> {
    this.notes.push(...answer.notes);
    return answer;
  }

  #at(digest: string): string {
    return pullSpecAt(this.#source.reference, digest);
  }

  #failure(kind: 'malformed' | 'unsupported', detail: string): Outcome<never> {
    const { registry, repository } = this.#query;
    const place: FailurePlace = { registry, repository, detail };
    return { ok: false, failure: { ...place, kind } };
  }
}

function isNoPlatform({ platform: { architecture, os } }: IndexEntry): boolean {
  return architecture === 'unknown' && os === 'unknown';
}
