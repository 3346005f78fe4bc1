import { digestBytes, type ByteWriter } from './bytes.ts';
import { hashOf } from './digest-hash.ts';

/** Numbers digests as they come; one that comes again has its number already. (A Map of texts takes three times as long.) */
export class DigestNumbers {
  size = 0;
  /** Numbers from 1 on; 0 is a slot that is free (open addressing). */
  #slots = new Int32Array(256);

  clear(): void {
    this.#slots.fill(0);
    this.size = 0;
  }

  /** The number of the digest that was written last, which is taken back if it was there before. */
  lastOf(digests: ByteWriter): number {
    const { bytes } = digests;
    const at = digests.length - digestBytes;
    if (2 * this.size >= this.#slots.length) this.#grow(bytes);
    const slot = this.#slotOf(bytes, at);
    const number = (this.#slots[slot] ?? 0) - 1;
    if (number >= 0) {
      digests.length = at;
      return number;
    }
    this.size += 1;
    this.#slots[slot] = this.size;
    return this.size - 1;
  }

  /** Where it is, or would be. */
  #slotOf(bytes: Buffer, at: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hashOf(bytes, at) & mask; ; slot = (slot + 1) & mask) {
      const number = (this.#slots[slot] ?? 0) - 1;
      if (number === -1 || isSame(bytes, number * digestBytes, at)) return slot;
    }
  }

  #grow(bytes: Buffer): void {
    this.#slots = new Int32Array(2 * this.#slots.length);
    for (let number = 0; number < this.size; number += 1)
      this.#slots[this.#slotOf(bytes, number * digestBytes)] = number + 1;
  }
}

function isSame(bytes: Buffer, a: number, b: number): boolean {
  for (let index = 0; index < digestBytes; index += 1)
    if (bytes[a + index] !== bytes[b + index]) return false;
  return true;
}
