import { ByteReader, ByteWriter } from './bytes.ts';

/** Where a record is: chunk × chunkBytes + offset. */
export type Address = number;

interface Chunk {
  readonly bytes: Buffer;
}

interface Held {
  readonly chunk: Chunk;
  /** Bytes of records that are in use. */
  live: number;
}

const chunkBytes = 1024 * 1024;

/**
 * Records in memory that the collector of garbage does not look through: chunks that are filled from the start and never written
 * over, so that two slabs may share records. A chunk of which little is in use is given back when its records have moved.
 */
export class RecordSlab {
  readonly #held: (Held | undefined)[] = [];
  readonly #adopted = new Map<Chunk, number>();
  /** Chunks that may have become sparse. */
  readonly #changed = new Set<number>();
  readonly #header = new ByteWriter();
  /** The chunk that is being filled, and how far. */
  #filling = -1;
  #filled = chunkBytes;

  get heldBytes(): number {
    return this.#held.reduce((sum, held) => sum + (held?.chunk.bytes.length ?? 0), 0);
  }

  add(record: Uint8Array): Address {
    const header = this.#header;
    header.length = 0;
    header.number(record.length);
    const size = header.length + record.length;
    const isLarge = size > chunkBytes;
    if (isLarge) return this.#write(this.#hold({ bytes: Buffer.allocUnsafeSlow(size) }), 0, record);
    if (this.#filled + size > chunkBytes) {
      this.#changed.add(this.#filling);
      this.#filling = this.#hold({ bytes: Buffer.allocUnsafeSlow(chunkBytes) });
      this.#filled = 0;
    }
    const at = this.#filled;
    this.#filled += size;
    return this.#write(this.#filling, at, record);
  }

  /** The record itself, not a copy. */
  record(address: Address): Buffer {
    const { bytes, start, end } = this.#find(address);
    return bytes.subarray(start, end);
  }

  /** Takes over a record of another slab without copying it. */
  adopt(other: RecordSlab, address: Address): Address {
    const { chunk } = other.#heldAt(address);
    let index = this.#adopted.get(chunk);
    if (index === undefined) {
      index = this.#hold(chunk);
      this.#adopted.set(chunk, index);
    }
    const own = index * chunkBytes + (address % chunkBytes);
    this.#heldAt(own).live += this.#sizeOf(own);
    this.#changed.add(index);
    return own;
  }

  release(address: Address): void {
    this.#heldAt(address).live -= this.#sizeOf(address);
    this.#changed.add(chunkOf(address));
  }

  /** The chunks of which so little is in use that their records should move. Says each once. */
  sparseChunks(): readonly number[] {
    const sparse = [...this.#changed].filter((index) => {
      const held = this.#held[index];
      return held !== undefined && index !== this.#filling && held.live < held.chunk.bytes.length / 2;
    });
    this.#changed.clear();
    return sparse;
  }

  /** Gives back a chunk; its records must have moved. */
  drop(chunk: number): void {
    const held = this.#held[chunk];
    if (held !== undefined) this.#adopted.delete(held.chunk);
    this.#held[chunk] = undefined;
  }

  #write(index: number, at: number, record: Uint8Array): Address {
    const held = this.#held[index];
    if (held === undefined) throw new Error('a record is written to a chunk that is gone');
    const header = this.#header.written();
    held.chunk.bytes.set(header, at);
    held.chunk.bytes.set(record, at + header.length);
    held.live += header.length + record.length;
    return index * chunkBytes + at;
  }

  #hold(chunk: Chunk): number {
    const free = this.#held.indexOf(undefined);
    const index = free === -1 ? this.#held.length : free;
    this.#held[index] = { chunk, live: 0 };
    return index;
  }

  #heldAt(address: Address): Held {
    const held = this.#held[chunkOf(address)];
    if (held === undefined) throw new Error('a record is asked for that was given back');
    return held;
  }

  #find(address: Address): { readonly bytes: Buffer; readonly start: number; readonly end: number } {
    const { bytes } = this.#heldAt(address).chunk;
    const reader = new ByteReader(bytes, address % chunkBytes);
    const size = reader.number();
    return { bytes, start: reader.at, end: reader.at + size };
  }

  #sizeOf(address: Address): number {
    return this.#find(address).end - (address % chunkBytes);
  }
}

export function chunkOf(address: Address): number {
  return Math.floor(address / chunkBytes);
}
