/**
 * Whole numbers and texts as bytes, one after another. Numbers take seven bits a byte, least first (LEB128). What cannot be said so
 * is written as something else, and it does not `fit`: a number that is negative or not safe, a text with lone surrogates.
 */
export class ByteWriter {
  bytes: Buffer;
  length = 0;
  fits = true;

  constructor(size = 4096) {
    this.bytes = Buffer.allocUnsafe(size);
  }

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

  /** The name of a SHA-256 as its 32 bytes; says whether it was one. Leaves nothing behind where it was not. */
  digest(name: string): boolean {
    if (name.length !== digestNameLength || !name.startsWith(digestPrefix)) return false;
    this.#makeRoom(digestNameLength);
    const { bytes, length } = this;
    // Bytes are read in half the time of characters. As many of them as characters: all are ASCII.
    if (bytes.write(name, length) !== digestNameLength) return false;
    let from = length + digestPrefix.length;
    for (let index = 0; index < digestBytes; index += 1) {
      const high = hexDigits[bytes[from++] ?? 0] ?? notHex;
      const low = hexDigits[bytes[from++] ?? 0] ?? notHex;
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
    let value = this.byte();
    if (value < 0x80) return value;
    value -= 0x80;
    for (let unit = 0x80; ; unit *= 0x80) {
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
    const start = this.at;
    this.at += size;
    // Almost all texts are ASCII, and as such they are decoded in half the time.
    for (let at = start; at < this.at; at += 1)
      if ((this.bytes[at] ?? 0) > asciiMax) return this.bytes.toString('utf8', start, this.at);
    return this.bytes.toString('latin1', start, this.at);
  }

  /** Goes past a text and says whether it is this one, which is not decoded for that unless it has more than ASCII. */
  isText(wanted: string): boolean {
    const size = this.number();
    const start = this.at;
    this.at += size;
    for (let index = 0; index < wanted.length; index += 1) {
      const code = wanted.charCodeAt(index);
      if (code > asciiMax) return this.bytes.toString('utf8', start, this.at) === wanted;
      if (index === size || this.bytes[start + index] !== code) return false;
    }
    return size === wanted.length;
  }
}

/** Of a SHA-256. */
export const digestBytes = 32;
export const digestPrefix = 'sha256:';
const digestNameLength = digestPrefix.length + 2 * digestBytes;
const numberBytesMax = 8;

const asciiMax = 0x7f;
const notHex = 0x10;
const hexDigits = new Uint8Array(128).fill(notHex);
for (let value = 0; value < 16; value += 1) hexDigits[value.toString(16).charCodeAt(0)] = value;
