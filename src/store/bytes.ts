/**
 * Whole numbers and texts as bytes, one after another. Numbers take seven bits a byte, least first (LEB128). What cannot be said so
 * is written as something else, and it does not `fit`: a number that is negative or not safe, a text with lone surrogates.
 */
export class ByteWriter {
  bytes = Buffer.allocUnsafe(4096);
  length = 0;
  fits = true;

  reset(): void {
    this.length = 0;
    this.fits = true;
  }

  byte(value: number): void {
    this.#makeRoom(1);
    this.bytes[this.length++] = value;
  }

  number(value: number): void {
    this.#makeRoom(numberBytesMax);
    if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) {
      this.fits = false;
      return;
    }
    let rest = value;
    for (; rest > 0x7fff_ffff; rest = Math.floor(rest / 0x80))
      this.bytes[this.length++] = (rest % 0x80) | 0x80;
    for (; rest >= 0x80; rest >>>= 7) this.bytes[this.length++] = (rest & 0x7f) | 0x80;
    this.bytes[this.length++] = rest;
  }

  /** A number that may be negative: 0, -1, 1, -2, … */
  signed(value: number): void {
    this.number(value < 0 ? -2 * value - 1 : 2 * value);
  }

  text(value: string): void {
    if (!value.isWellFormed()) this.fits = false;
    const size = Buffer.byteLength(value);
    this.number(size);
    this.#makeRoom(size);
    this.length += this.bytes.write(value, this.length);
  }

  /** The bytes of another, how many there are first. */
  take({ bytes, length, fits }: ByteWriter): void {
    this.number(length);
    this.#makeRoom(length);
    this.length += bytes.copy(this.bytes, this.length, 0, length);
    this.fits &&= fits;
  }

  append(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** 64 lower-case hexadecimal digits, as 32 bytes; says whether they were that. Leaves nothing behind where they were not. */
  hex(text: string, from: number): boolean {
    if (text.length - from !== 2 * digestBytes) return false;
    this.#makeRoom(digestBytes);
    const { bytes, length } = this;
    for (let index = 0; index < digestBytes; index += 1) {
      const high = hexDigits[text.charCodeAt(from + 2 * index)] ?? notHex;
      const low = hexDigits[text.charCodeAt(from + 2 * index + 1)] ?? notHex;
      if ((high | low) >= notHex) return false;
      bytes[length + index] = (high << 4) | low;
    }
    this.length += digestBytes;
    return true;
  }

  written(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  #makeRoom(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.length + more));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}

/** Reads what a ByteWriter wrote. */
export class ByteReader {
  readonly bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  byte(): number {
    return this.bytes[this.at++] ?? 0;
  }

  number(): number {
    let value = 0;
    for (let unit = 1; ; unit *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) return value;
    }
  }

  signed(): number {
    const value = this.number();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  text(): string {
    const size = this.number();
    this.at += size;
    return this.bytes.toString('utf8', this.at - size, this.at);
  }

  skipText(): void {
    const size = this.number();
    this.at += size;
  }
}

/** Of a SHA-256. */
export const digestBytes = 32;
const numberBytesMax = 8;

const notHex = 0x10;
const hexDigits = new Uint8Array(128).fill(notHex);
for (let value = 0; value < 16; value += 1) hexDigits[value.toString(16).charCodeAt(0)] = value;
