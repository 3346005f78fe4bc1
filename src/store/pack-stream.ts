import type { ImageStream, NamedTagEventList, TagEvent, TagReference } from '../imagestream/types.ts';
import { ByteWriter } from './bytes.ts';
import { DigestNumbers } from './digest-numbers.ts';
import { form, from, generation, image, place, tagIs, time } from './packed-form.ts';
import { secondsOf } from './seconds.ts';

/** The bytes of a stream (packed-form.ts) without its name. They are good until the next call. */
export function packStream(stream: ImageStream): Buffer {
  return packer.pack(stream);
}

/** One for all, so that a stream costs no memory but its own. */
class Packer {
  /** Each once. */
  readonly #digests = new ByteWriter();
  readonly #histories = new ByteWriter();
  readonly #spec = new ByteWriter();
  readonly #record = new ByteWriter();
  readonly #numbers = new DigestNumbers();
  #places: string[] = [];
  #oddImages = 0;

  pack({ spec, status }: ImageStream): Buffer {
    const { dockerImageRepository: repository, publicDockerImageRepository: publicRepository } = status;
    const [digests, histories, ownSpec, record] = [this.#digests, this.#histories, this.#spec, this.#record];
    for (const writer of [digests, histories, ownSpec, record]) writer.reset();
    this.#numbers.clear();
    this.#places = [];
    this.#oddImages = 0;
    const start = secondsOf(status.tags[0]?.items[0]?.created ?? '') ?? 0;
    // First, since they find the digests and the places.
    this.#writeHistories(status.tags, spec.tags, start);
    this.#writeSpec(spec.tags);
    record.number(this.#numbers.size);
    record.append(digests.written());
    const digestsEnd = record.length;
    record.byte(
      (spec.lookupPolicy.local ? form.isOpen : 0) |
        (repository === undefined ? 0 : form.repository) |
        (publicRepository === undefined ? 0 : form.publicRepository) |
        this.#oddImages,
    );
    if (repository !== undefined) record.text(repository);
    if (publicRepository !== undefined) record.text(publicRepository);
    record.signed(start);
    record.number(this.#places.length);
    for (const name of this.#places) record.text(name);
    if (record.fits && histories.fits && ownSpec.fits) {
      record.append(ownSpec.written());
      record.append(histories.written());
    } else {
      record.length = digestsEnd;
      record.byte(form.json | this.#oddImages);
      record.append(Buffer.from(JSON.stringify({ spec, status })));
    }
    return record.written();
  }

  #writeSpec(tags: readonly TagReference[]): void {
    const spec = this.#spec;
    spec.number(tags.length);
    for (const tag of tags) {
      spec.text(tag.name);
      const start = spec.open();
      this.#writeSpecTag(tag);
      spec.close(start);
    }
  }

  #writeSpecTag(tag: TagReference): void {
    const spec = this.#spec;
    const source = this.#sourceForm(tag);
    spec.byte(
      (tag.referencePolicy === 'Local' ? tagIs.local : 0) |
        (tag.reference === true ? tagIs.reference : 0) |
        (tag.generation === undefined ? 0 : tagIs.generation) |
        (tag.annotations === undefined ? 0 : tagIs.annotated) |
        source,
    );
    if (tag.generation !== undefined) spec.number(tag.generation);
    if (tag.annotations !== undefined) {
      const annotations = Object.entries(tag.annotations);
      spec.number(annotations.length);
      for (const [key, value] of annotations) {
        spec.text(key);
        spec.text(value);
      }
    }
    if (tag.from === undefined || source === from.usual) return;
    spec.text(tag.from.name);
    if (source !== from.object) return;
    spec.text(tag.from.kind);
    spec.byte(tag.from.namespace === undefined ? 0 : 1);
    if (tag.from.namespace !== undefined) spec.text(tag.from.namespace);
  }

  #sourceForm({ name, from: source }: TagReference): number {
    const [first] = this.#places;
    if (source === undefined) return from.none;
    if (source.kind !== 'DockerImage' || source.namespace !== undefined) return from.object;
    return first !== undefined && source.name === `${first}:${name}` ? from.usual : from.image;
  }

  #writeHistories(
    tags: readonly NamedTagEventList[],
    specTags: readonly TagReference[],
    start: number,
  ): void {
    const histories = this.#histories;
    const specPlaces = new Map(specTags.map(({ name }, index) => [name, index]));
    histories.number(tags.length);
    for (const { tag, items } of tags) {
      const index = specPlaces.get(tag) ?? -1;
      histories.number(index + 1);
      if (index === -1) histories.text(tag);
      histories.number(items.length);
      histories.number(this.#numbers.size);
      const begin = histories.open();
      this.#writeEvents(items, start, (specTags[index]?.generation ?? 0) + 1);
      histories.close(begin);
    }
  }

  /** Flags are said once for as many events in a row as have the same. */
  #writeEvents(items: readonly TagEvent[], start: number, startGeneration: number): void {
    const events = this.#histories;
    let seconds = start;
    let before = startGeneration;
    let flags = -1;
    let runAt = 0;
    for (const { created, dockerImageReference, image: name, generation: number } of items) {
      const ownSeconds = created === undefined ? undefined : secondsOf(created);
      const next = this.#numbers.size;
      const digest = this.#digestNumber(name);
      const ownPlace = this.#placeNumber(dockerImageReference, name);
      const own =
        (created === undefined ? time.none : ownSeconds === undefined ? time.text : time.steps) |
        (digest === next ? image.next : digest >= 0 ? image.known : name === '' ? image.none : image.text) |
        (ownPlace === 0 ? place.first : ownPlace > 0 ? place.other : place.text) |
        (number === undefined
          ? generation.none
          : number === before - 1
            ? generation.before
            : generation.number);
      const run = events.bytes[runAt] ?? 0;
      if (own === flags && run < runMax) events.bytes[runAt] = run + 1;
      else {
        flags = own;
        events.byte(flags);
        runAt = events.length;
        events.byte(1);
      }
      if (ownSeconds !== undefined) {
        events.signed(seconds - ownSeconds);
        seconds = ownSeconds;
      } else if (created !== undefined) events.text(created);
      if (digest === -1) {
        if (name !== '') events.text(name);
      } else if (digest !== next) events.number(digest);
      if (ownPlace === -1) events.text(dockerImageReference);
      else if (ownPlace > 0) events.number(ownPlace);
      if (number === undefined) continue;
      if (number !== before - 1) events.number(number);
      before = number;
    }
  }

  /** -1: it is none. */
  #digestNumber(name: string): number {
    if (this.#digests.digest(name)) return this.#numbers.lastOf(this.#digests);
    if (name !== '') this.#oddImages = form.oddImages;
    return -1;
  }

  /** -1: the reference is not `PLACE@IMAGE`. */
  #placeNumber(reference: string, name: string): number {
    const at = reference.length - name.length - 1;
    // Comparing pieces takes a quarter of the time of `startsWith` and `endsWith`.
    if (name === '' || at < 0 || reference[at] !== '@' || reference.slice(at + 1) !== name) return -1;
    const placeName = reference.slice(0, at);
    const known = this.#places.indexOf(placeName);
    if (known !== -1) return known;
    if (this.#places.length === placesMax) return -1;
    return this.#places.push(placeName) - 1;
  }
}

const runMax = 0xff;
/** More are written out where they are: a list is gone through for each event. */
const placesMax = 32;
const packer = new Packer();
