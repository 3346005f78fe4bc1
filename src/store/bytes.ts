/**
 * Whole numbers and texts as bytes, one after another. Numbers take seven bits a byte, least first (LEB128). What cannot be said so
 * is written as something else, and it does not `fit`: a number that is negative or not safe, a text with lone surrogates.
 */
export class ByteWriter {
  bytes: Buffer;
  length = 0;
  fits = true;
  #pairs: Uint16Array;

  constructor(size = 4096) {
    this.bytes = Buffer.allocUnsafeSlow(size);
    this.#pairs = pairsOf(this.bytes);
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

  /** What is written from here on until `close` has its size before it, so that a reader can go past it. */
  open(): number {
    this.byte(0);
    return this.length;
  }

  close(start: number): void {
    const size = this.length - start;
    if (size < 0x80) {
      this.bytes[start - 1] = size;
      return;
    }
    const sized = Buffer.from(this.bytes.subarray(start, this.length));
    this.length = start - 1;
    this.number(size);
    this.append(sized);
  }

  append(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** The name of a SHA-256 as its 32 bytes; says whether it was one. Leaves nothing behind where it was not. */
  digest(name: string): boolean {
    if (name.length !== digestNameLength || !name.startsWith(digestPrefix)) return false;
    this.#makeRoom(digestNameLength + 1);
    const { bytes, length } = this;
    // Pairs of bytes take two thirds of the time of characters. As many bytes as characters: all are ASCII.
    const at = length + ((length + digestPrefix.length) % 2);
    if (bytes.write(name, at) !== digestNameLength) return false;
    const first = (at + digestPrefix.length) / 2;
    let all = 0;
    for (let index = 0; index < digestBytes; index += 1) {
      const value = hexPairs[this.#pairs[first + index] ?? 0] ?? notHex;
      bytes[length + index] = value;
      all |= value;
    }
    if (all >= notHex) return false;
    this.length += digestBytes;
    return true;
  }

  written(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  #makeRoom(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (this.length + more));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
    this.#pairs = pairsOf(larger);
  }
}

function pairsOf(bytes: Buffer): Uint16Array {
  return new Uint16Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / 2));
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
const notHex = 0x100;
/** By two digits as they lie in memory. */
const hexPairs = new Uint16Array(0x10000).fill(notHex);
for (let value = 0; value <= 0xff; value += 1) {
  const [pair = 0] = new Uint16Array(
    Uint8Array.from(Buffer.from(value.toString(16).padStart(2, '0'))).buffer,
  );
  hexPairs[pair] = value;
}
