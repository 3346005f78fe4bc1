import { streamImage, tagNames, type StreamTag } from '../imagestream/stream-tag.ts';
import type { ImageStream, TagEvent } from '../imagestream/types.ts';
import { ByteWriter, digestBytes } from './bytes.ts';
import { KnownDigests, ownerGroups } from './known-digests.ts';
import { packStream } from './pack-stream.ts';
import { packedDigests } from './packed-form.ts';
import { RecentTags } from './recent-tags.ts';
import { chunkOf, RecordSlab, type Address } from './record-slab.ts';
import { packedOddImages, unpackStream } from './unpack-stream.ts';
import { unpackHistory, unpackTag } from './unpack-tag.ts';

/** Enough for what a large cluster rolls out at a time. */
const recentTagsMax = 4096;

/** All image streams of a store, packed (packed-stream.ts). */
export class StreamTable {
  /** By namespace and name; neither can hold a slash. */
  readonly #numbers = new Map<string, number>();
  /** By a stream's number. */
  readonly #addresses: (Address | undefined)[] = [];
  readonly #freeNumbers: number[] = [];
  readonly #slab = new RecordSlab();
  readonly #digests = new KnownDigests((group, bytes, at) => this.#holds(group, bytes, at));
  /** How many streams' histories name an image by something else than a SHA-256. */
  readonly #oddImages = new Map<string, number>();
  readonly #recent = new RecentTags(recentTagsMax);
  readonly #digest = new ByteWriter();
  #before: StreamTable | undefined;

  /** @param before what is likely to be the same: unchanged streams of it are shared */
  constructor(before?: StreamTable) {
    this.#before = before;
  }

  get size(): number {
    return this.#numbers.size;
  }

  /** What records take, shared ones too. */
  get heldBytes(): number {
    return this.#slab.heldBytes;
  }

  put(stream: ImageStream): void {
    const key = keyOf(stream.metadata.namespace, stream.metadata.name);
    const record = packStream(stream);
    if (this.#recordOf(key)?.equals(record) === true) return;
    this.#remove(key);
    const number = this.#freeNumbers.pop() ?? this.#addresses.length;
    const { count, at } = packedDigests(record);
    for (let index = 0; index < count; index += 1)
      this.#digests.add(record, at + index * digestBytes, number);
    for (const image of packedOddImages(record)) addTo(this.#oddImages, image, 1);
    this.#addresses[number] = this.#before?.share(key, record, this.#slab) ?? this.#slab.add(record);
    this.#numbers.set(key, number);
    this.#tidy();
  }

  /** Says that what was before is not needed any more. */
  settle(): void {
    this.#before = undefined;
    this.#tidy();
  }

  remove(namespace: string, name: string): void {
    this.#remove(keyOf(namespace, name));
    this.#tidy();
  }

  /** The address of a record in another slab, if it is the same here. */
  share(key: string, record: Buffer, slab: RecordSlab): Address | undefined {
    const address = this.#addressOf(key);
    const isSame = address !== undefined && this.#slab.record(address).equals(record);
    return isSame ? slab.adopt(this.#slab, address) : undefined;
  }

  stream(namespace: string, name: string, eventsMax?: number): ImageStream | undefined {
    const record = this.#recordOf(keyOf(namespace, name));
    return record && unpackStream(record, { namespace, name }, eventsMax);
  }

  tag(namespace: string, name: string, tag: string): StreamTag | undefined {
    const key = keyOf(namespace, name);
    const recent = this.#recent.get(key, tag);
    if (recent !== undefined) return recent;
    const record = this.#recordOf(key);
    if (record === undefined) return undefined;
    const facts = unpackTag(record, { namespace, name }, tag);
    this.#recent.add(key, tag, facts);
    return facts;
  }

  history(namespace: string, name: string, tag: string): readonly TagEvent[] {
    const record = this.#recordOf(keyOf(namespace, name));
    return record === undefined ? [] : unpackHistory(record, { namespace, name }, tag);
  }

  tagNames(namespace: string, name: string): readonly string[] {
    const stream = this.stream(namespace, name, 1);
    return stream === undefined ? [] : tagNames(stream);
  }

  streamImage(namespace: string, name: string, id: string): TagEvent | undefined {
    const stream = this.stream(namespace, name);
    return stream && streamImage(stream, id);
  }

  namesDigest(digest: string): boolean {
    this.#digest.length = 0;
    return this.#digest.digest(digest)
      ? this.#digests.has(this.#digest.bytes, 0)
      : this.#oddImages.has(digest);
  }

  #remove(key: string): void {
    const [number, address] = [this.#numbers.get(key), this.#addressOf(key)];
    if (number === undefined || address === undefined) return;
    const record = this.#slab.record(address);
    const { count, at } = packedDigests(record);
    for (let index = 0; index < count; index += 1)
      this.#digests.remove(record, at + index * digestBytes, number);
    for (const image of packedOddImages(record)) addTo(this.#oddImages, image, -1);
    this.#numbers.delete(key);
    this.#addresses[number] = undefined;
    this.#freeNumbers.push(number);
    this.#recent.forget(key);
    this.#slab.release(address);
  }

  /** While a list is read, what it shares with the one before is not known yet. */
  #tidy(): void {
    if (this.#before !== undefined) return;
    for (const chunk of this.#slab.sparseChunks()) this.#empty(chunk);
  }

  /** Moves what is in use of a chunk, and gives it back. */
  #empty(chunk: number): void {
    for (const [number, address] of this.#addresses.entries()) {
      if (address !== undefined && chunkOf(address) === chunk)
        this.#addresses[number] = this.#slab.add(this.#slab.record(address));
    }
    this.#slab.drop(chunk);
  }

  #addressOf(key: string): Address | undefined {
    const number = this.#numbers.get(key);
    return number === undefined ? undefined : this.#addresses[number];
  }

  #recordOf(key: string): Buffer | undefined {
    const address = this.#addressOf(key);
    return address === undefined ? undefined : this.#slab.record(address);
  }

  #holds(group: number, bytes: Uint8Array, at: number): boolean {
    for (let number = group; number < this.#addresses.length; number += ownerGroups) {
      const address = this.#addresses[number];
      if (address !== undefined && hasDigest(this.#slab.record(address), bytes, at)) return true;
    }
    return false;
  }
}

function hasDigest(record: Buffer, bytes: Uint8Array, at: number): boolean {
  const { count, at: first } = packedDigests(record);
  for (let index = 0; index < count; index += 1) {
    const start = first + index * digestBytes;
    let same = 0;
    while (same < digestBytes && record[start + same] === bytes[at + same]) same += 1;
    if (same === digestBytes) return true;
  }
  return false;
}

function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

function addTo(counts: Map<string, number>, key: string, more: number): void {
  const count = (counts.get(key) ?? 0) + more;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}
