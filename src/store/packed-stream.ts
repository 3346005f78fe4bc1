/**
 * An image stream as bytes, an eighth of its JSON: nothing is said twice that a stream usually says twice, and digests are 32 bytes. No
 * fact is lost: what is unusual is written out, and a stream that does not fit at all is kept as JSON.
 *
 *     record    digests (count, then 32 bytes each, no two alike), form, and what the form says
 *     stream    repositories of the status, time, places, spec tags, status tags
 *     place     a repository that events lie in: `PLACE@DIGEST`
 *     event     flags, then what they do not say: time before the one of the event before, digest, reference, generation
 */
import type { StreamName } from '../imagestream/repository.ts';
import type {
  ImageStream,
  NamedTagEventList,
  ObjectReference,
  TagEvent,
  TagReference,
} from '../imagestream/types.ts';
import { ByteReader, ByteWriter, digestBytes } from './bytes.ts';
import { DigestNumbers } from './digest-numbers.ts';
import { secondsOf, textOfSeconds } from './seconds.ts';

const form = { json: 1, isOpen: 2, repository: 4, publicRepository: 8, oddImages: 16 } as const;
const tagIs = { local: 1, reference: 2, generation: 4, annotated: 8, from: 0x30 } as const;
const from = { none: 0, usual: 0x10, image: 0x20, object: 0x30 } as const;
const time = { none: 0, steps: 1, text: 2, bits: 0x03 } as const;
const image = { next: 0, known: 4, text: 8, none: 12, bits: 0x0c } as const;
const place = { first: 0, other: 0x10, text: 0x20, bits: 0x30 } as const;
const generation = { none: 0, before: 0x40, number: 0x80, bits: 0xc0 } as const;

const digestPrefix = 'sha256:';

/** The bytes of a stream without its name. They are good until the next call. */
export function packStream(stream: ImageStream): Buffer {
  return packer.pack(stream);
}

/** One for all, so that a stream costs no memory but its own. */
class Packer {
  /** Each once. */
  readonly #digests = new ByteWriter();
  readonly #events = new ByteWriter();
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
      const source = this.#sourceForm(tag);
      spec.text(tag.name);
      spec.byte(
        (tag.referencePolicy === 'Local' ? tagIs.local : 0) |
          (tag.reference === true ? tagIs.reference : 0) |
          (tag.generation === undefined ? 0 : tagIs.generation) |
          (tag.annotations === undefined ? 0 : tagIs.annotated) |
          source,
      );
      if (tag.generation !== undefined) spec.number(tag.generation);
      if (tag.from !== undefined && source !== from.usual) {
        spec.text(tag.from.name);
        if (source === from.object) {
          spec.text(tag.from.kind);
          spec.byte(tag.from.namespace === undefined ? 0 : 1);
          if (tag.from.namespace !== undefined) spec.text(tag.from.namespace);
        }
      }
      if (tag.annotations === undefined) continue;
      const annotations = Object.entries(tag.annotations);
      spec.number(annotations.length);
      for (const [key, value] of annotations) {
        spec.text(key);
        spec.text(value);
      }
    }
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
      this.#events.reset();
      this.#writeEvents(items, start, (specTags[index]?.generation ?? 0) + 1);
      histories.take(this.#events);
    }
  }

  /** Flags are said once for as many events in a row as have the same. */
  #writeEvents(items: readonly TagEvent[], start: number, startGeneration: number): void {
    const events = this.#events;
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
    if (name.startsWith(digestPrefix) && this.#digests.hex(name, digestPrefix.length))
      return this.#numbers.lastOf(this.#digests);
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

/** Where a record's digests are: so many, one after another. */
export function packedDigests(record: Buffer): { readonly count: number; readonly at: number } {
  const reader = new ByteReader(record, 0);
  return { count: reader.number(), at: reader.at };
}

/** Images that are named by something else than a SHA-256, each once. */
export function packedOddImages(record: Buffer): ReadonlySet<string> {
  const { count, at } = packedDigests(record);
  const hasAny = ((record[at + count * digestBytes] ?? 0) & form.oddImages) !== 0;
  if (!hasAny) return none;
  const { status } = unpackStream(record, { namespace: '', name: '' });
  const names = status.tags.flatMap(({ items }) => items.map(({ image: name }) => name));
  return new Set(names.filter((name) => name !== '' && !isSha256(name)));
}

const none: ReadonlySet<string> = new Set();

function isSha256(name: string): boolean {
  const writer = new ByteWriter();
  return name.startsWith(digestPrefix) && writer.hex(name, digestPrefix.length);
}

/** What of a stream is wanted; all of it unless told. */
export interface Part {
  /** One tag; the others are as if they were not there. */
  readonly tag?: string;
  /** The newest events of each tag. */
  readonly eventsMax?: number;
}

/** The stream that `packStream` made the record of. */
export function unpackStream(record: Buffer, name: StreamName, part: Part = {}): ImageStream {
  return new Unpacker(record, part).stream(name);
}

class Unpacker {
  readonly #record: Buffer;
  readonly #part: Part;
  readonly #reader: ByteReader;
  readonly #digestsAt: number;
  #places: readonly string[] = [];

  constructor(record: Buffer, part: Part) {
    this.#record = record;
    this.#part = part;
    const { count, at } = packedDigests(record);
    this.#digestsAt = at;
    this.#reader = new ByteReader(record, at + count * digestBytes);
  }

  stream({ namespace, name }: StreamName): ImageStream {
    const reader = this.#reader;
    const metadata = { namespace, name };
    const flags = reader.byte();
    if ((flags & form.json) !== 0) {
      const stream = JSON.parse(this.#record.toString('utf8', reader.at)) as Omit<ImageStream, 'metadata'>;
      return { metadata, ...stream };
    }
    const repository = (flags & form.repository) === 0 ? undefined : reader.text();
    const publicRepository = (flags & form.publicRepository) === 0 ? undefined : reader.text();
    const start = reader.signed();
    this.#places = times(reader.number(), () => reader.text());
    const named = times(reader.number(), () => this.#tag());
    const tags = named.filter(({ name: tag }) => this.#isWanted(tag));
    return {
      metadata,
      spec: { lookupPolicy: { local: (flags & form.isOpen) !== 0 }, tags },
      status: {
        ...(repository !== undefined && { dockerImageRepository: repository }),
        ...(publicRepository !== undefined && { publicDockerImageRepository: publicRepository }),
        tags: times(reader.number(), () => this.#history(named, start)).filter((tag) => tag !== undefined),
      },
    };
  }

  #isWanted(tag: string): boolean {
    return this.#part.tag === undefined || this.#part.tag === tag;
  }

  #tag(): TagReference {
    const reader = this.#reader;
    const name = reader.text();
    const flags = reader.byte();
    const number = (flags & tagIs.generation) === 0 ? undefined : reader.number();
    const source = this.#source(flags & tagIs.from, name);
    const annotations =
      (flags & tagIs.annotated) === 0
        ? undefined
        : Object.fromEntries(times(reader.number(), () => [reader.text(), reader.text()]));
    return {
      name,
      ...(annotations !== undefined && { annotations }),
      ...(source !== undefined && { from: source }),
      ...((flags & tagIs.reference) !== 0 && { reference: true }),
      ...(number !== undefined && { generation: number }),
      referencePolicy: (flags & tagIs.local) === 0 ? 'Source' : 'Local',
    };
  }

  #source(kind: number, tag: string): ObjectReference | undefined {
    const reader = this.#reader;
    switch (kind) {
      case from.usual:
        return { kind: 'DockerImage', name: `${this.#places[0] ?? ''}:${tag}` };
      case from.image:
        return { kind: 'DockerImage', name: reader.text() };
      case from.object: {
        const name = reader.text();
        const ownKind = reader.text();
        return { kind: ownKind, name, ...(reader.byte() === 1 && { namespace: reader.text() }) };
      }
      default:
        return undefined;
    }
  }

  #history(specTags: readonly TagReference[], start: number): NamedTagEventList | undefined {
    const reader = this.#reader;
    const index = reader.number();
    const spec = specTags[index - 1];
    const tag = spec === undefined ? reader.text() : spec.name;
    const count = reader.number();
    const written = reader.number();
    const size = reader.number();
    const end = reader.at + size;
    const items = this.#isWanted(tag)
      ? this.#events(
          Math.min(count, this.#part.eventsMax ?? count),
          start,
          (spec?.generation ?? 0) + 1,
          written,
        )
      : undefined;
    reader.at = end;
    return items && { tag, items };
  }

  #events(count: number, start: number, startGeneration: number, written: number): readonly TagEvent[] {
    const reader = this.#reader;
    let [seconds, number, next] = [start, startGeneration, written];
    let [flags, run] = [0, 0];
    return times(count, () => {
      if (run === 0) {
        flags = reader.byte();
        run = reader.byte();
      }
      run -= 1;
      let created: string | undefined;
      if ((flags & time.bits) === time.text) created = reader.text();
      if ((flags & time.bits) === time.steps) {
        seconds -= reader.signed();
        created = textOfSeconds(seconds);
      }
      let name = '';
      if ((flags & image.bits) === image.text) name = reader.text();
      if ((flags & image.bits) === image.known) name = this.#digest(reader.number());
      if ((flags & image.bits) === image.next) name = this.#digest(next++);
      const dockerImageReference =
        (flags & place.bits) === place.text
          ? reader.text()
          : `${this.#places[(flags & place.bits) === place.first ? 0 : reader.number()] ?? ''}@${name}`;
      let ownNumber: number | undefined;
      if ((flags & generation.bits) === generation.before) ownNumber = number - 1;
      if ((flags & generation.bits) === generation.number) ownNumber = reader.number();
      number = ownNumber ?? number;
      return {
        ...(created !== undefined && { created }),
        dockerImageReference,
        image: name,
        ...(ownNumber !== undefined && { generation: ownNumber }),
      };
    });
  }

  #digest(index: number): string {
    const at = this.#digestsAt + index * digestBytes;
    return digestPrefix + this.#record.toString('hex', at, at + digestBytes);
  }
}

function times<T>(count: number, make: () => T): T[] {
  const made: T[] = [];
  for (let index = 0; index < count; index += 1) made.push(make());
  return made;
}
