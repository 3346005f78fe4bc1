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
  return new Packer(stream).pack();
}

// One for all, so that a stream costs no memory but its own.
const scratch = {
  digests: new ByteWriter(),
  body: new ByteWriter(),
  events: new ByteWriter(),
  record: new ByteWriter(),
};

class Packer {
  readonly #stream: ImageStream;
  readonly #digests = scratch.digests;
  readonly #body = scratch.body;
  readonly #events = scratch.events;
  readonly #numbers = new Map<string, number>();
  readonly #places = new Map<string, number>();
  #oddImages = 0;

  constructor(stream: ImageStream) {
    this.#stream = stream;
  }

  pack(): Buffer {
    const { record } = scratch;
    const isPlain = this.#writeForm();
    record.length = 0;
    record.number(this.#numbers.size);
    record.append(this.#digests.written());
    if (isPlain) {
      record.append(this.#body.written());
    } else {
      const { spec, status } = this.#stream;
      record.byte(form.json | this.#oddImages);
      record.append(Buffer.from(JSON.stringify({ spec, status })));
    }
    return record.written();
  }

  /** Says whether the stream fits. */
  #writeForm(): boolean {
    const { spec, status } = this.#stream;
    const { dockerImageRepository, publicDockerImageRepository } = status;
    this.#digests.length = 0;
    this.#body.length = 0;
    let isPlain = isPlainText(dockerImageRepository ?? '') && isPlainText(publicDockerImageRepository ?? '');
    for (const { tag, items } of status.tags) {
      if (!isPlainText(tag)) isPlain = false;
      for (const event of items) {
        this.#collect(event);
        if (!isPlainEvent(event)) isPlain = false;
      }
    }
    if (!isPlain || !spec.tags.every(isPlainTag)) return false;
    const body = this.#body;
    body.byte(
      (spec.lookupPolicy.local ? form.isOpen : 0) |
        (dockerImageRepository === undefined ? 0 : form.repository) |
        (publicDockerImageRepository === undefined ? 0 : form.publicRepository) |
        this.#oddImages,
    );
    if (dockerImageRepository !== undefined) body.text(dockerImageRepository);
    if (publicDockerImageRepository !== undefined) body.text(publicDockerImageRepository);
    const start = secondsOf(status.tags[0]?.items[0]?.created ?? '') ?? 0;
    body.signed(start);
    body.number(this.#places.size);
    for (const name of this.#places.keys()) body.text(name);
    body.number(spec.tags.length);
    const [firstPlace] = this.#places.keys();
    for (const tag of spec.tags) this.#writeTag(tag, firstPlace);
    this.#writeHistories(start);
    return true;
  }

  /** Digests in the order in which they come, and the places that images lie in. */
  #collect({ image: name, dockerImageReference }: TagEvent): void {
    if (name === '') return;
    if (!this.#numbers.has(name)) {
      if (name.startsWith(digestPrefix) && this.#digests.hex(name, digestPrefix.length))
        this.#numbers.set(name, this.#numbers.size);
      else this.#oddImages = form.oddImages;
    }
    const placeName = placeOf(dockerImageReference, name);
    if (placeName !== undefined && !this.#places.has(placeName))
      this.#places.set(placeName, this.#places.size);
  }

  #writeTag(tag: TagReference, firstPlace: string | undefined): void {
    const body = this.#body;
    const source = sourceForm(tag, firstPlace);
    body.text(tag.name);
    body.byte(
      (tag.referencePolicy === 'Local' ? tagIs.local : 0) |
        (tag.reference === true ? tagIs.reference : 0) |
        (tag.generation === undefined ? 0 : tagIs.generation) |
        (tag.annotations === undefined ? 0 : tagIs.annotated) |
        source,
    );
    if (tag.generation !== undefined) body.number(tag.generation);
    if (tag.from !== undefined && source !== from.usual) {
      body.text(tag.from.name);
      if (source === from.object) {
        body.text(tag.from.kind);
        body.byte(tag.from.namespace === undefined ? 0 : 1);
        if (tag.from.namespace !== undefined) body.text(tag.from.namespace);
      }
    }
    if (tag.annotations === undefined) return;
    const annotations = Object.entries(tag.annotations);
    body.number(annotations.length);
    for (const [key, value] of annotations) {
      body.text(key);
      body.text(value);
    }
  }

  #writeHistories(start: number): void {
    const { spec, status } = this.#stream;
    const body = this.#body;
    const specPlaces = new Map(spec.tags.map(({ name }, index) => [name, index]));
    let written = 0;
    body.number(status.tags.length);
    for (const { tag, items } of status.tags) {
      const index = specPlaces.get(tag);
      const specGeneration = (index === undefined ? undefined : spec.tags[index]?.generation) ?? 0;
      body.number(index === undefined ? 0 : index + 1);
      if (index === undefined) body.text(tag);
      body.number(items.length);
      body.number(written);
      this.#events.length = 0;
      written = this.#writeEvents(items, start, specGeneration + 1, written);
      body.number(this.#events.length);
      body.append(this.#events.written());
    }
  }

  /** Flags are said once for as many events in a row as have the same. */
  #writeEvents(items: readonly TagEvent[], start: number, startGeneration: number, written: number): number {
    const events = this.#events;
    let [seconds, number, next] = [start, startGeneration, written];
    let [flags, run, runAt] = [-1, 0, 0];
    for (const { created, dockerImageReference, image: name, generation: ownNumber } of items) {
      const ownSeconds = created === undefined ? undefined : secondsOf(created);
      const digest = this.#numbers.get(name);
      const placeName = name === '' ? undefined : placeOf(dockerImageReference, name);
      const ownPlace = placeName === undefined ? undefined : this.#places.get(placeName);
      const own =
        (created === undefined ? time.none : ownSeconds === undefined ? time.text : time.steps) |
        (name === ''
          ? image.none
          : digest === undefined
            ? image.text
            : digest === next
              ? image.next
              : image.known) |
        (ownPlace === undefined ? place.text : ownPlace === 0 ? place.first : place.other) |
        (ownNumber === undefined
          ? generation.none
          : ownNumber === number - 1
            ? generation.before
            : generation.number);
      if (own === flags && run < 0xff) {
        run += 1;
        events.bytes[runAt] = run;
      } else {
        [flags, run] = [own, 1];
        events.byte(flags);
        runAt = events.length;
        events.byte(run);
      }
      if (created !== undefined) {
        if (ownSeconds === undefined) events.text(created);
        else {
          events.signed(seconds - ownSeconds);
          seconds = ownSeconds;
        }
      }
      if (digest === next) next += 1;
      else if (digest !== undefined) events.number(digest);
      else if (name !== '') events.text(name);
      if (ownPlace === undefined) events.text(dockerImageReference);
      else if (ownPlace > 0) events.number(ownPlace);
      if (ownNumber !== undefined) {
        if (ownNumber !== number - 1) events.number(ownNumber);
        number = ownNumber;
      }
    }
    return next;
  }
}

function sourceForm({ name, from: source }: TagReference, firstPlace: string | undefined): number {
  if (source === undefined) return from.none;
  if (source.kind !== 'DockerImage' || source.namespace !== undefined) return from.object;
  return firstPlace !== undefined && source.name === `${firstPlace}:${name}` ? from.usual : from.image;
}

/** `PLACE@IMAGE` → PLACE. */
function placeOf(reference: string, name: string): string | undefined {
  const at = reference.length - name.length - 1;
  return at >= 0 && reference[at] === '@' && reference.endsWith(name) ? reference.slice(0, at) : undefined;
}

function isPlainEvent({ created, dockerImageReference, image: name, generation: number }: TagEvent): boolean {
  return (
    isPlainText(created ?? '') &&
    isPlainText(dockerImageReference) &&
    isPlainText(name) &&
    isPlainNumber(number)
  );
}

function isPlainTag({ name, annotations = {}, from: source, generation: number }: TagReference): boolean {
  return (
    isPlainText(name) &&
    isPlainNumber(number) &&
    Object.entries(annotations).every(([key, value]) => isPlainText(key) && isPlainText(value)) &&
    (source === undefined ||
      (isPlainText(source.kind) && isPlainText(source.name) && isPlainText(source.namespace ?? '')))
  );
}

/** UTF-8 has no lone surrogates; JSON has escapes for them. */
function isPlainText(text: string): boolean {
  return text.isWellFormed();
}

function isPlainNumber(number: number | undefined): boolean {
  return number === undefined || (Number.isSafeInteger(number) && number >= 0);
}

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
