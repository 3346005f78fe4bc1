import { randomInt } from 'node:crypto';
import { digestBytes } from './bytes.ts';

/** Of this process alone: nobody can write a stream whose digests all fall in one place. */
const seed = randomInt(2 ** 32);

/** 32 bits of all bytes of a digest: nobody says that a name which looks like a digest is one. */
export function hashOf(bytes: Buffer, at: number): number {
  let hash = seed;
  for (let offset = 0; offset < digestBytes; offset += 4) {
    const word =
      (bytes[at + offset] ?? 0) |
      ((bytes[at + offset + 1] ?? 0) << 8) |
      ((bytes[at + offset + 2] ?? 0) << 16) |
      ((bytes[at + offset + 3] ?? 0) << 24);
    hash = Math.imul(hash ^ word, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash, 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
