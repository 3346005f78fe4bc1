import type { StreamName } from '../imagestream/repository.ts';
import type { ImageStream, ReferencePolicy, TagEvent } from '../imagestream/types.ts';
import { ByteReader, digestBytes, digestPrefix } from './bytes.ts';
import { form, generation, image, packedDigests, place, tagIs, time } from './packed-form.ts';
import { textOfSeconds } from './seconds.ts';

/** What a record begins with (packed-form.ts), and with it how to read its events. */
export class PackedHead {
  /** Stands behind the head: at the spec tags, or at the JSON of a stream that did not fit. */
  readonly reader: ByteReader;
  readonly flags: number;
  readonly repository: string | undefined;
  readonly publicRepository: string | undefined;
  readonly #record: Buffer;
  readonly #digestsAt: number;
  readonly #seconds: number = 0;
  readonly #places: readonly string[] = [];

  constructor(record: Buffer) {
    const { count, at } = packedDigests(record);
    const reader = new ByteReader(record, at + count * digestBytes);
    this.#record = record;
    this.#digestsAt = at;
    this.reader = reader;
    this.flags = reader.byte();
    if (this.isJson) return;
    if ((this.flags & form.repository) !== 0) this.repository = reader.text();
    if ((this.flags & form.publicRepository) !== 0) this.publicRepository = reader.text();
    this.#seconds = reader.signed();
    this.#places = times(reader.number(), () => reader.text());
  }

  /** Then `json` has the whole stream, and there is nothing else to be read. */
  get isJson(): boolean {
    return (this.flags & form.json) !== 0;
  }

  get isOpen(): boolean {
    return (this.flags & form.isOpen) !== 0;
  }

  json({ namespace, name }: StreamName): ImageStream {
    const text = this.#record.toString('utf8', this.reader.at);
    return { metadata: { namespace, name }, ...(JSON.parse(text) as Omit<ImageStream, 'metadata'>) };
  }

  place(number: number): string {
    return this.#places[number] ?? '';
  }

  /** The newest events of the history that the reader stands at. */
  events(
    { events, firstDigest }: PackedHistory,
    specGeneration: number | undefined,
    max: number,
  ): TagEvent[] {
    const { reader } = this;
    let [seconds, number, next] = [this.#seconds, (specGeneration ?? 0) + 1, firstDigest];
    let [flags, run] = [0, 0];
    return times(Math.min(events, max), () => {
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
          : `${this.place((flags & place.bits) === place.first ? 0 : reader.number())}@${name}`;
      let ownNumber: number | undefined;
      if ((flags & generation.bits) === generation.before) ownNumber = number - 1;
      if ((flags & generation.bits) === generation.number) ownNumber = reader.number();
      number = ownNumber ?? number;
      const event: { -readonly [K in keyof TagEvent]: TagEvent[K] } =
        created === undefined
          ? { dockerImageReference, image: name }
          : { created, dockerImageReference, image: name };
      if (ownNumber !== undefined) event.generation = ownNumber;
      return event;
    });
  }

  #digest(number: number): string {
    const at = this.#digestsAt + number * digestBytes;
    return digestPrefix + this.#record.toString('hex', at, at + digestBytes);
  }
}

/** What is said before the events of a status tag. */
export interface PackedHistory {
  readonly events: number;
  readonly firstDigest: number;
  /** Where the next one is. */
  readonly end: number;
}

export function readHistory(reader: ByteReader): PackedHistory {
  const events = reader.number();
  const firstDigest = reader.number();
  const size = reader.number();
  return { events, firstDigest, end: reader.at + size };
}

export function policyOf(tagFlags: number): ReferencePolicy {
  return (tagFlags & tagIs.local) === 0 ? 'Source' : 'Local';
}

export function readAnnotations(reader: ByteReader): Readonly<Record<string, string>> {
  return Object.fromEntries(times(reader.number(), () => [reader.text(), reader.text()]));
}

export function times<T>(count: number, make: () => T): T[] {
  const made: T[] = [];
  for (let index = 0; index < count; index += 1) made.push(make());
  return made;
}
